// A label that the family does not have is no label of it, whatever its value.
// expect: Check the order
#include <telltale/metrics.hpp>

namespace tt = telltale;

using by_merchant = tt::text_label<"merchant", 256>;
using by_payout = tt::text_label<"payout", 256>;

void charge(const tt::family<tt::counter, by_merchant>& charges) {
#ifdef TELLTALE_EXPECT_FAILURE
  charges.with(by_payout{"weekly"}).inc();
#else
  charges.with(by_merchant{"bakery"}).inc();
#endif
}
