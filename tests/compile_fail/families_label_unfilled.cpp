// A provider call must say all of its labels.
// expect: nothing that this pack knows fills one of its labels
#include <telltale/families.hpp>

namespace tt = telltale;

enum class psp { stripe, adyen };
enum class psp_call { charge, refund };
using calls =
    tt::families::provider<tt::label<"provider", psp>, tt::label<"operation", psp_call>, tt::families::by_outcome>;

void charge(const calls& provider, tt::tracer& traces) {
#ifdef TELLTALE_EXPECT_FAILURE
  auto call = provider.start(traces, psp::stripe);
#else
  auto call = provider.start(traces, psp::stripe, psp_call::charge);
#endif
  call.end(tt::families::provider_outcome::approved);
}
