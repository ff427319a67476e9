#include "logging/spdlog_sink.hpp"

#include <spdlog/formatter.h>

#include <chrono>
#include <utility>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

class finished_line_formatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    out.append(message.payload.begin(), message.payload.end());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<finished_line_formatter>();
  }
};

constexpr spdlog::level::level_enum to_spdlog(level severity) noexcept {
  // spdlog has the same ladder, with "critical" for "fatal".
  static_assert(static_cast<int>(level::trace) == SPDLOG_LEVEL_TRACE);
  static_assert(static_cast<int>(level::fatal) == SPDLOG_LEVEL_CRITICAL);
  return static_cast<spdlog::level::level_enum>(severity);
}

}  // namespace

spdlog_sink::spdlog_sink(std::shared_ptr<spdlog::sinks::sink> target) : target_(std::move(target)) {
  target_->set_formatter(std::make_unique<finished_line_formatter>());
}

void spdlog_sink::write(const log_line& line) noexcept {
  try {
    spdlog::details::log_msg message;
    message.level = to_spdlog(line.severity);
    message.time = std::chrono::time_point_cast<spdlog::log_clock::duration>(line.time);
    message.payload = {line.text.data(), line.text.size()};
    target_->log(message);
  } catch (...) {
    lost_.fetch_add(1, std::memory_order_relaxed);
  }
}

void spdlog_sink::flush() noexcept {
  try {
    target_->flush();
  } catch (...) {
    // The target does not say how many lines that concerns; at least one.
    lost_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
