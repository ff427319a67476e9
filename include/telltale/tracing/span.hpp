// A span: one operation of a request, from its start to its end, with what is worth knowing about it. Spans are
// made by a `tracer`:
//
//   auto span = obs.traces().start("charge", tt::kv{"amount_minor", 4200});
//   span.set(tt::kv{"provider", provider::stripe});
//   span.add_event("retry", tt::kv{"attempt", 2});
//
// A span that is not sampled costs next to nothing: every call on it is a test and a jump, and its arguments are
// not even converted. It still has ids, is current on its thread and is passed on to other processes.
#pragma once

#include <telltale/tracing/context.hpp>
#include <telltale/tracing/exporter.hpp>

#include <array>
#include <exception>
#include <span>
#include <string_view>
#include <utility>

namespace telltale {
inline namespace v0 {

namespace detail {
struct span_record;
struct span_access;
}  // namespace detail

/// Owns an operation in progress; ends it when destroyed. When an exception that was thrown after the start passes
/// its owner, the status becomes error, unless one was set (the exception's type is not known to a destructor: where
/// it matters, catch and call `record_exception`).
///
/// After `end` every call does nothing, and `context()` still answers.
/// Thread safety: one thread at a time; it may be moved to another thread and end there. While a span is current on a
/// thread, that thread can use its ids even after it was ended elsewhere; it ceases to be current there with the next
/// span that begins or ends on that thread.
/// Cost: 64 bytes; no allocation in the steady state.
class TELLTALE_API span {
 public:
  /// A span of no trace: does nothing.
  span() noexcept = default;
  ~span() {
    if (!ended()) finish(true);
  }
  span(span&& other) noexcept
      : context_(other.context_),
        state_(std::move(other.state_)),
        record_(std::exchange(other.record_, nullptr)),
        node_(std::exchange(other.node_, nullptr)) {}
  span& operator=(span&& other) noexcept;

  /// True when the span is sampled and not ended: what is set will be exported.
  bool recording() const noexcept { return record_ != nullptr; }

  /// The ids; also of a span that is not sampled or has ended. Invalid only for a default-constructed span.
  const span_context& context() const noexcept { return context_; }
  /// The ids with the trace state: for another thread or `inject`.
  v0::context capture() const { return {context_, state_}; }

  /// Sets attributes; a key that is set already gets the new value. Beyond the limit they are dropped and counted.
  /// Keys and text are copied.
  template <class... Values>
  TELLTALE_SWITCHED void set(const kv<Values>&... fields) noexcept {
    if (!detail::enabled || !recording()) return;
    const std::array<attribute, sizeof...(Values)> list{fields...};
    set_attributes(list);
  }
  TELLTALE_SWITCHED void set(std::span<const attribute> fields) noexcept {
    if (detail::enabled && recording()) set_attributes(fields);
  }

  /// Adds an event at the present time. Beyond the limit it is dropped and counted.
  template <class... Values>
  TELLTALE_SWITCHED void add_event(std::string_view name, const kv<Values>&... fields) noexcept {
    if (!detail::enabled || !recording()) return;
    const std::array<attribute, sizeof...(Values)> list{fields...};
    append_event(name, list);
  }

  /// Adds a relation to another span.
  template <class... Values>
  TELLTALE_SWITCHED void add_link(const span_context& other, const kv<Values>&... fields) noexcept {
    if (!detail::enabled || !recording()) return;
    const std::array<attribute, sizeof...(Values)> list{fields...};
    append_link({other, list});
  }

  /// Says how the operation ended. `ok` is final; `unset` is ignored; the description is kept for errors only.
  TELLTALE_SWITCHED void set_status(span_status status, std::string_view description = {}) noexcept {
    if (detail::enabled && recording()) change_status(status, description);
  }

  /// Adds an event `exception` with the type and the message, and sets the status to error.
  TELLTALE_SWITCHED void record_exception(const std::exception& problem) noexcept {
    if (detail::enabled && recording()) append_exception(problem);
  }

  TELLTALE_SWITCHED void update_name(std::string_view name) noexcept {
    if (detail::enabled && recording()) change_name(name);
  }

  /// Ends the span: it is no longer current, its duration is taken, and it goes to the processor. Later calls, and
  /// the destructor, then do nothing.
  void end() noexcept {
    if (!ended()) finish(false);
  }

 private:
  friend struct detail::span_access;

  bool ended() const noexcept { return record_ == nullptr && node_ == nullptr; }

  void set_attributes(std::span<const attribute> fields) noexcept;
  void append_event(std::string_view name, std::span<const attribute> fields) noexcept;
  void append_link(const span_link& link) noexcept;
  void append_exception(const std::exception& problem) noexcept;
  void change_status(span_status status, std::string_view description) noexcept;
  void change_name(std::string_view name) noexcept;
  void finish(bool by_destructor) noexcept;

  span_context context_;
  trace_state state_;
  detail::span_record* record_ = nullptr;  // what will be exported; null when not sampled or ended
  detail::scope_node* node_ = nullptr;     // the place in a thread's stack of current spans; null when detached or ended
};

}  // namespace v0
}  // namespace telltale
