// A request knows its method, route and status; a label over anything else could not be filled.
// expect: a label of families::http is filled from a request's method, route or status
#include <telltale/families.hpp>

namespace tt = telltale;

enum class tenant { small, large };
using by_tenant = tt::label<"tenant", tenant>;

void serve(tt::registry& metrics) {
#ifdef TELLTALE_EXPECT_FAILURE
  const tt::families::http<tt::families::by_method, by_tenant> http{metrics};
#else
  const tt::families::http<tt::families::by_method> http{metrics};
#endif
}
