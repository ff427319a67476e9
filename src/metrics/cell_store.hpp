// The process-wide side of the cells: slot numbers, the blocks of all threads, and the summing of a slot over them.
// See include/telltale/detail/cells.hpp for the idea.
#pragma once

#include <telltale/detail/cells.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Once a process, before the first slot, and without any lock that takes part in forks.
void prepare_cells_for_forks();

/// Takes `count` slots that were never used before. Returns 0 when the process has used up `max_slots`.
slot allocate_slots(std::uint32_t count) noexcept;

/// Gives the memory of slots back to the system, where whole pages are theirs. Their numbers are spent.
void abandon_slots(slot first, std::uint32_t count) noexcept;

/// How many blocks exist: the largest number of threads that ever counted at the same time.
std::size_t block_count() noexcept;

/// Sums slots over all blocks. Holds the store's mutex, which a thread needs for its first count, for the growth of its
/// block and for its end, for some thousand cells at a time.
class cell_reader {
 public:
  cell_reader();

  /// Adds the totals of slots [first, first + count) to `totals`, each a whole number.
  void add_integers(slot first, std::uint32_t count, std::uint64_t* totals) noexcept;
  /// The same for cells that hold doubles.
  void add_doubles(slot first, std::uint32_t count, double* totals) noexcept;
  /// `rows` rows of one double and `stride - 1` whole numbers: histograms.
  void add_rows(slot first, std::uint32_t rows, std::uint32_t stride, double* sums, std::uint64_t* buckets) noexcept;

 private:
  template <class Visit>
  void for_each_block(slot first, std::uint32_t count, std::uint32_t granule, Visit visit) noexcept;

  std::unique_lock<std::mutex> lock_;
  std::uint32_t read_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
