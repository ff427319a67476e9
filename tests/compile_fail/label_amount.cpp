// An amount is no label.
// expect: Check the order
#include <telltale/metrics.hpp>

#include <string>

namespace tt = telltale;

enum class provider { stripe, adyen };
enum class outcome { approved, declined };
using by_provider = tt::label<"provider", provider>;
using by_outcome = tt::label<"outcome", outcome>;
using by_merchant = tt::text_label<"merchant", 256>;

void charge(const tt::family<tt::counter, by_provider, by_outcome>& charges, int amount_minor) {
#ifdef TELLTALE_EXPECT_FAILURE
  charges.with(amount_minor, outcome::approved).inc();
#else
  charges.with(provider::stripe, outcome::approved).inc();
  (void)amount_minor;
#endif
}
