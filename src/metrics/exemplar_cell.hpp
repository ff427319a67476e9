// Where a bucket keeps its exemplar: one cell shared by all threads, written at a bounded rate under a sequence number
// (odd while being written), read without stopping the writers.
#pragma once

#include <telltale/metrics/snapshot.hpp>

#include <array>
#include <atomic>
#include <cstdint>

namespace telltale {
inline namespace v0 {
namespace detail {

struct exemplar_cell {
  std::atomic<std::uint32_t> sequence;
  std::atomic<std::uint32_t> written_ms;             // coarse monotonic milliseconds of the last write
  std::atomic<std::uint32_t> checked;                // ticks of the processor, roughly, when the clock was last read
  std::array<std::atomic<std::uint64_t>, 5> words;  // trace id (2), span id, value, wall time in ns

  void write(const span_context& trace, double value) noexcept;
  /// The exemplar; its trace id is all zero when there is none.
  exemplar read() const noexcept;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
