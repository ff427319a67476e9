// A clock that stands still until a test moves it: exact timestamps and time-outs without waiting.
#pragma once

#include <telltale/clock.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace telltale {
inline namespace v0 {
namespace testing {

/// Both clocks of one machine, driven by hand.
/// Thread safety: everything may be called concurrently. Cost: an atomic load a reading.
class manual_clock final : public clock {
 public:
  /// 2025-09-09T12:34:56.789Z, for tests that want some time and care little which.
  static constexpr wall_time some_time{std::chrono::milliseconds{1757421296789}};

  /// Starts at `wall`; the steady clock starts at one hour.
  explicit manual_clock(wall_time wall = some_time) noexcept : wall_(wall.time_since_epoch().count()) {}

  wall_time wall_now() const noexcept override {
    return wall_time{std::chrono::nanoseconds{wall_.load(std::memory_order_acquire)}};
  }
  steady_time steady_now() const noexcept override {
    return steady_time{std::chrono::nanoseconds{steady_.load(std::memory_order_acquire)}};
  }

  /// Time passes: both clocks move forward by `step`, which must not be negative.
  void advance(std::chrono::nanoseconds step) noexcept {
    steady_.fetch_add(step.count(), std::memory_order_acq_rel);
    wall_.fetch_add(step.count(), std::memory_order_acq_rel);
  }

  /// The wall clock is corrected, forward or back, as an NTP step does; the steady clock does not notice.
  void set_wall(wall_time wall) noexcept {
    wall_.store(wall.time_since_epoch().count(), std::memory_order_release);
  }

 private:
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> steady_{std::chrono::nanoseconds{std::chrono::hours{1}}.count()};
};

}  // namespace testing
}  // namespace v0
}  // namespace telltale
