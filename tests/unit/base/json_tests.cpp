#include "base/json.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace tt = telltale;
using namespace std::chrono_literals;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  tt::detail::append_json_string(out, text);
  return out;
}

std::string value(const tt::attribute_value& v) {
  std::string out;
  tt::detail::append_json_value(out, v);
  return out;
}

}  // namespace

TEST_CASE("JSON strings escape quotes, backslashes and every control character") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("plain") == "\"plain\"");
  CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(quoted(std::string_view("\0\x01\x1f", 3)) == R"("\u0000\u0001\u001f")");
}

TEST_CASE("JSON strings keep valid UTF-8 and replace what is not") {
  CHECK(quoted("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xB6") == "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xB6\"");
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(quoted("a\xFFz") == "\"a" + bad + "z\"");
  CHECK(quoted("\x80") == "\"" + bad + "\"");
  CHECK(quoted("\xC0\xAF") == "\"" + bad + bad + "\"");              // overlong
  CHECK(quoted("\xED\xA0\x80") == "\"" + bad + bad + bad + "\"");    // surrogate
  CHECK(quoted("\xF4\x90\x80\x80") == "\"" + bad + bad + bad + bad + "\"");  // above 10FFFF
  CHECK(quoted("\xE2\x82") == "\"" + bad + "\"");                    // cut at the end
  CHECK(quoted("\xE2\x82\"") == "\"" + bad + "\\\"\"");              // cut before a quote
}

TEST_CASE("JSON values are typed, and numbers that JSON lacks are strings") {
  CHECK(value(true) == "true");
  CHECK(value(-42) == "-42");
  CHECK(value(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(value(0.1 + 0.2) == "0.30000000000000004");
  CHECK(value(std::nan("")) == "\"NaN\"");
  CHECK(value(INFINITY) == "\"+Inf\"");
  CHECK(value(-INFINITY) == "\"-Inf\"");
  CHECK(value(std::chrono::nanoseconds{12'500'000}) == "0.0125");
  CHECK(value(std::chrono::nanoseconds{2s}) == "2");
  CHECK(value(std::chrono::nanoseconds{-1}) == "-0.000000001");
  CHECK(value(std::chrono::nanoseconds::min()) == "-9223372036.854775808");
}

TEST_CASE("Times are RFC 3339 in UTC") {
  const tt::wall_time time{std::chrono::nanoseconds{1'769'903'999'123'456'789}};
  std::string out;
  tt::detail::append_rfc3339(out, time, tt::detail::time_digits::milliseconds);
  CHECK(out == "2026-01-31T23:59:59.123Z");
  out.clear();
  tt::detail::append_rfc3339(out, time, tt::detail::time_digits::nanoseconds);
  CHECK(out == "2026-01-31T23:59:59.123456789Z");
  out.clear();
  tt::detail::append_rfc3339(out, tt::wall_time{std::chrono::nanoseconds{-1}}, tt::detail::time_digits::milliseconds);
  CHECK(out == "1969-12-31T23:59:59.999Z");
}
