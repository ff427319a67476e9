// Gauges: values that go up and down. A gauge has one cell for the whole process, because "the last value set" has no
// meaning per thread; setting it is one store. `in_flight` is the guard that counts what is being done right now.
#pragma once

#include <telltale/detail/cells.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace telltale {
inline namespace v0 {

class in_flight;

namespace detail {
/// Where default-constructed gauges write; nobody reads it.
TELLTALE_API extern std::atomic<double> gauge_to_nowhere;
}  // namespace detail

/// A value in the base unit that its name states. A handle like `counter`: trivially copyable, valid for ever.
/// Thread safety: all members from any thread. Cost: `set` one relaxed store; `add` and `sub` a compare-and-swap
/// loop on a shared cache line.
class gauge {
 public:
  /// Writes into nothing.
  gauge() noexcept : cell_(&detail::gauge_to_nowhere) {}

  TELLTALE_INLINE void set(double value) const noexcept {
    if constexpr (detail::enabled) cell_->store(value, std::memory_order_relaxed);
  }
  /// Adds; an amount that is not finite is ignored, because the gauge would never recover from it.
  TELLTALE_SWITCHED void add(double amount) const noexcept {
    if constexpr (!detail::enabled) return;
    if (std::isfinite(amount)) cell_->fetch_add(amount, std::memory_order_relaxed);
  }
  TELLTALE_SWITCHED void sub(double amount) const noexcept { add(-amount); }
  /// Seconds since the Unix epoch, now.
  TELLTALE_SWITCHED void set_to_current_time() const noexcept {
    if constexpr (!detail::enabled) return;
    set(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
  }

  struct location {
    std::atomic<double>* cells = nullptr;
    detail::slot rejected = detail::nowhere;  // counts rejected updates
  };
  TELLTALE_INLINE gauge(location where, std::uint32_t index) noexcept
      : cell_(where.cells != nullptr ? where.cells + index : &detail::gauge_to_nowhere) {}
  static gauge rejecting(location where) noexcept {
    detail::add_slowly(where.rejected, std::uint64_t{1});
    return gauge{};
  }

 private:
  friend class in_flight;

  std::atomic<double>* cell_;
};

/// Adds 1 to a gauge for as long as it lives: requests in flight, connections open.
/// Thread safety: use one guard from one thread at a time. Cost: two atomic additions.
class [[nodiscard]] in_flight {
 public:
  TELLTALE_SWITCHED explicit in_flight(gauge counted) noexcept : cell_(detail::enabled ? counted.cell_ : nullptr) {
    if (cell_ != nullptr) cell_->fetch_add(1, std::memory_order_relaxed);
  }
  in_flight(const in_flight&) = delete;
  in_flight& operator=(const in_flight&) = delete;
  ~in_flight() {
    if (cell_ != nullptr) cell_->fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::atomic<double>* cell_;  // null when made where telltale is disabled, wherever it is destroyed
};

}  // namespace v0
}  // namespace telltale
