// How bad a log line is, and the least that a logger writes. The names are those of the lines and of LOG_LEVEL.
// Reading a name happens at set-up; comparing levels is comparing two small integers.
#pragma once

#include <telltale/config.hpp>
#include <telltale/detail/platform.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace telltale {
inline namespace v0 {

/// The levels, least first. `off` is a threshold only: no line has it.
enum class level : std::uint8_t { trace, debug, info, warn, error, fatal, off };

/// How many levels a line can have: all but `off`.
inline constexpr std::size_t level_count = 6;

/// The name as lines show it: "trace", "debug", "info", "warn", "error", "fatal", "off". A value that is no
/// level (a cast) reads as "off".
constexpr std::string_view level_name(level value) noexcept {
  constexpr std::array<std::string_view, level_count + 1> names{"trace", "debug", "info", "warn",
                                                                "error", "fatal", "off"};
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : names.back();
}

/// Reads a level's name in any case, spaces around it ignored; "warning" is `warn` as well. Nothing for
/// any other text.
TELLTALE_API std::optional<level> parse_level(std::string_view text) noexcept;

/// The level that the variable `name` (LOG_LEVEL, and what stands in for it) asks for. Nothing when it is unset
/// or names no level; in the second case `complain` gets a sentence with the variable, its value and the rule.
/// The default, which is the caller's to apply, is `level::info`.
TELLTALE_API std::optional<level> read_level(const environment& variables, std::string_view name,
                                             const environment::complaint& complain);

}  // namespace v0
}  // namespace telltale
