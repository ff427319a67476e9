#include "base/json.hpp"

#include "base/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

// 1 for the bytes that cannot be copied as they are: controls, quote, backslash and everything beyond ASCII.
constexpr auto needs_care = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = byte < 0x20 || byte >= 0x80;
  table['"'] = true;
  table['\\'] = true;
  return table;
}();

void append_escaped(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\b': out += "\\b"; break;
    case '\f': out += "\\f"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default:
      out += "\\u00";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
  }
}

template <class T>
void append_number(std::string& out, T value) {
  char buffer[32];
  const auto [end, failure] = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, end);
}

void append_padded(std::string& out, std::uint64_t value, int width) {
  char buffer[20];
  for (int i = width; i > 0; --i, value /= 10) buffer[i - 1] = static_cast<char>('0' + value % 10);
  out.append(buffer, static_cast<std::size_t>(width));
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t copied = 0;  // everything before is in `out` already
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (!needs_care[byte]) {
      ++at;
      continue;
    }
    if (byte >= 0x80) {
      const utf8_part part = utf8_at(text, at);
      if (!part.valid) {
        out.append(text, copied, at - copied).append("\xEF\xBF\xBD");
        copied = at + part.size;
      }
      at += part.size;
      continue;
    }
    out.append(text, copied, at - copied);
    append_escaped(out, byte);
    copied = ++at;
  }
  out.append(text, copied, at - copied);
  out += '"';
}

void append_json_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"+Inf\"" : "\"-Inf\"";
  } else {
    append_number(out, value);
  }
}

void append_json_value(std::string& out, const attribute_value& value) {
  using kind = attribute_value::kind;
  switch (value.type()) {
    case kind::boolean: out += value.as_bool() ? "true" : "false"; break;
    case kind::integer: append_number(out, value.as_int()); break;
    case kind::unsigned_integer: append_number(out, value.as_unsigned()); break;
    case kind::real: append_json_number(out, value.as_double()); break;
    case kind::text: append_json_string(out, value.as_text()); break;
    case kind::duration: append_seconds(out, value.as_duration()); break;
    case kind::time:
      out += '"';
      append_rfc3339(out, value.as_time(), time_digits::nanoseconds);
      out += '"';
      break;
  }
}

void append_seconds(std::string& out, std::chrono::nanoseconds value) {
  constexpr std::uint64_t nano = 1'000'000'000;
  const std::int64_t count = value.count();
  // Negated as unsigned, because the lowest integer has no positive twin.
  const std::uint64_t magnitude = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  if (count < 0) out += '-';
  append_number(out, magnitude / nano);
  std::uint64_t fraction = magnitude % nano;
  if (fraction == 0) return;
  int digits = 9;
  for (; fraction % 10 == 0; fraction /= 10) --digits;
  out += '.';
  append_padded(out, fraction, digits);
}

void append_rfc3339(std::string& out, wall_time time, time_digits digits) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<nanoseconds> clock{time - day};
  // 64-bit nanoseconds reach from 1677 to 2262: the year always has four digits.
  append_padded(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, static_cast<std::uint64_t>(clock.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(clock.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(clock.seconds().count()), 2);
  out += '.';
  const auto fraction = static_cast<std::uint64_t>(clock.subseconds().count());
  append_padded(out, digits == time_digits::milliseconds ? fraction / 1'000'000 : fraction, static_cast<int>(digits));
  out += 'Z';
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
