// Gauges: values that go up and down. A gauge has one cell for the whole process, because "the last value set" has no
// meaning per thread; setting it is one store. `in_flight` is the guard that counts what is being done right now.
#pragma once

#include <telltale/detail/cells.hpp>

#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>

namespace telltale {
inline namespace v0 {

class in_flight;

namespace detail {
/// Where default-constructed gauges write; nobody reads it.
TELLTALE_API extern std::atomic<double> gauge_to_nowhere;
}  // namespace detail

/// A value in the base unit that its name states. A handle like `counter`: trivially copyable, valid for ever.
/// Thread safety: all members from any thread. Cost: `set` a test and one relaxed store; `add` and `sub` a compare-and-swap
/// loop on a shared cache line.
class gauge {
 public:
  /// Writes into nothing.
  gauge() noexcept : cell_(&detail::gauge_to_nowhere) {}

  /// NaN and infinities are not stored: one of them in a sum makes the sum useless. They are counted in
  /// `telltale_metric_rejected_total`.
  TELLTALE_INLINE void set(double value) const noexcept {
    if constexpr (!detail::enabled) return;
    if (is_finite(value)) [[likely]] {
      cell_->store(value, std::memory_order_relaxed);
    } else {
      detail::add_slowly(rejected_, std::uint64_t{1});
    }
  }
  /// Adds; an amount that is not finite is rejected likewise.
  TELLTALE_SWITCHED void add(double amount) const noexcept {
    if constexpr (!detail::enabled) return;
    if (is_finite(amount)) [[likely]] {
      cell_->fetch_add(amount, std::memory_order_relaxed);
    } else {
      detail::add_slowly(rejected_, std::uint64_t{1});
    }
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
      : cell_(where.cells != nullptr ? where.cells + index : &detail::gauge_to_nowhere), rejected_(where.rejected) {}
  static gauge rejecting(location where) noexcept {
    detail::add_slowly(where.rejected, std::uint64_t{1});
    return gauge{};
  }

 private:
  friend class in_flight;

  // By the bit pattern: an exponent of all ones is NaN or infinite. Also right under -ffast-math.
  TELLTALE_INLINE static bool is_finite(double value) noexcept {
    return std::bit_cast<std::uint64_t>(value) << 1 < 0xffe0'0000'0000'0000u;
  }

  std::atomic<double>* cell_;
  detail::slot rejected_ = detail::nowhere;
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
