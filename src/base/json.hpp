// The one place where telltale spells JSON: log lines, span lines and health pages append to a string through
// these functions. Output is always valid JSON and valid UTF-8, whatever bytes come in, and never depends on
// the locale. Private to the libraries; exported because two of them use it.
#pragma once

#include <telltale/attributes.hpp>
#include <telltale/clock.hpp>
#include <telltale/detail/platform.hpp>

#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Appends `text` in double quotes. Control characters, quotes and backslashes are escaped; bytes that are not
/// UTF-8 become U+FFFD, one for each maximal invalid part. Cost: one look-up a byte, copied in runs.
TELLTALE_API void append_json_string(std::string& out, std::string_view text);

/// Appends the shortest number that reads back as `value`; JSON has no number for the others, so they are
/// the strings "NaN", "+Inf" and "-Inf".
TELLTALE_API void append_json_number(std::string& out, double value);

/// Appends a number, a boolean or a quoted string: durations are seconds, times are RFC 3339 in nanoseconds.
TELLTALE_API void append_json_value(std::string& out, const attribute_value& value);

/// Appends seconds as a decimal number, exact to the nanosecond and without trailing zeros: `0.0125`.
TELLTALE_API void append_seconds(std::string& out, std::chrono::nanoseconds value);

/// How many digits follow the second in a time stamp.
enum class time_digits { milliseconds = 3, nanoseconds = 9 };

/// Appends RFC 3339 in UTC without quotes: `2026-01-31T23:59:59.123Z`.
TELLTALE_API void append_rfc3339(std::string& out, wall_time time, time_digits digits);

}  // namespace detail
}  // namespace v0
}  // namespace telltale
