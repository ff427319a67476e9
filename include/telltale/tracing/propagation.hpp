// Propagation: how a trace crosses to another process. Works with any carrier, through two callables:
//
//   tt::context caller = tt::extract([&](std::string_view name) { return request.header(name); });
//   auto span = obs.traces().start("POST /charges", {.kind = tt::span_kind::server, .parent = caller});
//
//   tt::inject([&](std::string_view name, std::string_view value) { request.set_header(name, value); });
//
// Header names are given in lower case; HTTP carriers compare them without case. What comes in is untrusted: it is
// validated here, and a bad header means that a new trace begins, never an error.
// Standard: W3C Trace Context, level 2.
#pragma once

#include <telltale/tracing/context.hpp>

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace telltale {
inline namespace v0 {

inline constexpr std::string_view traceparent_header = "traceparent";
inline constexpr std::string_view tracestate_header = "tracestate";
inline constexpr std::size_t traceparent_size = 55;

/// Reads a traceparent; `remote` is set in the result. Nothing when it is malformed: upper case, zero ids, version
/// ff, a version 00 of another length, or a higher version whose known part is not followed by a dash or the end.
/// Unknown flag bits are zeroed. White space is not accepted. Cost: some 450 instructions, no allocation.
TELLTALE_API std::optional<span_context> parse_traceparent(std::string_view header) noexcept;

/// Writes version 00, no terminator.
TELLTALE_API void format_traceparent(const span_context& ids, char (&out)[traceparent_size]) noexcept;
TELLTALE_API std::string format_traceparent(const span_context& ids);

/// The caller's context from the values of all `traceparent` and all `tracestate` headers of a request, in their
/// order: for carriers that give every one of them. More than one traceparent is invalid. White space around values
/// is allowed. Empty when there is no valid traceparent; a bad tracestate is dropped alone.
TELLTALE_API context extract(std::span<const std::string_view> traceparents,
                             std::span<const std::string_view> tracestates);

namespace detail {

// What a getter may return: an optional, a pointer (null: none) or text (empty: none).
template <class Found>
std::string_view found_text(const Found& found) noexcept {
  if constexpr (requires { found.has_value(); }) {
    return found.has_value() ? std::string_view{*found} : std::string_view{};
  } else if constexpr (std::is_pointer_v<Found>) {
    return found != nullptr ? std::string_view{found} : std::string_view{};
  } else {
    return std::string_view{found};
  }
}

// What is current here, without a copy; null when nothing is.
TELLTALE_API const trace_state* current_trace_state() noexcept;

template <class Setter>
void inject_headers(const span_context& ids, const trace_state& state, Setter& set) {
  char text[traceparent_size];
  format_traceparent(ids, text);
  set(traceparent_header, std::string_view{text, traceparent_size});
  if (!state.empty()) set(tracestate_header, state.text());
}

}  // namespace detail

/// The caller's context. `get(std::string_view name)` returns the header's value as text, a pointer or an optional
/// of text; for a header that came several times, either nothing or all values joined with commas.
template <class Getter>
  requires std::invocable<Getter&, std::string_view>
context extract(Getter&& get) {
  const auto parent = get(traceparent_header);
  const std::string_view parents[] = {detail::found_text(parent)};
  if (parents[0].empty()) return {};
  const auto state = get(tracestate_header);
  const std::string_view states[] = {detail::found_text(state)};
  return extract(parents, states);
}

/// Calls `set(name, value)` for each header that carries `from` to another process; not at all when it is empty.
template <class Setter>
  requires std::invocable<Setter&, std::string_view, std::string_view>
void inject(const context& from, Setter&& set) {
  if (from.valid()) detail::inject_headers(from.ids(), from.state(), set);
}

/// The same for what is current on this thread.
template <class Setter>
  requires std::invocable<Setter&, std::string_view, std::string_view>
void inject(Setter&& set) {
  const span_context* ids = current_span_context();
  const trace_state* state = detail::current_trace_state();
  if (ids != nullptr && state != nullptr) detail::inject_headers(*ids, *state, set);
}

}  // namespace v0
}  // namespace telltale
