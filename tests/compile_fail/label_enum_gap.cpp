// A dense table has no room for gaps.
// expect: without a gap
#include <telltale/metrics.hpp>

namespace tt = telltale;

#ifdef TELLTALE_EXPECT_FAILURE
enum class outcome { approved = 1, declined = 4 };
#else
enum class outcome { approved, declined };
#endif

void count(tt::registry& metrics) {
  using by_outcome = tt::label<"outcome", outcome>;
  metrics.counter<by_outcome>({.name = "charges_total", .help = "Charges."}).with(outcome::approved).inc();
}
