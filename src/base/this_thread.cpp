#include <telltale/detail/this_thread.hpp>

namespace telltale {
inline namespace v0 {
namespace detail {

[[gnu::tls_model("initial-exec")]] constinit thread_local thread_state this_thread{};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
