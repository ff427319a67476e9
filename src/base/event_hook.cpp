#include <telltale/detail/event_hook.hpp>

#include "base/fork.hpp"

#include <mutex>
#include <utility>

namespace telltale {
inline namespace v0 {
namespace detail {

struct event_hook::state final : fork_participant {
  explicit state(const clock& source) : time(source) { join_forks(*this, fork_rank::reports); }
  ~state() { leave_forks(*this); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  void before_fork() noexcept override { mutex.lock(); }
  void after_fork_in_parent() noexcept override { mutex.unlock(); }
  void after_fork_in_child() noexcept override { mutex.unlock(); }

  const clock& time;
  std::mutex mutex;  // guards what follows
  handler deliver;
  steady_time window_start{};
  int in_window = 0;
  std::uint64_t suppressed = 0;
  std::uint64_t reported = 0;
};

event_hook::event_hook(const clock& source) : state_(std::make_unique<state>(source)) {}
event_hook::~event_hook() = default;

void event_hook::install(handler replacement) {
  const std::lock_guard lock(state_->mutex);
  state_->deliver = std::move(replacement);
}

void event_hook::report(event_severity severity, std::string_view component, std::string_view message) noexcept {
  state& mine = *state_;
  const steady_time now = mine.time.steady_now();
  const std::lock_guard lock(mine.mutex);
  ++mine.reported;
  if (!mine.deliver) return;
  if (now - mine.window_start >= interval || mine.in_window == 0) {
    mine.window_start = now;
    mine.in_window = 0;
  }
  if (mine.in_window >= burst) {
    ++mine.suppressed;
    return;
  }
  ++mine.in_window;
  const std::uint64_t suppressed = std::exchange(mine.suppressed, 0);
  try {
    mine.deliver({severity, component, message, suppressed});
  } catch (...) {
    mine.suppressed += suppressed + 1;
  }
}

std::uint64_t event_hook::reported() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return state_->reported;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
