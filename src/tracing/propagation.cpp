#include <telltale/tracing/propagation.hpp>

#include "tracing/blank.hpp"

namespace telltale {
inline namespace v0 {

namespace {

constexpr std::size_t trace_id_at = 3;
constexpr std::size_t span_id_at = 36;
constexpr std::size_t flags_at = 53;

// 0 to 15 for lower-case hex digits, 255 for everything else.
constexpr auto hex_values = [] {
  std::array<std::uint8_t, 256> table{};
  for (auto& value : table) value = 255;
  for (std::uint8_t i = 0; i < 16; ++i) table[static_cast<unsigned char>("0123456789abcdef"[i])] = i;
  return table;
}();

// Reads `count` bytes; false when one of the digits is none.
bool read_hex(std::string_view text, std::size_t at, std::uint8_t* out, std::size_t count) noexcept {
  unsigned seen = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned high = hex_values[static_cast<unsigned char>(text[at + 2 * i])];
    const unsigned low = hex_values[static_cast<unsigned char>(text[at + 2 * i + 1])];
    seen |= high | low;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return seen < 16;
}

}  // namespace

std::optional<span_context> parse_traceparent(std::string_view header) noexcept {
  if (header.size() < traceparent_size) return std::nullopt;
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  span_context ids;
  if (header[trace_id_at - 1] != '-' || header[span_id_at - 1] != '-' || header[flags_at - 1] != '-' ||
      !read_hex(header, 0, &version, 1) || !read_hex(header, trace_id_at, ids.trace_id.bytes.data(), 16) ||
      !read_hex(header, span_id_at, ids.span_id.bytes.data(), 8) || !read_hex(header, flags_at, &flags, 1)) {
    return std::nullopt;
  }
  if (version == 0xFF || !ids.valid()) return std::nullopt;
  if (header.size() > traceparent_size && (version == 0 || header[traceparent_size] != '-')) return std::nullopt;
  ids.flags = flags & (trace_flags::sampled | trace_flags::random);
  ids.remote = true;
  return ids;
}

void format_traceparent(const span_context& ids, char (&out)[traceparent_size]) noexcept {
  out[0] = '0';
  out[1] = '0';
  out[trace_id_at - 1] = '-';
  ids.trace_id.write(out + trace_id_at);
  out[span_id_at - 1] = '-';
  ids.span_id.write(out + span_id_at);
  out[flags_at - 1] = '-';
  detail::write_hex(std::array<std::uint8_t, 1>{ids.flags}, out + flags_at);
}

std::string format_traceparent(const span_context& ids) {
  char text[traceparent_size];
  format_traceparent(ids, text);
  return {text, traceparent_size};
}

context extract(std::span<const std::string_view> traceparents, std::span<const std::string_view> tracestates) {
  if (traceparents.size() != 1) return {};
  const std::optional<span_context> ids = parse_traceparent(detail::without_blanks(traceparents[0]));
  if (!ids) return {};
  if (tracestates.size() == 1) return {*ids, trace_state::parse(tracestates[0]).value_or(trace_state{})};
  std::string joined;
  for (const std::string_view each : tracestates) joined.append(joined.empty() ? "" : ",").append(each);
  return {*ids, trace_state::parse(joined).value_or(trace_state{})};
}

}  // namespace v0
}  // namespace telltale
