// The cost of the hot path, as the compiler wrote it: these functions are what a shared library of a user's has in it.
#include <telltale/metrics.hpp>

namespace tt = telltale;

enum class provider { stripe, adyen, checkout };
enum class outcome { approved, declined, failed };
enum class currency { eur, usd, gbp, chf, jpy };

using by_provider = tt::label<"provider", provider>;
using by_outcome = tt::label<"outcome", outcome>;
using by_currency = tt::label<"currency", currency>;

#define EXPORTED extern "C" [[gnu::visibility("default")]]

// limit: increment_held 18 no-lock
EXPORTED void increment_held(const tt::counter& seen) { seen.inc(); }

// limit: increment_by_amount 18 no-lock
EXPORTED void increment_by_amount(const tt::counter& seen, std::uint64_t amount) { seen.inc(amount); }

// limit: increment_one_label 18 no-lock
EXPORTED void increment_one_label(const tt::family<tt::counter, by_provider>& charges, provider p) {
  charges.with(p).inc();
}

// limit: increment_two_labels 18 no-lock
EXPORTED void increment_two_labels(const tt::family<tt::counter, by_provider, by_outcome>& charges, provider p, outcome o) {
  charges.with(p, o).inc();
}

// limit: increment_three_labels 18 no-lock
EXPORTED void increment_three_labels(const tt::family<tt::counter, by_provider, by_outcome, by_currency>& charges, provider p,
                                     outcome o, currency c) {
  charges.with(p, o, c).inc();
}

// limit: observe 40 no-lock
EXPORTED void observe(const tt::histogram& timing, double seconds) { timing.observe(seconds); }

// limit: set_gauge 8 no-lock
EXPORTED void set_gauge(const tt::gauge& level, double value) { level.set(value); }

// limit: increment_with_exemplars 24 no-lock
EXPORTED void increment_with_exemplars(const tt::exemplar_counter& seen) { seen.inc(); }
