// Memory for what handles point to: gauge cells, exemplars, text tables. Handles may outlive their registry, so these
// addresses stay mapped for ever; when the registry ends, the pages go back to the system and read as zero from then on.
// What lives here must therefore be trivially destructible, and harmless when it is all zero.
#pragma once

#include <cstddef>
#include <mutex>
#include <type_traits>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Thread safety: `allocate` from any thread. Cost: addresses in steps of 64 KiB; memory by the page, when touched.
class page_memory {
 public:
  page_memory() = default;
  page_memory(const page_memory&) = delete;
  page_memory& operator=(const page_memory&) = delete;

  /// Gives the pages back; everything allocated reads as zero afterwards. Harmless when repeated.
  void release() noexcept;

  /// Zeroed room for `count` objects, valid for ever; null when there is no memory.
  template <class T>
  T* allocate(std::size_t count) noexcept {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 64);
    return static_cast<T*>(allocate_bytes(count * sizeof(T), alignof(T)));
  }

 private:
  struct chunk {
    void* memory;
    std::size_t size;
  };

  void* allocate_bytes(std::size_t size, std::size_t alignment) noexcept;

  std::mutex mutex_;
  std::vector<chunk> chunks_;
  std::size_t used_ = 0;  // of the last chunk
};

/// For the few hundred bytes a family that handles read as a whole (bounds, table headers): never given back.
page_memory& kept_memory() noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace telltale
