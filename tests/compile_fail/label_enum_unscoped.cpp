// An unscoped enum converts to numbers, and numbers to it.
// expect: must be an enum class
#include <telltale/metrics.hpp>

namespace tt = telltale;

#ifdef TELLTALE_EXPECT_FAILURE
enum outcome { approved, declined };
#else
enum class outcome { approved, declined };
#endif

void count(tt::registry& metrics) {
  using by_outcome = tt::label<"outcome", outcome>;
  (void)metrics.counter<by_outcome>({.name = "charges_total", .help = "Charges."});
}
