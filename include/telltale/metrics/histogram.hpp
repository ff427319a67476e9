// Histograms: how long, how large, how many at once. An observation goes into one bucket and into the sum, both cells of
// the calling thread; the count is the sum of the buckets and can never disagree with them. While the current span is
// sampled, the observation also becomes the bucket's exemplar (its trace id), at most ten times a second a bucket.
#pragma once

#include <telltale/detail/cells.hpp>
#include <telltale/tracing/span_context.hpp>

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace telltale {
inline namespace v0 {

/// Upper bounds of buckets, inclusive, in the metric's base unit; +Inf is added by the library.
namespace buckets {

/// Seconds, 5 ms to 10 s: requests to services, Prometheus's own default.
inline std::vector<double> latency() { return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}; }
/// Seconds, 50 us to 1 s: databases, caches and other calls within a machine or a rack.
inline std::vector<double> fast() { return {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1}; }
/// Seconds, 100 ms to 60 s: payment providers and other remote parties with long tails.
inline std::vector<double> provider() { return {0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 30, 60}; }
/// Seconds, 1 s to a week: settlement, payouts and other work that waits for days.
inline std::vector<double> settlement() { return {1, 10, 60, 300, 900, 3600, 4 * 3600., 12 * 3600., 86400, 3 * 86400., 7 * 86400.}; }
/// Bytes, 64 B to 16 MiB, by factors of four.
inline std::vector<double> bytes() { return {64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216}; }

/// `count` bounds from `start`, each `factor` times the one before.
inline std::vector<double> exponential(double start, double factor, std::size_t count) {
  std::vector<double> bounds;
  for (double bound = start; bounds.size() < count; bound *= factor) bounds.push_back(bound);
  return bounds;
}
/// `count` bounds from `start`, each `width` above the one before.
inline std::vector<double> linear(double start, double width, std::size_t count) {
  std::vector<double> bounds;
  while (bounds.size() < count) bounds.push_back(start + width * static_cast<double>(bounds.size()));
  return bounds;
}

}  // namespace buckets

namespace detail {

struct exemplar_cell;
struct native_layout;

/// What a histogram's handles share. It stays as it is when the registry is gone; the cells are then read by nobody.
struct histogram_layout {
  // The bounds' bit patterns, padded with those of +Inf to a power of two, 16 at least. Doubles that are not negative are
  // ordered as their bit patterns are, and integers compare without a branch.
  const std::int64_t* bounds;
  exemplar_cell* exemplars;  // one a cell of the family, indexed by slot - first; null for none
  slot first;                // the family's first cell counts rejected updates
  slot stride;               // cells a series: the sum, the buckets, then what `native` describes
  std::uint32_t half;        // half the padded number of bounds: where the search begins
  // Bit patterns below are for the fast path: those of finite values that are not negative; none at all (0) when a row
  // needs more than that path's four steps, or has native buckets.
  std::uint64_t fast_limit;
  const native_layout* native;  // null for none
};

TELLTALE_API extern const histogram_layout layout_of_nothing;

/// Stores an exemplar for the bucket whose cell is `bucket`, unless one was stored within the last 100 ms.
TELLTALE_API void record_exemplar(const histogram_layout& layout, slot bucket, double value,
                                  const span_context& trace) noexcept;

/// `bound + Step` when the last bound before that is below the value, otherwise `bound`.
template <std::size_t Step>
TELLTALE_INLINE const std::int64_t* skip_if_below(const std::int64_t* bound, std::int64_t bits) noexcept {
#if defined(__x86_64__)
  // Which bucket comes next has no pattern, yet neither compiler makes this a conditional move: GCC 12 jumps, and a jump
  // foretold wrongly costs some 15 cycles; Clang 14 spends five instructions where this takes three.
  asm("cmpq %[bits], %[probe]\n\tcmovlq %[next], %[bound]"
      : [bound] "+r"(bound)
      : [probe] "m"(bound[Step - 1]), [next] "r"(bound + Step), [bits] "r"(bits)
      : "cc");
  return bound;
#else
  return bound[Step - 1] < bits ? bound + Step : bound;
#endif
}

/// The first of up to sixteen bounds that is not below the value with this bit pattern.
TELLTALE_INLINE const std::int64_t* find_bound(const std::int64_t* bound, std::int64_t bits) noexcept {
  bound = skip_if_below<8>(bound, bits);
  bound = skip_if_below<4>(bound, bits);
  bound = skip_if_below<2>(bound, bits);
  return skip_if_below<1>(bound, bits);
}

/// An observation off the fast path: a value to reject, a row beyond the calling thread's block, more than fifteen bounds,
/// native buckets.
TELLTALE_API [[gnu::noinline]] void observe_slowly(const histogram_layout& layout, slot row, double value) noexcept;

}  // namespace detail

/// A distribution in the base unit that its name states. A handle like `counter`: trivially copyable, valid for ever.
/// Thread safety: `observe` from any thread at any time; not from a signal handler.
/// Cost: some forty instructions for up to fifteen bounds, a call and four instructions a doubling beyond; native buckets: some
/// 130 instructions; an exemplar adds about as much as a plain observation, while sampled only.
class histogram {
 public:
  /// Observes into nothing.
  histogram() noexcept : layout_(&detail::layout_of_nothing), slot_(0) {}

  /// Negative, infinite and NaN values are not stored; they are counted in `telltale_metric_rejected_total`.
  TELLTALE_INLINE void observe(double value) const noexcept {
    if constexpr (!detail::enabled) return;
    const auto bits = std::bit_cast<std::int64_t>(value);
    const detail::thread_state& mine = detail::this_thread;
    const detail::histogram_layout& layout = *layout_;
    if (static_cast<std::uint64_t>(bits) >= layout.fast_limit || slot_ >= detail::capacity_of(mine)) [[unlikely]] {
      detail::observe_slowly(layout, slot_, value);
      return;
    }
    const auto bucket = static_cast<std::size_t>(detail::find_bound(layout.bounds, bits) - layout.bounds);
    detail::cell* const row = mine.cells + slot_;
    detail::add_to(row[0], value);
    detail::add_to(row[1 + bucket], std::uint64_t{1});
    if (mine.current != nullptr && mine.current->sampled()) [[unlikely]] {
      detail::record_exemplar(layout, slot_ + 1 + static_cast<detail::slot>(bucket), std::bit_cast<double>(bits), *mine.current);
    }
  }

  /// A duration, stored in seconds.
  template <class Rep, class Period>
  TELLTALE_SWITCHED void observe(std::chrono::duration<Rep, Period> elapsed) const noexcept {
    observe(std::chrono::duration<double>(elapsed).count());
  }

  struct location {
    const detail::histogram_layout* layout = &detail::layout_of_nothing;
    detail::slot series = detail::nowhere;  // the first one's row; the cell before it counts rejected updates
    detail::slot stride = 0;
  };
  TELLTALE_INLINE histogram(location where, std::uint32_t index) noexcept
      : histogram(where.layout, where.series + index * where.stride) {}
  TELLTALE_INLINE static histogram rejecting(location where) noexcept {
    return histogram(where.layout, (where.series - 1) | detail::rejecting);
  }

 private:
  TELLTALE_INLINE histogram(const detail::histogram_layout* layout, detail::slot where) noexcept
      : layout_(layout), slot_(where) {}

  const detail::histogram_layout* layout_;
  detail::slot slot_;
};

}  // namespace v0
}  // namespace telltale
