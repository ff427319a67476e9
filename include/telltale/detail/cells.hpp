// Per-thread cells: where counters and histograms keep their numbers. A metric owns slot numbers; each thread has a
// block of cells, indexed by slot, that only it writes. An increment is a plain load, add and store on the
// calling thread's own cell: no lock prefix, no shared cache line. A reader sums a slot over all blocks.
//
// A block outlives its thread: it is parked, and the next thread to start adopts it and counts on in it. So totals
// are exact after threads exit and cannot dip while one does, and memory is bounded by the largest number of
// threads that ever counted at the same time: 8 bytes a cell a thread that touched it (in pages of 4 KiB, mapped when
// first written).
//
// Slot numbers are never used twice in a process. A handle that outlives its registry therefore counts into cells that
// nobody reads. The price is an address range: `max_slots` numbers in all, 8 GiB of addresses a thread at the very
// most, of which only touched pages are memory.
//
// A signal handler must not count: it could interrupt the growth of its thread's block.
#pragma once

#include <telltale/detail/platform.hpp>
#include <telltale/detail/this_thread.hpp>

#include <atomic>
#include <bit>
#include <cstdint>

namespace telltale {
inline namespace v0 {
namespace detail {

using cell = std::atomic<std::uint64_t>;
using slot = std::uint32_t;

inline constexpr std::uint32_t max_slots = 1u << 30;
/// Slots below this are never read: default-constructed handles count there.
inline constexpr slot first_usable_slot = 16;
/// Where the series of a default-constructed family are: beyond every block, and never given out.
inline constexpr slot nowhere = max_slots;
/// A histogram's row may begin below a block's capacity and end this much above it: blocks have room for that.
inline constexpr std::uint32_t longest_row = 256;
/// Set in a handle made from a value that is no enumerator. Such a slot is beyond every block, so the test that every
/// update makes anyway leads to the slow function, which counts one rejected update at the number without this bit.
inline constexpr slot rejecting = 1u << 31;

/// For a slot beyond the calling thread's block: adopts, makes or grows the block, and adds. When no memory is to be had,
/// the amount is lost. Out of line, so that a hot function ends in a jump.
TELLTALE_API TELLTALE_COLD void add_slowly(slot where, std::uint64_t amount) noexcept;
TELLTALE_API TELLTALE_COLD void add_slowly(slot where, double amount) noexcept;

// The assembly below is one aligned load and one aligned store, as the C++ beside it. GCC 12 never folds the two into the
// addition, which costs an increment two instructions more. Clang does, but with an indexed address, as GCC would: processors
// that forward a store to the next load by register (Ice Lake, Zen 2 and later) then do not, and an increment of
// the same cell takes 1.9 ns instead of 0.7. Hence the address in a register of its own.
TELLTALE_INLINE void add_to(cell& mine, std::uint64_t amount) noexcept {
#if defined(TELLTALE_ADDS_TO_MEMORY)
  asm("addq %[amount], (%[at])" : "+m"(mine) : [at] "r"(&mine), [amount] "er"(amount) : "cc");
#else
  mine.store(mine.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
#endif
}

TELLTALE_INLINE void add_to(cell& mine, double amount) noexcept {
#if defined(TELLTALE_ADDS_TO_MEMORY)
  asm("addsd %[mine], %[amount]\n\tmovsd %[amount], %[mine]" : [mine] "+m"(mine), [amount] "+x"(amount));
#else
  const double sum = std::bit_cast<double>(mine.load(std::memory_order_relaxed)) + amount;
  mine.store(std::bit_cast<std::uint64_t>(sum), std::memory_order_relaxed);
#endif
}

/// How far the calling thread's cells reach. Each compiler spares an instruction its own way: GCC when it compares 32 bits,
/// Clang when it compares 64.
TELLTALE_INLINE auto capacity_of(const thread_state& thread) noexcept {
#if defined(__clang__)
  return thread.cell_capacity;
#else
  return static_cast<slot>(thread.cell_capacity);
#endif
}

/// Adds to the calling thread's cell. Cost: seven instructions.
template <class Amount>
TELLTALE_INLINE void add(slot where, Amount amount) noexcept {
  const thread_state& mine = this_thread;
  if (where < capacity_of(mine)) [[likely]] {
    add_to(mine.cells[where], amount);
  } else {
    add_slowly(where, amount);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
