// What a program logged, for its tests to look at: hand `sink()` to a logger, or take a ready-made one from `logger()`.
//
//   tt::testing::captured_logs logs;
//   auto log = logs.logger();
//   charge(log);
//   CHECK(logs.containing("charge approved").size() == 1);
#pragma once

#include <telltale/detail/platform.hpp>
#include <telltale/logging/logger.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace testing {

/// Keeps every line in memory. Sinks and loggers taken from it may outlive it.
/// Thread safety: everything may be called concurrently. Cost: a mutex and a copy a line.
class TELLTALE_API captured_logs {
 public:
  captured_logs();
  captured_logs(const captured_logs&) = delete;
  captured_logs& operator=(const captured_logs&) = delete;
  ~captured_logs();

  /// Where a logger has to write so that the lines end up here.
  std::shared_ptr<log_sink> sink() const noexcept;

  /// A new logger that writes here. Everything is written unless the options say otherwise.
  v0::logger logger(logger_options options = {.threshold = level::trace}) const;

  /// The lines so far, oldest first, without newlines.
  std::vector<std::string> lines() const;
  /// Those with the given text in them.
  std::vector<std::string> containing(std::string_view text) const;
  /// Forgets the lines so far.
  void clear();

 private:
  class capturing_sink;
  std::shared_ptr<capturing_sink> sink_;
};

}  // namespace testing
}  // namespace v0
}  // namespace telltale
