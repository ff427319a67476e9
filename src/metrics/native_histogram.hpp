// Native (exponential) buckets. A thread counts at the finest resolution, chosen at registration; what is too much
// to send is merged pair by pair when it is collected, so the counting threads never agree on anything.
#pragma once

#include <telltale/metrics/registry.hpp>

#include <cstdint>
#include <span>

namespace telltale {
inline namespace v0 {
namespace detail {

/// How a histogram's row continues after the sum and the explicit buckets: the zero count, then `cells` buckets. Like
/// histogram_layout, it stays when the registry is gone.
struct native_layout {
  const std::uint64_t* bounds;  // the mantissas of 2^(j/2^resolution), rounded down, j from 1
  double zero_threshold;        // 2^lowest
  int resolution;
  int lowest;
  std::uint32_t cells;
  std::uint32_t offset;   // of the zero count in the row: 1 when there are no explicit buckets
  std::uint32_t buckets;  // explicit ones; without them, the +Inf bucket of the snapshot: exemplars a series
};

/// In kept_memory(); null when there is none. `explicit_buckets` counts +Inf and is 0 when there are none.
const native_layout* make_native_layout(const native_buckets& chosen, std::uint32_t explicit_buckets) noexcept;

/// The cell of a finite value that is not negative, counted from the zero count.
std::uint32_t native_cell(const native_layout& layout, double value) noexcept;

/// Merges pairs of buckets until at most `max_buckets` are populated. Takes the cells at resolution `layout.resolution`, not
/// the zero count, and the schema to begin with; returns the schema reached. `cells` then begins with those of that
/// schema: its size shrinks to their number.
int scale_down(const native_layout& layout, std::span<std::uint64_t>& cells, int schema, std::uint32_t max_buckets) noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace telltale
