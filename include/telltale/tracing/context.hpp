// Context: what belongs to a request and must follow it from thread to thread. It is captured where work is
// handed over and attached where the work runs:
//
//   pool.submit([captured = tt::context::current()] {
//     tt::scope attached{captured};       // spans, log lines and exemplars in here belong to the request
//     ...
//   });
//
// What is current belongs to the attached scope on this thread, never to the piece of work.
#pragma once

#include <telltale/tracing/span_context.hpp>
#include <telltale/tracing/trace_state.hpp>

#include <utility>

namespace telltale {
inline namespace v0 {

/// The ids of a span and the trace state that travels with it; or empty. An owner: valid as long as it is kept, on
/// any thread. Thread safety: a value type. Cost: 48 bytes; a copy is an atomic increment when there is a trace state.
class context {
 public:
  context() = default;
  context(const span_context& ids, trace_state state = {}) : ids_(ids), state_(std::move(state)) {}

  /// What is current on this thread; empty when nothing is. Cost: a copy.
  TELLTALE_API static context current() noexcept;

  bool valid() const noexcept { return ids_.valid(); }
  const span_context& ids() const noexcept { return ids_; }
  const trace_state& state() const noexcept { return state_; }

 private:
  span_context ids_;
  trace_state state_;
};

/// Makes a context current on this thread until the end of the block; an empty context makes nothing current.
/// Thread safety: belongs to the thread that made it, and is destroyed there. Cost: some 100 instructions in and out together.
class TELLTALE_API scope {
 public:
  explicit scope(const context& attached) noexcept;
  ~scope();
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

 private:
  detail::scope_node* node_;
};

}  // namespace v0
}  // namespace telltale
