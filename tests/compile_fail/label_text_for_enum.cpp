// A closed set has no spelling at run time: a misspelt value must not compile.
// expect: An enum label takes an enumerator
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
  charges.with("stripe", outcome::approved).inc();
#else
  charges.with(provider::stripe, outcome::approved).inc();
#endif
}
