// Where finished log lines go: the seam between the logger, which makes the line, and whatever stores it. Most
// programs take one from `make_log_sink` (logging/destination.hpp); tests take `testing::captured_logs`; a program with
// a transport of its own derives from this.
#pragma once

#include <telltale/clock.hpp>
#include <telltale/detail/platform.hpp>
#include <telltale/logging/levels.hpp>

#include <cstdint>
#include <string_view>

namespace telltale {
inline namespace v0 {

/// One finished line.
struct log_line {
  level severity;
  wall_time time;         ///< its "ts", unrounded
  std::string_view text;  ///< a complete JSON object without the newline; valid during the call only
};

/// Takes lines. A sink never throws: what it cannot store it counts.
/// Thread safety: implementations must allow concurrent calls of every member.
/// Cost: one virtual call a line and what the implementation does.
class TELLTALE_API log_sink {
 public:
  log_sink() = default;
  log_sink(const log_sink&) = delete;
  log_sink& operator=(const log_sink&) = delete;
  virtual ~log_sink();

  virtual void write(const log_line& line) noexcept = 0;

  /// Returns when every line taken before the call is beyond this process (in a file: with the kernel) or lost.
  virtual void flush() noexcept = 0;

  /// Lines taken and then lost (disk full, reader gone), since construction. Never goes down.
  virtual std::uint64_t lost_lines() const noexcept = 0;
};

}  // namespace v0
}  // namespace telltale
