// A spdlog sink over a file descriptor. spdlog's own file sinks write through stdio, which splits a line that crosses
// the end of its buffer over two writes and, when the disk is full, cannot say what became of which line. This one
// writes whole lines, counts those it lost, and neither repeats nor blocks in a forked child.
#pragma once

#include "base/fork.hpp"

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Thread safety: everything may be called concurrently.
class descriptor_sink final : public spdlog::sinks::base_sink<std::mutex>, private fork_participant {
 public:
  enum class ownership { borrowed, owned };

  /// Gathers lines until there are `buffer_size` bytes of them or `patience` has passed, which a thread of its own
  /// watches from the first line on. 0 bytes: each line is written at once, and there is no thread. A line of level
  /// warn or above is written at once with those before it.
  descriptor_sink(int descriptor, ownership owner, std::size_t buffer_size, std::chrono::milliseconds patience);
  ~descriptor_sink() override;

  /// Lines that could not be written, so far.
  std::uint64_t lost_lines() const noexcept { return lost_.load(std::memory_order_relaxed); }

 private:
  struct flusher {
    std::condition_variable wake;
    bool stopping = false;
    std::thread thread;
  };

  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override { write_out(); }
  void write_out() noexcept;
  bool start_flusher() noexcept;
  void run_flusher(flusher& own);

  // A fork happens with nothing pending and the lock held by the forking thread, so that the child can log.
  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override { mutex_.unlock(); }
  void after_fork_in_child() noexcept override;

  const int descriptor_;
  const ownership owner_;
  const std::size_t buffer_size_;
  const std::chrono::milliseconds patience_;
  std::atomic<std::uint64_t> lost_{0};
  // The rest under base_sink's mutex_.
  spdlog::memory_buf_t pending_;
  std::uint64_t pending_lines_ = 0;
  bool cut_short_ = false;  // the last thing written is the beginning of a line
  std::unique_ptr<flusher> flusher_;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
