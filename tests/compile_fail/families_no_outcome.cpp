// Which outcomes are errors must be said: a guard could not tell what an exception counts as.
// expect: say beside the enum which of its values are errors
#include <telltale/families.hpp>

namespace tt = telltale;

enum class result { paid, failed };
using by_result = tt::label<"result", result>;

#ifdef TELLTALE_EXPECT_FAILURE
// nothing said
#else
constexpr auto error_outcomes(result) { return std::array{result::failed}; }
#endif

void pay(tt::tracer& traces, tt::family<tt::counter, by_result> total, tt::histogram duration) {
  tt::families::operation payout{traces.start("payout"), total, duration};
  payout.end(result::paid);
}
