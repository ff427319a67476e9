#include "logging/line.hpp"

#include "base/json.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

// ---- Writing at a pointer: each function returns where the next one goes on. ----

char* put(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// Whether one of the word's bytes cannot stand in a JSON string as it is, or is beyond ASCII and has to be looked at:
// the test for "a byte less than n" of each of eight bytes at once.
constexpr bool needs_care(std::uint64_t word) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t high = 0x8080808080808080;
  const std::uint64_t quote = word ^ (ones * '"');
  const std::uint64_t backslash = word ^ (ones * '\\');
  return ((((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | word) &
          high) != 0;
}

// Copies text that needs no escaping; null when it does. Eight bytes a step, the last step overlapping the one before.
char* put_plain(char* out, std::string_view text) noexcept {
  const char* from = text.data();
  const std::size_t size = text.size();
  std::uint64_t word = 0;
  if (size >= 8) {
    for (std::size_t at = 0;; at += 8) {
      const bool last = at + 8 >= size;
      if (last) at = size - 8;
      std::memcpy(&word, from + at, 8);
      if (needs_care(word)) return nullptr;
      std::memcpy(out + at, &word, 8);
      if (last) return out + size;
    }
  }
  if (size >= 4) {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    std::memcpy(&first, from, 4);
    std::memcpy(&second, from + size - 4, 4);
    if (needs_care(std::uint64_t{first} << 32 | second)) return nullptr;
    std::memcpy(out, &first, 4);
    std::memcpy(out + size - 4, &second, 4);
    return out + size;
  }
  for (std::size_t at = 0; at < size; ++at) {
    const auto byte = static_cast<unsigned char>(from[at]);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') return nullptr;
    out[at] = from[at];
  }
  return out + size;
}

TELLTALE_COLD char* put_escaped(char* out, std::string_view text) {
  std::string escaped;
  append_json_string(escaped, text);
  return put(out, escaped);
}

char* put_string(char* out, std::string_view text) {
  *out = '"';
  char* const end = put_plain(out + 1, text);
  if (!end) return put_escaped(out, text);
  *end = '"';
  return end + 1;
}

// Room for any value that is not text.
constexpr std::size_t longest_number = 40;

char* put_value(char* out, const attribute_value& value) {
  using kind = attribute_value::kind;
  switch (value.type()) {
    case kind::boolean: return put(out, value.as_bool() ? "true" : "false");
    case kind::integer: return std::to_chars(out, out + longest_number, value.as_int()).ptr;
    case kind::unsigned_integer: return std::to_chars(out, out + longest_number, value.as_unsigned()).ptr;
    case kind::text: return put_string(out, value.as_text());
    case kind::real:
      if (std::isfinite(value.as_double())) {
        return std::to_chars(out, out + longest_number, value.as_double()).ptr;
      }
      break;
    case kind::duration:
    case kind::time: break;
  }
  std::string text;
  append_json_value(text, value);
  return put(out, text);
}

constexpr auto digit_pairs = [] {
  std::array<char, 200> table{};
  for (std::size_t i = 0; i < 100; ++i) {
    table[2 * i] = static_cast<char>('0' + i / 10);
    table[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return table;
}();

void put_pair(char* out, unsigned value) noexcept { std::memcpy(out, &digit_pairs[2 * std::size_t{value}], 2); }

// RFC 3339 with milliseconds. append_rfc3339 would do, at 950 instructions instead of 100.
char* put_time(char* out, wall_time time) noexcept {
  using namespace std::chrono;
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const auto millisecond = static_cast<std::uint32_t>(floor<milliseconds>(time - day).count());
  const std::uint32_t second = millisecond / 1000;
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));  // 1677 to 2262
  std::memcpy(out, "0000-00-00T00:00:00.000Z", 24);
  put_pair(out, year / 100);
  put_pair(out + 2, year % 100);
  put_pair(out + 5, static_cast<unsigned>(date.month()));
  put_pair(out + 8, static_cast<unsigned>(date.day()));
  put_pair(out + 11, second / 3600);
  put_pair(out + 14, second / 60 % 60);
  put_pair(out + 17, second % 60);
  put_pair(out + 20, millisecond % 1000 / 10);
  out[22] = static_cast<char>('0' + millisecond % 10);
  return out + 24;
}

constexpr auto hex_pairs = [] {
  std::array<char, 512> table{};
  for (std::size_t i = 0; i < 512; ++i) table[i] = "0123456789abcdef"[i % 2 == 0 ? i / 32 : i / 2 % 16];
  return table;
}();

template <std::size_t N>
char* put_hex(char* out, const std::array<std::uint8_t, N>& bytes) noexcept {
  for (std::size_t i = 0; i < N; ++i) std::memcpy(out + 2 * i, &hex_pairs[2 * std::size_t{bytes[i]}], 2);
  return out + 2 * N;
}

char* put_ids(char* out, const span_context& context) noexcept {
  out = put(out, ",\"trace_id\":\"");
  out = put_hex(out, context.trace_id.bytes);
  out = put_hex(put(out, "\",\"span_id\":\""), context.span_id.bytes);
  *out = '"';
  return out + 1;
}

// ---- Fields ----

bool is_reserved(std::string_view key) noexcept {
  switch (key.size()) {
    case 2: return key == "ts";
    case 3: return key == "msg";
    case 5: return key == "level";
    case 7: return key == "service" || key == "span_id";
    case 8: return key == "trace_id";
    default: return false;
  }
}

template <class Keys, class KeyOf>
bool repeated_later(const Keys& keys, std::size_t index, KeyOf key_of) noexcept {
  for (std::size_t later = index + 1; later < keys.size(); ++later) {
    if (key_of(keys[later]) == key_of(keys[index])) return true;
  }
  return false;
}

// Keys that have to be escaped or renamed first: two that differ as bytes may be one afterwards (each invalid byte
// becomes U+FFFD), so they are compared as they will be written.
TELLTALE_COLD char* put_awkward_fields(char* out, std::span<const attribute> fields) {
  std::vector<std::string> keys(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view key = fields[i].key;
    append_json_string(keys[i], is_reserved(key) ? std::string(key) + '_' : std::string(key));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (repeated_later(keys, i, [](const std::string& key) -> std::string_view { return key; })) continue;
    *out++ = ',';
    out = put(out, keys[i]);
    *out++ = ':';
    out = put_value(out, fields[i].value);
  }
  return out;
}

char* put_fields(char* const begin, std::span<const attribute> fields) {
  char* out = begin;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view key = fields[i].key;
    char* const end = put_plain(out + 2, key);
    if (!end || is_reserved(key)) return put_awkward_fields(begin, fields);
    if (repeated_later(fields, i, [](const attribute& field) { return field.key; })) continue;
    out[0] = ',';
    out[1] = '"';
    out = put_value(put(end, "\":"), fields[i].value);
  }
  return out;
}

// ---- The whole ----

// A byte takes at most six, as \u001f does; quotes, colon, comma and an underscore are the rest.
constexpr std::size_t worst_case(std::string_view text) noexcept { return 6 * text.size() + 8; }

std::size_t worst_case(const log_record& record) noexcept {
  constexpr std::size_t fixed_parts = 192;  // braces, ts, level, the ids and their keys: 135 and some to spare
  std::size_t size = fixed_parts + worst_case(record.message) + record.service_member.size();
  for (const attribute& field : record.fields) {
    size += worst_case(field.key);
    size += field.value.type() == attribute_value::kind::text ? worst_case(field.value.as_text()) : longest_number;
  }
  return size;
}

}  // namespace

formatted_line::formatted_line(const log_record& record) {
  const std::size_t room = worst_case(record);
  char* out = inline_;
  if (room > sizeof inline_) {
    heap_.reset(new char[room]);
    out = heap_.get();
  }
  begin_ = out;
  out = put_time(put(out, "{\"ts\":\""), record.time);
  out = put(put(out, "\",\"level\":\""), level_name(record.severity));
  out = put_string(put(out, "\",\"msg\":"), record.message);
  out = put(out, record.service_member);
  if (record.context && record.context->valid()) out = put_ids(out, *record.context);
  out = put_fields(out, record.fields);
  *out++ = '}';
  size_ = static_cast<std::size_t>(out - begin_);
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
