// The identity of a span: what travels between processes in `traceparent`, what a log line prints and what an
// exemplar keeps. Part of the base layer, because metrics and logging read the current one; they need no tracer
// for it. Standard: W3C Trace Context, level 2.
#pragma once

#include <telltale/detail/this_thread.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {

namespace detail {

// Lower-case hex, most significant byte first.
template <std::size_t N>
constexpr void write_hex(const std::array<std::uint8_t, N>& bytes, char* out) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
}

template <std::size_t N>
constexpr bool is_zero(const std::array<std::uint8_t, N>& bytes) noexcept {
  static_assert(N % 8 == 0);
  for (const std::uint64_t word : std::bit_cast<std::array<std::uint64_t, N / 8>>(bytes)) {
    if (word != 0) return false;
  }
  return true;
}

}  // namespace detail

/// 128 bits that name a trace. All zero means none.
struct trace_id {
  std::array<std::uint8_t, 16> bytes{};

  constexpr bool valid() const noexcept { return !detail::is_zero(bytes); }
  /// Writes 32 lower-case hex digits, no terminator.
  constexpr void write(char* out) const noexcept { detail::write_hex(bytes, out); }
  std::string to_string() const {
    std::string text(32, '0');
    write(text.data());
    return text;
  }
  friend constexpr bool operator==(const trace_id&, const trace_id&) = default;
};

/// 64 bits that name a span within its trace. All zero means none.
struct span_id {
  std::array<std::uint8_t, 8> bytes{};

  constexpr bool valid() const noexcept { return !detail::is_zero(bytes); }
  /// Writes 16 lower-case hex digits, no terminator.
  constexpr void write(char* out) const noexcept { detail::write_hex(bytes, out); }
  std::string to_string() const {
    std::string text(16, '0');
    write(text.data());
    return text;
  }
  friend constexpr bool operator==(const span_id&, const span_id&) = default;
};

/// The W3C trace flags that telltale knows. Other bits are zeroed when read, as the standard asks.
namespace trace_flags {
inline constexpr std::uint8_t sampled = 0x01;
inline constexpr std::uint8_t random = 0x02;  ///< the low 56 bits of the trace id are random
}  // namespace trace_flags

/// A span's ids and flags. Thread safety: a value type. Cost: 26 bytes, trivially copyable.
struct span_context {
  struct trace_id trace_id {};
  struct span_id span_id {};
  std::uint8_t flags = 0;
  bool remote = false;  ///< came from another process

  constexpr bool valid() const noexcept { return trace_id.valid() && span_id.valid(); }
  constexpr bool sampled() const noexcept { return (flags & trace_flags::sampled) != 0; }
  friend constexpr bool operator==(const span_context&, const span_context&) = default;
};

/// The context of the span that is current on this thread, or null.
/// The pointer is good until the current span changes on this thread. Cost: two loads.
TELLTALE_INLINE const span_context* current_span_context() noexcept { return detail::this_thread.current; }

}  // namespace v0
}  // namespace telltale
