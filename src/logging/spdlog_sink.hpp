// A spdlog sink as a destination of ours. Private: the one place of the logger that sees spdlog.
#pragma once

#include <telltale/logging/sink.hpp>

#include <spdlog/sinks/sink.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Hands lines to `target`, whose formatter it replaces by one that leaves them as they are. `target` must be safe to
/// use from several threads (spdlog's `_mt` sinks are). An exception of the target's is counted as a line lost.
class spdlog_sink : public log_sink {
 public:
  explicit spdlog_sink(std::shared_ptr<spdlog::sinks::sink> target);

  void write(const log_line& line) noexcept override;
  void flush() noexcept override;
  std::uint64_t lost_lines() const noexcept override { return lost_.load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<spdlog::sinks::sink> target_;
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
