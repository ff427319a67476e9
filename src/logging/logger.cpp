#include <telltale/logging/logger.hpp>

#include "base/json.hpp"
#include "logging/line.hpp"

#include <telltale/result.hpp>
#include <telltale/tracing/span_context.hpp>

#include <utility>

namespace telltale {
inline namespace v0 {

log_sink::~log_sink() = default;

namespace detail {

struct log_core {
  log_core(std::shared_ptr<log_sink> target, logger_options options)
      : threshold(options.threshold),
        time_source(options.time_source ? options.time_source : &system_clock()),
        sink(std::move(target)) {
    if (options.service.empty()) return;
    service_member = ",\"service\":";
    append_json_string(service_member, options.service);
  }

  std::atomic<level> threshold;
  std::atomic<bool> open{true};
  const clock* const time_source;
  const std::shared_ptr<log_sink> sink;
  std::string service_member;

  // Away from the line above, which every thread reads on every call.
  alignas(64) std::array<std::atomic<std::uint64_t>, level_count> lines{};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> dropped{0};
};

}  // namespace detail

namespace {

constinit const std::atomic<level> never{level::off};

}  // namespace

logger::logger() noexcept : threshold_(&never) {}

logger::logger(std::shared_ptr<log_sink> sink, logger_options options) {
  if (!sink) {
    throw v0::error(error_code::invalid_option,
                    "a logger needs a sink, and the given pointer is null: take one from make_log_sink");
  }
  core_ = std::make_shared<detail::log_core>(std::move(sink), std::move(options));
  threshold_ = &core_->threshold;
}

logger::logger(const logger&) noexcept = default;
logger& logger::operator=(const logger&) noexcept = default;
logger::~logger() = default;

void logger::write(level severity, std::string_view message,
                   std::span<const attribute> fields) const noexcept {
  if (!core_ || severity >= level::off) return;
  detail::log_core& core = *core_;
  if (!core.open.load(std::memory_order_acquire)) {
    core.dropped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  try {
    const wall_time now = core.time_source->wall_now();
    const detail::formatted_line line(
        {severity, now, message, core.service_member, current_span_context(), fields});
    core.sink->write({severity, now, line.text()});
    core.lines[static_cast<std::size_t>(severity)].fetch_add(1, std::memory_order_relaxed);
    core.bytes.fetch_add(line.text().size(), std::memory_order_relaxed);
  } catch (...) {
    core.dropped.fetch_add(1, std::memory_order_relaxed);
  }
}

void logger::set_level(level threshold) const noexcept {
  if (core_) core_->threshold.store(threshold, std::memory_order_relaxed);
}

void logger::flush() const noexcept {
  if (core_) core_->sink->flush();
}

void logger::shutdown() const noexcept {
  if (!core_) return;
  core_->open.store(false, std::memory_order_release);
  core_->sink->flush();
}

logger_statistics logger::statistics() const noexcept {
  logger_statistics numbers;
  if (!core_) return numbers;
  for (std::size_t i = 0; i < level_count; ++i) {
    numbers.lines[i] = core_->lines[i].load(std::memory_order_relaxed);
  }
  numbers.bytes = core_->bytes.load(std::memory_order_relaxed);
  numbers.dropped = core_->dropped.load(std::memory_order_relaxed);
  numbers.lost = core_->sink->lost_lines();
  return numbers;
}

}  // namespace v0
}  // namespace telltale
