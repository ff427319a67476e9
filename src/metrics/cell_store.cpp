#include "metrics/cell_store.hpp"

#include "base/fork.hpp"
#include "metrics/native_histogram.hpp"

#include <telltale/metrics/histogram.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <mutex>
#include <new>

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

struct block {
  cell* cells = nullptr;         // changed by the owner, under the store's mutex
  std::uint64_t capacity = 0;    // in cells; changed likewise
  block* next = nullptr;         // in the list of all blocks, which only grows
  block* next_parked = nullptr;  // in the list of those without a thread
};

// Never destroyed: threads count in static and thread_local destructors, too.
struct store {
  std::mutex mutex;
  block* blocks = nullptr;
  block* parked = nullptr;
  std::size_t block_count = 0;
  slot next_slot = first_usable_slot;
  pthread_key_t exit_key = 0;
  bool ready = false;  // the key exists
};

union immortal_store {
  constexpr immortal_store() : instance() {}
  ~immortal_store() {}
  store instance;
};
constinit immortal_store the_store;

constexpr std::uint64_t least_capacity = 8192;  // 64 KiB of addresses
constexpr std::uint64_t huge_page = 2u << 20;

std::uint64_t bytes_of(std::uint64_t cells) noexcept { return cells * sizeof(cell); }
// What is mapped for a capacity: a row that begins below it ends within.
std::uint64_t mapping_of(std::uint64_t capacity) noexcept { return bytes_of(capacity + longest_row); }

// Anonymous memory reads as zero and becomes memory, a page at a time, when it is written: a block costs what its
// thread touches.
cell* map_cells(std::uint64_t capacity) noexcept {
  void* memory = ::mmap(nullptr, mapping_of(capacity), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // A huge page would make one touched cell cost 2 MiB.
  if (mapping_of(capacity) >= huge_page) ::madvise(memory, mapping_of(capacity), MADV_NOHUGEPAGE);
  return static_cast<cell*>(memory);
}

bool grow(block& mine, std::uint64_t wanted) noexcept {
  const std::uint64_t capacity = std::bit_ceil(std::max(wanted, least_capacity));
  if (mine.cells == nullptr) {
    mine.cells = map_cells(capacity);
    if (mine.cells == nullptr) return false;
  } else {
    void* moved = ::mremap(mine.cells, mapping_of(mine.capacity), mapping_of(capacity), MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) return false;
    if (mapping_of(capacity) >= huge_page) ::madvise(moved, mapping_of(capacity), MADV_NOHUGEPAGE);
    mine.cells = static_cast<cell*>(moved);
  }
  mine.capacity = capacity;
  return true;
}

// Runs after the thread's C++ thread_local destructors. Should something still count after this, it adopts a block again
// and the system calls this once more.
void park_block(void* own) noexcept {
  store& all = the_store.instance;
  this_thread.cells = nullptr;
  this_thread.cell_capacity = 0;
  const std::lock_guard lock(all.mutex);
  auto* mine = static_cast<block*>(own);
  mine->next_parked = all.parked;
  all.parked = mine;
}

// The child has one thread; the blocks of the others keep their counts and wait for new threads.
class store_at_fork final : public fork_participant {
 public:
  void before_fork() noexcept override { the_store.instance.mutex.lock(); }
  void after_fork_in_parent() noexcept override { the_store.instance.mutex.unlock(); }
  void after_fork_in_child() noexcept override {
    store& all = the_store.instance;
    const auto* mine = all.ready ? static_cast<block*>(::pthread_getspecific(all.exit_key)) : nullptr;
    all.parked = nullptr;
    for (block* each = all.blocks; each != nullptr; each = each->next) {
      if (each == mine) continue;
      each->next_parked = all.parked;
      all.parked = each;
    }
    all.mutex.unlock();
  }
};

// Under the mutex.
block* adopt_block(store& all) noexcept {
  if (!all.ready) {
    if (::pthread_key_create(&all.exit_key, park_block) != 0) return nullptr;
    all.ready = true;
  }
  block* mine = all.parked;
  if (mine != nullptr) {
    all.parked = mine->next_parked;
  } else {
    mine = new (std::nothrow) block;
    if (mine == nullptr) return nullptr;
    mine->next = all.blocks;
    all.blocks = mine;
    ++all.block_count;
  }
  ::pthread_setspecific(all.exit_key, mine);
  return mine;
}

// Makes `wanted` a valid index of the calling thread's cells.
bool reach(slot wanted) noexcept {
  store& all = the_store.instance;
  const std::lock_guard lock(all.mutex);
  if (wanted >= all.next_slot) return false;  // a number that was never given out
  block* mine = this_thread.cells == nullptr ? adopt_block(all)
                                             : static_cast<block*>(::pthread_getspecific(all.exit_key));
  if (mine == nullptr) return false;
  if (mine->capacity <= wanted && !grow(*mine, all.next_slot)) {
    if (mine->cells == nullptr) return false;
  }
  this_thread.cells = mine->cells;
  this_thread.cell_capacity = mine->capacity;
  return wanted < mine->capacity;
}

}  // namespace

void add_slowly(slot where, std::uint64_t amount) noexcept {
  if ((where & rejecting) != 0) {
    where &= ~rejecting;
    amount = 1;
  }
  if (where < this_thread.cell_capacity || reach(where)) add_to(this_thread.cells[where], amount);
}

void add_slowly(slot where, double amount) noexcept {
  if ((where & rejecting) != 0) {
    add_slowly(where, std::uint64_t{1});
  } else if (where < this_thread.cell_capacity || reach(where)) {
    add_to(this_thread.cells[where], amount);
  }
}

void observe_slowly(const histogram_layout& layout, slot row, double value) noexcept {
  if ((row & rejecting) != 0) return add_slowly(row, std::uint64_t{1});
  if (!(value >= 0.0 && value <= std::numeric_limits<double>::max())) return add_slowly(layout.first, std::uint64_t{1});
  // A block has room for `longest_row` cells of a row that begins in it; rows with native buckets are longer.
  const slot last = layout.native == nullptr ? row : row + layout.stride - 1;
  if (last >= this_thread.cell_capacity && !reach(last)) return;
  const auto bits = std::bit_cast<std::int64_t>(value + 0.0);  // a negative zero becomes a positive one
  const native_layout* const native = layout.native;
  cell* const cells = this_thread.cells + row;
  add_to(cells[0], value);
  slot bucket = 0;
  if (native == nullptr || native->offset > 1) {
    const std::int64_t* bound = layout.bounds;
    for (std::uint32_t half = layout.half; half > 8; half >>= 1) bound = bound[half - 1] < bits ? bound + half : bound;
    bucket = static_cast<slot>(find_bound(bound, bits) - layout.bounds);
    add_to(cells[1 + bucket], std::uint64_t{1});
  }
  if (native != nullptr) add_to(cells[native->offset + native_cell(*native, value)], std::uint64_t{1});
  const span_context* trace = this_thread.current;
  if (trace == nullptr || !trace->sampled()) return;
  slot exemplar_at = row + 1 + bucket;
  if (native != nullptr) {
    // Native buckets have no exemplars of their own: rows of exemplars are shorter than rows of cells.
    const slot series = (row - layout.first) / layout.stride;
    exemplar_at -= series * (layout.stride - 1 - native->buckets);
  }
  record_exemplar(layout, exemplar_at, value, *trace);
}

void prepare_cells_for_forks() {
  [[maybe_unused]] static const bool joined = [] {
    static store_at_fork part;
    join_forks(part);
    return true;
  }();
}

slot allocate_slots(std::uint32_t count) noexcept {
  store& all = the_store.instance;
  const std::lock_guard lock(all.mutex);
  if (count > max_slots - all.next_slot) return 0;
  const slot first = all.next_slot;
  all.next_slot += count;
  return first;
}

void abandon_slots(slot first, std::uint32_t count) noexcept {
  static const auto page_cells = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / sizeof(cell);
  store& all = the_store.instance;
  const std::lock_guard lock(all.mutex);
  for (block* each = all.blocks; each != nullptr; each = each->next) {
    const std::uint64_t begin = (first + page_cells - 1) / page_cells * page_cells;
    const std::uint64_t end = std::min<std::uint64_t>(first + count, each->capacity) / page_cells * page_cells;
    if (begin < end) ::madvise(each->cells + begin, bytes_of(end - begin), MADV_DONTNEED);
  }
}

std::size_t block_count() noexcept {
  store& all = the_store.instance;
  const std::lock_guard lock(all.mutex);
  return all.block_count;
}

cell_reader::cell_reader() : lock_(the_store.instance.mutex) {}

template <class Visit>
void cell_reader::for_each_block(slot first, std::uint32_t count, std::uint32_t granule, Visit visit) noexcept {
  constexpr std::uint32_t cells_per_hold = 8192;
  const std::uint32_t step = std::max(granule, cells_per_hold / granule * granule);
  for (std::uint32_t done = 0; done < count; done += step) {
    const std::uint32_t part = std::min(step, count - done);
    for (const block* each = the_store.instance.blocks; each != nullptr; each = each->next) {
      const std::uint64_t mapped = each->cells == nullptr ? 0 : each->capacity + longest_row;
      if (first + done < mapped) {
        const auto readable = static_cast<std::uint32_t>(std::min<std::uint64_t>(part, mapped - first - done));
        visit(each->cells + first + done, readable, done);
        read_ += readable;
      }
      if (read_ >= cells_per_hold) {  // let a waiting thread in; the list only grows, and `each` is read again
        read_ = 0;
        lock_.unlock();
        lock_.lock();
      }
    }
  }
}

void cell_reader::add_integers(slot first, std::uint32_t count, std::uint64_t* totals) noexcept {
  for_each_block(first, count, 1, [&](const cell* cells, std::uint32_t readable, std::uint32_t offset) {
    for (std::uint32_t i = 0; i < readable; ++i) totals[offset + i] += cells[i].load(std::memory_order_relaxed);
  });
}

void cell_reader::add_doubles(slot first, std::uint32_t count, double* totals) noexcept {
  for_each_block(first, count, 1, [&](const cell* cells, std::uint32_t readable, std::uint32_t offset) {
    for (std::uint32_t i = 0; i < readable; ++i) {
      totals[offset + i] += std::bit_cast<double>(cells[i].load(std::memory_order_relaxed));
    }
  });
}

void cell_reader::add_rows(slot first, std::uint32_t rows, std::uint32_t stride, double* sums,
                           std::uint64_t* buckets) noexcept {
  for_each_block(first, rows * stride, stride, [&](const cell* cells, std::uint32_t readable, std::uint32_t offset) {
    // A block may end within a row; then nothing of the row was touched.
    std::uint32_t at = 0;
    for (std::uint32_t row = offset / stride; at < readable; ++row) {
      sums[row] += std::bit_cast<double>(cells[at++].load(std::memory_order_relaxed));
      std::uint64_t* totals = buckets + static_cast<std::size_t>(row) * (stride - 1);
      for (std::uint32_t i = 0; i + 1 < stride && at < readable; ++i) {
        totals[i] += cells[at++].load(std::memory_order_relaxed);
      }
    }
  });
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
