// A string becomes a label only where the code says so by the name of the label.
// expect: written by name
#include <telltale/metrics.hpp>

#include <string>

namespace tt = telltale;

enum class provider { stripe, adyen };
enum class outcome { approved, declined };
using by_provider = tt::label<"provider", provider>;
using by_outcome = tt::label<"outcome", outcome>;
using by_merchant = tt::text_label<"merchant", 256>;

void charge(const tt::family<tt::counter, by_merchant>& charges, const std::string& payment_id, const std::string& merchant) {
#ifdef TELLTALE_EXPECT_FAILURE
  charges.with(payment_id).inc();
  (void)merchant;
#else
  charges.with(by_merchant{merchant}).inc();
  (void)payment_id;
#endif
}
