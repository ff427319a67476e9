// A current span for tests of what reads it.
#pragma once

#include <telltale/tracing/span_context.hpp>

#include <cstdint>

namespace example {

namespace tt = telltale;

// A span context made current on this thread, as the tracing layer does it.
class current_span {
 public:
  explicit current_span(std::uint8_t flags) {
    context_.trace_id.bytes[15] = 7;
    context_.span_id.bytes[7] = 9;
    context_.flags = flags;
    tt::detail::this_thread.current = &context_;
  }
  ~current_span() { tt::detail::this_thread.current = nullptr; }
  const tt::span_context& context() const { return context_; }

 private:
  tt::span_context context_;
};

}  // namespace example
