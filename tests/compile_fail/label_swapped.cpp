// Two labels in the wrong order are a mistake that no test of values would notice.
// expect: Check the order
#include <telltale/metrics.hpp>

#include <string>

namespace tt = telltale;

enum class provider { stripe, adyen };
enum class outcome { approved, declined };
using by_provider = tt::label<"provider", provider>;
using by_outcome = tt::label<"outcome", outcome>;
using by_merchant = tt::text_label<"merchant", 256>;

void charge(const tt::family<tt::counter, by_provider, by_outcome>& charges) {
#ifdef TELLTALE_EXPECT_FAILURE
  charges.with(outcome::approved, provider::stripe).inc();
#else
  charges.with(provider::stripe, outcome::approved).inc();
#endif
}
