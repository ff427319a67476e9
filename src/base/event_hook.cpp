#include <telltale/detail/event_hook.hpp>

#include <utility>

namespace telltale {
inline namespace v0 {
namespace detail {

void event_hook::install(handler replacement) {
  const std::lock_guard lock(mutex_);
  handler_ = std::move(replacement);
}

void event_hook::report(event_severity severity, std::string_view component, std::string_view message) noexcept {
  const steady_time now = clock_->steady_now();
  const std::lock_guard lock(mutex_);
  ++reported_;
  if (!handler_) return;
  if (now - window_start_ >= interval || in_window_ == 0) {
    window_start_ = now;
    in_window_ = 0;
  }
  if (in_window_ >= burst) {
    ++suppressed_;
    return;
  }
  ++in_window_;
  const std::uint64_t suppressed = std::exchange(suppressed_, 0);
  try {
    handler_({severity, component, message, suppressed});
  } catch (...) {
    suppressed_ += suppressed + 1;
  }
}

std::uint64_t event_hook::reported() const noexcept {
  const std::lock_guard lock(mutex_);
  return reported_;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
