#include "metrics/native_histogram.hpp"

#include "metrics/page_memory.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

constexpr int mantissa_bits = std::numeric_limits<double>::digits - 1;
constexpr int exponent_bias = std::numeric_limits<double>::max_exponent - 1;
constexpr std::uint64_t mantissa_mask = (std::uint64_t{1} << mantissa_bits) - 1;

// 2^(j/2^resolution) is irrational: a double belongs below it exactly if it is not above the double next below it.
const std::uint64_t* keep_bounds(int resolution) noexcept {
  static_assert(std::numeric_limits<long double>::digits > std::numeric_limits<double>::digits);
  const std::size_t count = std::size_t{1} << resolution;
  auto* bounds = kept_memory().allocate<std::uint64_t>(count);
  if (bounds == nullptr) return nullptr;
  for (std::size_t j = 1; j < count; ++j) {
    const long double fraction = std::exp2(static_cast<long double>(j) / static_cast<long double>(count)) - 1;
    bounds[j - 1] = static_cast<std::uint64_t>(std::ldexp(fraction, mantissa_bits));
  }
  return bounds;
}

}  // namespace

const native_layout* make_native_layout(const native_buckets& chosen, std::uint32_t explicit_buckets) noexcept {
  auto* layout = kept_memory().allocate<native_layout>(1);
  if (layout == nullptr) return nullptr;
  layout->bounds = keep_bounds(chosen.resolution);
  if (layout->bounds == nullptr) return nullptr;
  layout->zero_threshold = std::ldexp(1.0, chosen.lowest_exponent);
  layout->resolution = chosen.resolution;
  layout->lowest = chosen.lowest_exponent;
  layout->cells = static_cast<std::uint32_t>(chosen.highest_exponent - chosen.lowest_exponent) << chosen.resolution;
  layout->offset = 1 + explicit_buckets;
  layout->buckets = std::max(explicit_buckets, 1u);
  return layout;
}

std::uint32_t native_cell(const native_layout& layout, double value) noexcept {
  if (value <= layout.zero_threshold) return 0;
  // Upper bounds are inclusive: the double next below the value is the last that a bucket may end with without taking the
  // value in. A power of two thus falls into the last bucket of the doubling below it.
  const std::uint64_t below = std::bit_cast<std::uint64_t>(value) - 1;
  const std::uint64_t mantissa = below & mantissa_mask;
  const int exponent = static_cast<int>(below >> mantissa_bits) - exponent_bias;
  const std::uint64_t* bound = layout.bounds;
  for (std::size_t half = (std::size_t{1} << layout.resolution) / 2; half > 0; half /= 2) {
    bound = bound[half - 1] <= mantissa ? bound + half : bound;
  }
  const std::uint32_t cell = (static_cast<std::uint32_t>(exponent - layout.lowest) << layout.resolution) +
                             static_cast<std::uint32_t>(bound - layout.bounds);
  return 1 + std::min(cell, layout.cells - 1);
}

int scale_down(const native_layout& layout, std::span<std::uint64_t>& cells, int schema,
               std::uint32_t max_buckets) noexcept {
  const auto populated = [&] {
    return cells.size() - static_cast<std::size_t>(std::count(cells.begin(), cells.end(), std::uint64_t{0}));
  };
  // The range begins at a power of two, so that the first bucket is always the lower one of a pair.
  int reached = layout.resolution;
  while (reached > schema || (reached > 0 && populated() > max_buckets)) {
    for (std::size_t i = 0; i < cells.size() / 2; ++i) cells[i] = cells[2 * i] + cells[2 * i + 1];
    cells = cells.first(cells.size() / 2);
    --reached;
  }
  return reached;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
