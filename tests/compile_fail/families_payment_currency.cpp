// An amount without a currency would be a sum of several.
// expect: currencies are never summed
#include <telltale/families.hpp>

namespace tt = telltale;

void succeeded(const tt::families::payment<>& payments) {
#ifdef TELLTALE_EXPECT_FAILURE
  payments.ended(tt::families::payment_status::succeeded, 4200, "EUR");
#else
  payments.ended(tt::families::payment_status::succeeded, 4200, tt::families::by_currency{"EUR"});
#endif
}
