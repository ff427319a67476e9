// A series over enum labels always exists: rate() counts on it.
// expect: a series over enum labels always exists
#include <telltale/metrics.hpp>

namespace tt = telltale;

enum class provider { stripe, adyen };
using by_provider = tt::label<"provider", provider>;
using by_merchant = tt::text_label<"merchant", 256>;

void forget(const tt::family<tt::counter, by_provider>& dense, const tt::family<tt::counter, by_merchant>& open) {
#ifdef TELLTALE_EXPECT_FAILURE
  (void)dense.remove(provider::stripe);
#else
  (void)dense;
  (void)open.remove(by_merchant{"acme"});
#endif
}
