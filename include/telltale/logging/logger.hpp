// The logger: structured lines, one JSON object each, tied to the trace they belong to.
//
//   obs.log().info("charge approved", tt::kv{"payment_id", "pay_123"}, tt::kv{"amount_minor", 4200});
//
//   {"ts":"2025-09-09T12:34:56.789Z","level":"info","msg":"charge approved","service":"payments",
//    "trace_id":"7a5f1b5f1d6e4c2a8a4f0c3d2e1b0a99","span_id":"b9b8c0f2e1a3d4c5",
//    "payment_id":"pay_123","amount_minor":4200}                                           (on one line)
//
// The order is fixed: ts (UTC, milliseconds), level, msg, service (left out when the logger has none), trace_id and
// span_id (of the span that is current where the call is made; left out when there is none), then the fields
// in the order of the call. Numbers and booleans are JSON numbers and booleans, durations are seconds, time points RFC
// 3339, enums their enumerator's name. Every line is valid JSON whatever bytes were logged: control characters are
// escaped, invalid UTF-8 becomes U+FFFD, and a number that JSON cannot write becomes text ("NaN").
//
// No key appears twice. A field named like one of the six above is written with an underscore after its name
// ("msg" as "msg_"); of several fields with one name the last is written, in its own place.
//
// A line below the level costs one load and one comparison: its fields are not even converted. Evaluating the arguments
// is the language's part, so keep expensive calls out of them or ask `enabled` first.
#pragma once

#include <telltale/attributes.hpp>
#include <telltale/clock.hpp>
#include <telltale/detail/platform.hpp>
#include <telltale/logging/levels.hpp>
#include <telltale/logging/sink.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {

namespace detail {

struct log_core;  // what the copies of a logger share

template <class T>
inline constexpr bool is_log_field = false;
template <class T>
inline constexpr bool is_log_field<kv<T>> = true;
template <>
inline constexpr bool is_log_field<attribute> = true;

}  // namespace detail

/// How a logger is made.
struct logger_options {
  /// Lines below are not written. Can be changed later with `set_level`.
  level threshold = level::info;
  /// The "service" of every line; empty leaves it out.
  std::string service{};
  /// Where "ts" comes from. Not owned: must outlive every copy of the logger. Null means `system_clock()`.
  const clock* time_source = nullptr;
};

/// What a logger and its copies did since construction. The numbers are read one after the other, while other threads
/// may log.
struct logger_statistics {
  std::array<std::uint64_t, level_count> lines{};  ///< handed to the sink, by level
  std::uint64_t bytes = 0;                         ///< in those lines, newlines not counted
  std::uint64_t dropped = 0;  ///< not made: logged after shutdown, or no memory for a very long line
  std::uint64_t lost = 0;     ///< handed to the sink and not stored
};

/// Writes log lines. A handle: copies are cheap and share one level, one sink and one set of counters, which live as
/// long as any copy, so a copy in a static or thread-local object may log until the process ends.
/// Thread safety: everything may be called concurrently, on one object or on copies; assignment excepted.
/// Cost: below the level a load and a comparison. Above: the line is formatted on the calling thread (some 300
/// bytes: 3,000 instructions, file included) and handed to the sink; only long lines and text that has to be escaped
/// allocate.
class TELLTALE_API logger {
 public:
  /// Writes nothing, at the cost of a line below the level.
  logger() noexcept;

  /// Throws `error` `invalid_option` when `sink` is null.
  explicit logger(std::shared_ptr<log_sink> sink, logger_options options = {});

  // Copying only: a logger that was moved from would be one more state to think about.
  logger(const logger&) noexcept;
  logger& operator=(const logger&) noexcept;
  ~logger();

  /// `log.info("message", tt::kv{"key", value}...)`. Never throws and never fails: what cannot be written is counted.
  template <class... Fields>
  TELLTALE_INLINE void trace(std::string_view message, const Fields&... fields) const noexcept {
    log(level::trace, message, fields...);
  }
  template <class... Fields>
  TELLTALE_INLINE void debug(std::string_view message, const Fields&... fields) const noexcept {
    log(level::debug, message, fields...);
  }
  template <class... Fields>
  TELLTALE_INLINE void info(std::string_view message, const Fields&... fields) const noexcept {
    log(level::info, message, fields...);
  }
  template <class... Fields>
  TELLTALE_INLINE void warn(std::string_view message, const Fields&... fields) const noexcept {
    log(level::warn, message, fields...);
  }
  template <class... Fields>
  TELLTALE_INLINE void error(std::string_view message, const Fields&... fields) const noexcept {
    log(level::error, message, fields...);
  }
  /// The worst level. Does not end the program.
  template <class... Fields>
  TELLTALE_INLINE void fatal(std::string_view message, const Fields&... fields) const noexcept {
    log(level::fatal, message, fields...);
  }

  /// The same with the level as a value. `level::off` writes nothing.
  template <class... Fields>
  TELLTALE_INLINE void log(level severity, std::string_view message, const Fields&... fields) const noexcept {
    static_assert((detail::is_log_field<Fields> && ...),
                  "a log field is written tt::kv{\"key\", value}: give each value its key");
    if (!enabled(severity)) return;
    if constexpr ((detail::is_log_field<Fields> && ...)) {
      const std::array<attribute, sizeof...(Fields)> converted{attribute(fields)...};
      write(severity, message, converted);
    }
  }

  /// Whether a line of this level would be written now.
  TELLTALE_INLINE bool enabled(level severity) const noexcept {
    return detail::enabled && severity >= threshold_->load(std::memory_order_relaxed);
  }

  /// The line itself, whatever the level: for callers that have their fields as a range.
  void write(level severity, std::string_view message, std::span<const attribute> fields) const noexcept;

  /// The least level that is written. For this logger and its copies; takes effect on other threads soon. Safe in a
  /// signal handler. Does nothing on a default-constructed logger.
  void set_level(level threshold) const noexcept;
  level threshold() const noexcept { return threshold_->load(std::memory_order_relaxed); }

  /// Returns when every line logged before the call is with the kernel (or lost, and counted).
  void flush() const noexcept;

  /// Flushes, and from then on drops and counts every line of this logger and its copies.
  void shutdown() const noexcept;

  logger_statistics statistics() const noexcept;

 private:
  const std::atomic<level>* threshold_;  // in *core_, or the constant `off`; a plain load away
  std::shared_ptr<detail::log_core> core_;
};

}  // namespace v0
}  // namespace telltale
