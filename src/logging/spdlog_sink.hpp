// A spdlog sink as a destination of ours. Private: the one place of the logger that sees spdlog.
#pragma once

#include <telltale/logging/sink.hpp>

#include <spdlog/common.h>
#include <spdlog/details/periodic_worker.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace telltale {
inline namespace v0 {
namespace detail {

/// What a sink throws that lost more than the line at hand.
class lines_lost final : public spdlog::spdlog_ex {
 public:
  lines_lost(std::uint64_t count, const std::string& what, int system_error)
      : spdlog_ex(what, system_error), count_(count) {}
  std::uint64_t count() const noexcept { return count_; }

 private:
  std::uint64_t count_;
};

/// Hands lines to `target`, whose formatter it replaces by one that leaves them as they are. `target` must be safe to
/// use from several threads (spdlog's `_mt` sinks are). An exception of the target's is counted as a loss.
class spdlog_sink final : public log_sink {
 public:
  /// Flushes the target every `flush_interval` on a thread of its own; zero means no thread.
  spdlog_sink(std::shared_ptr<spdlog::sinks::sink> target, std::chrono::seconds flush_interval);

  void write(const log_line& line) noexcept override;
  void flush() noexcept override;
  std::uint64_t lost_lines() const noexcept override { return lost_.load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<spdlog::sinks::sink> target_;
  std::atomic<std::uint64_t> lost_{0};
  std::unique_ptr<spdlog::details::periodic_worker> flusher_;  // last: stops before the target goes
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
