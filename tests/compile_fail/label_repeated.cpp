// Two labels of one name would make series that no parser accepts.
// expect: stands twice in this family
#include <telltale/metrics.hpp>

namespace tt = telltale;

enum class provider { stripe, adyen };
enum class outcome { approved, declined };
using by_provider = tt::label<"provider", provider>;
#ifdef TELLTALE_EXPECT_FAILURE
using by_outcome = tt::label<"provider", outcome>;
#else
using by_outcome = tt::label<"outcome", outcome>;
#endif

void count(tt::registry& metrics) {
  (void)metrics.counter<by_provider, by_outcome>({.name = "charges_total", .help = "Charges."});
}
