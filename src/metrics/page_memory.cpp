#include "metrics/page_memory.hpp"

#include <algorithm>

#include <sys/mman.h>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

constexpr std::size_t least_chunk = 64 * 1024;
constexpr std::size_t huge_page = 2u << 20;

constexpr std::size_t round_up(std::size_t size, std::size_t step) noexcept { return (size + step - 1) / step * step; }

}  // namespace

void page_memory::release() noexcept {
  const std::lock_guard lock(mutex_);
  for (const chunk& each : chunks_) ::madvise(each.memory, each.size, MADV_DONTNEED);
}

void* page_memory::allocate_bytes(std::size_t size, std::size_t alignment) noexcept {
  const std::lock_guard lock(mutex_);
  std::size_t begin = round_up(used_, alignment);
  if (chunks_.empty() || begin + size > chunks_.back().size) {
    chunk fresh{nullptr, round_up(std::max(size, std::size_t{1}), least_chunk)};
    try {
      chunks_.reserve(chunks_.size() + 1);
    } catch (...) {
      return nullptr;
    }
    fresh.memory = ::mmap(nullptr, fresh.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fresh.memory == MAP_FAILED) return nullptr;
    if (fresh.size >= huge_page) ::madvise(fresh.memory, fresh.size, MADV_NOHUGEPAGE);
    chunks_.push_back(fresh);
    begin = 0;
  }
  used_ = begin + size;
  return static_cast<char*>(chunks_.back().memory) + begin;
}

page_memory& kept_memory() noexcept {
  union immortal {
    immortal() : instance() {}
    ~immortal() {}
    page_memory instance;
  };
  static immortal kept;
  return kept.instance;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
