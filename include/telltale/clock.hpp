// Time, in the pair that telemetry needs: wall time for what people read and other machines compare, steady
// time for durations. Durations are never taken from the wall clock. Components take a `clock&` so that a test can
// drive time by hand (testing/manual_clock.hpp); the default is `system_clock()`.
#pragma once

#include <telltale/detail/platform.hpp>

#include <chrono>

namespace telltale {
inline namespace v0 {

/// Nanoseconds since the Unix epoch, UTC.
using wall_time = std::chrono::sys_time<std::chrono::nanoseconds>;
/// Nanoseconds of the machine's monotonic clock; only differences mean anything.
using steady_time = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// One moment on both clocks.
struct time_point {
  wall_time wall{};
  steady_time steady{};
};

/// Where components read the time. Thread safety: implementations must allow concurrent calls.
/// Cost: a virtual call and what the implementation reads; `system_clock()` some 20 ns a reading.
class TELLTALE_API clock {
 public:
  virtual ~clock();

  virtual wall_time wall_now() const noexcept = 0;
  virtual steady_time steady_now() const noexcept = 0;
  time_point now() const noexcept { return {wall_now(), steady_now()}; }
};

/// The machine's clocks. Lives for ever: usable in static constructors and destructors.
TELLTALE_API const clock& system_clock() noexcept;

}  // namespace v0
}  // namespace telltale
