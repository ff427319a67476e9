// A timer observes how long it lived: `tt::timer timed{duration.with(provider::stripe)};`. It always observes, on every
// way out of the scope; `discard()` cancels it. To label by outcome, use an operation guard (families/operation.hpp).
#pragma once

#include <telltale/metrics/histogram.hpp>

#include <chrono>

namespace telltale {
inline namespace v0 {

/// Measures on the steady clock, in seconds. Thread safety: use one timer from one thread at a time.
/// Cost: two clock readings, some 20 ns each, and an observation.
class [[nodiscard]] timer {
 public:
  TELLTALE_SWITCHED explicit timer(histogram observed) noexcept : histogram_(observed), running_(detail::enabled) {
    if constexpr (detail::enabled) start_ = std::chrono::steady_clock::now();
  }
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  TELLTALE_SWITCHED ~timer() { stop(); }

  std::chrono::nanoseconds elapsed() const noexcept { return std::chrono::steady_clock::now() - start_; }

  /// Observes now instead of at the end of the scope; later calls do nothing.
  TELLTALE_SWITCHED void stop() noexcept {
    if constexpr (!detail::enabled) return;
    if (running_) histogram_.observe(elapsed());
    running_ = false;
  }

  /// Nothing will be observed.
  void discard() noexcept { running_ = false; }

 private:
  histogram histogram_;
  std::chrono::steady_clock::time_point start_{};
  bool running_;
};

}  // namespace v0
}  // namespace telltale
