#include <telltale/tracing/context.hpp>

#include "tracing/thread.hpp"

#include <telltale/tracing/propagation.hpp>

namespace telltale {
inline namespace v0 {

context context::current() noexcept {
  const detail::scope_node* top = detail::innermost_scope();
  if (top == nullptr) return {};
  return {top->context, top->state};
}

scope::scope(const context& attached) noexcept : node_(detail::push_scope(attached.ids(), attached.state())) {}

scope::~scope() {
  if (node_ != nullptr) detail::pop_scope(node_);
}

namespace detail {

const trace_state* current_trace_state() noexcept {
  const scope_node* top = innermost_scope();
  return top != nullptr ? &top->state : nullptr;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
