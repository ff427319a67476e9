// Counters: numbers that only go up. `counter` counts in whole numbers and stays exact past 2^53; `double_counter` is for
// quantities measured in fractions (seconds of CPU time). Both are handles: a few bytes, trivially copyable and
// destructible, made by a registry or by `family::with`, and safe to use for as long as the process lives. After
// the registry is gone they count into nothing.
#pragma once

#include <telltale/detail/cells.hpp>
#include <telltale/tracing/span_context.hpp>

#include <cstdint>
#include <limits>

namespace telltale {
inline namespace v0 {

/// A monotonic count of events or whole units.
/// Thread safety: `inc` from any thread at any time, in static and thread_local destructors too; not from a
/// signal handler. Cost: seven instructions in position-independent code, no lock prefix, no shared cache line.
class counter {
 public:
  /// Counts into nothing.
  constexpr counter() noexcept = default;

  /// Adds `amount`; returns nothing, because no thread knows the total.
  TELLTALE_INLINE void inc(std::uint64_t amount = 1) const noexcept {
    if constexpr (detail::enabled) detail::add(slot_, amount);
  }

  // How a registry and a family make handles; not for users.
  struct location {
    detail::slot series = detail::nowhere;  // the first one's; the cell before it counts rejected updates
    TELLTALE_INLINE detail::slot rejected() const noexcept { return series - 1; }
  };
  TELLTALE_INLINE counter(location where, std::uint32_t index) noexcept : slot_(where.series + index) {}
  TELLTALE_INLINE static counter rejecting(location where) noexcept {
    return counter(where.rejected() | detail::rejecting);
  }

 private:
  explicit constexpr counter(detail::slot where) noexcept : slot_(where) {}

  detail::slot slot_ = 0;
};

namespace detail {

struct exemplar_cell;

/// What the handles of a counter with exemplars share. It stays as it is when the registry is gone.
struct counter_exemplars {
  exemplar_cell* cells = nullptr;  // one a cell of the family, indexed by slot - first; null for none
  slot first = 0;                  // the family's first cell counts rejected updates
};

TELLTALE_API extern const counter_exemplars exemplars_of_nothing;

/// Stores an exemplar for the counter whose cell is `where`, unless one was stored within the last 100 ms.
TELLTALE_API TELLTALE_COLD void record_exemplar(const counter_exemplars& of, slot where, std::uint64_t amount,
                                                const span_context& trace) noexcept;

}  // namespace detail

/// A counter whose increments under a sampled span leave the span's ids, at most ten times a second a series; made by
/// `registry::counter_with_exemplars`. OpenMetrics shows the last one on the counter's sample, with the amount added.
/// Thread safety: as `counter`. Cost: a dozen instructions; while sampled some fifty.
class exemplar_counter {
 public:
  /// Counts into nothing.
  exemplar_counter() noexcept = default;

  /// Adds `amount`.
  TELLTALE_INLINE void inc(std::uint64_t amount = 1) const noexcept {
    if constexpr (!detail::enabled) return;
    detail::add(slot_, amount);
    const span_context* const trace = detail::this_thread.current;
    if (trace != nullptr && trace->sampled()) [[unlikely]] detail::record_exemplar(*exemplars_, slot_, amount, *trace);
  }

  struct location {
    const detail::counter_exemplars* exemplars = &detail::exemplars_of_nothing;
    detail::slot series = detail::nowhere;  // the first one's; the cell before it counts rejected updates
  };
  TELLTALE_INLINE exemplar_counter(location where, std::uint32_t index) noexcept
      : exemplar_counter(where.exemplars, where.series + index) {}
  TELLTALE_INLINE static exemplar_counter rejecting(location where) noexcept {
    return exemplar_counter(&detail::exemplars_of_nothing, (where.series - 1) | detail::rejecting);
  }

 private:
  TELLTALE_INLINE exemplar_counter(const detail::counter_exemplars* exemplars, detail::slot where) noexcept
      : exemplars_(exemplars), slot_(where) {}

  const detail::counter_exemplars* exemplars_ = &detail::exemplars_of_nothing;
  detail::slot slot_ = 0;
};

/// A monotonic sum of a fractional quantity, in the base unit that its name states.
/// Thread safety: as `counter`. Cost: some twelve instructions.
class double_counter {
 public:
  /// Counts into nothing.
  constexpr double_counter() noexcept = default;

  /// Adds `amount`. Negative, infinite and NaN amounts are not stored; they are counted in
  /// `telltale_metric_rejected_total`.
  TELLTALE_INLINE void inc(double amount = 1.0) const noexcept {
    if constexpr (!detail::enabled) return;
    if (amount >= 0.0 && amount <= std::numeric_limits<double>::max()) [[likely]] {
      detail::add(slot_, amount);
    } else {
      detail::add_slowly(rejected_, std::uint64_t{1});
    }
  }

  using location = counter::location;
  TELLTALE_INLINE double_counter(location where, std::uint32_t index) noexcept
      : double_counter(where.series + index, where.rejected()) {}
  TELLTALE_INLINE static double_counter rejecting(location where) noexcept {
    return double_counter(where.rejected() | detail::rejecting, where.rejected());
  }

 private:
  constexpr double_counter(detail::slot where, detail::slot rejected) noexcept : slot_(where), rejected_(rejected) {}

  detail::slot slot_ = 0;
  detail::slot rejected_ = 0;
};

}  // namespace v0
}  // namespace telltale
