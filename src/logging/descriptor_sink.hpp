// A spdlog sink over a file descriptor. spdlog's own file sinks write through stdio, which splits a line that crosses
// the end of its buffer over two writes and, when the disk is full, cannot say what became of which line. This one
// writes whole lines and counts the ones it lost.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Thread safety: everything may be called concurrently. Throws `lines_lost` from `log` and `flush`.
class descriptor_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  enum class ownership { borrowed, owned };

  /// Gathers lines until there are `buffer_size` bytes of them; 0 writes each line at once. A line of level warn or
  /// above is written at once with those before it.
  descriptor_sink(int descriptor, ownership owner, std::size_t buffer_size);
  ~descriptor_sink() override;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;

  const int descriptor_;
  const ownership owner_;
  const std::size_t buffer_size_;
  spdlog::memory_buf_t pending_;
  std::uint64_t pending_lines_ = 0;
  bool cut_short_ = false;  // the last thing written is the beginning of a line
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
