#include "logging/line.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

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

// Stands in a line as it is: printable ASCII with nothing to escape.
bool is_plain(std::string_view key) noexcept {
  return std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
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
TELLTALE_COLD void append_awkward_fields(std::string& out, std::span<const attribute> fields) {
  std::vector<std::string> keys(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view key = fields[i].key;
    append_json_string(keys[i], is_reserved(key) ? std::string(key) + '_' : std::string(key));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (repeated_later(keys, i, [](const std::string& key) -> std::string_view { return key; })) continue;
    out += ',';
    out += keys[i];
    out += ':';
    append_json_value(out, fields[i].value);
  }
}

void append_fields(std::string& out, std::span<const attribute> fields) {
  for (const attribute& field : fields) {
    if (!is_plain(field.key) || is_reserved(field.key)) return append_awkward_fields(out, fields);
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (repeated_later(fields, i, [](const attribute& field) { return field.key; })) continue;
    out += ",\"";
    out += fields[i].key;
    out += "\":";
    append_json_value(out, fields[i].value);
  }
}

void append_ids(std::string& out, const span_context& context) {
  char members[] = R"(,"trace_id":"0123456789abcdef0123456789abcdef","span_id":"0123456789abcdef")";
  constexpr std::size_t trace_at = std::string_view{R"(,"trace_id":")"}.size();
  constexpr std::size_t span_at = trace_at + 32 + std::string_view{R"(","span_id":")"}.size();
  context.trace_id.write(members + trace_at);
  context.span_id.write(members + span_at);
  out.append(members, sizeof members - 1);
}

}  // namespace

void append_log_line(std::string& out, const log_record& record) {
  out += "{\"ts\":\"";
  append_rfc3339(out, record.time, time_digits::milliseconds);
  out += "\",\"level\":\"";
  out += level_name(record.severity);
  out += "\",\"msg\":";
  append_json_string(out, record.message);
  out += record.service_member;
  if (record.context && record.context->valid()) append_ids(out, *record.context);
  append_fields(out, record.fields);
  out += '}';
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
