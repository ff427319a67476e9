// le is what the formats call the bounds of buckets.
// expect: belong to histograms
#include <telltale/metrics.hpp>

namespace tt = telltale;

#ifdef TELLTALE_EXPECT_FAILURE
inline constexpr char name[] = "le";
#else
inline constexpr char name[] = "provider";
#endif

enum class provider { stripe };
void count(tt::registry& metrics) {
  using by_name = tt::label<name, provider>;
  (void)metrics.counter<by_name>({.name = "charges_total", .help = "Charges."});
}
