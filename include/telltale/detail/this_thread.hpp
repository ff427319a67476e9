// All thread-local state of telltale, in one object: the calling thread's counter cells and its current span.
// It is defined in one compiled file, so that it is one object across shared libraries, and it is read with the
// initial-exec model, so that access is two instructions and no call. The C library keeps only a small reserve of
// such storage for libraries that are loaded with dlopen: the size is held below 64 bytes.
#pragma once

#include <telltale/detail/platform.hpp>

#include <atomic>
#include <cstdint>

namespace telltale {
inline namespace v0 {

struct span_context;

namespace detail {

struct scope_node;      // defined by the tracing layer: one entry of the stack of current spans
struct tracing_thread;  // defined by the tracing layer: what a thread needs to make spans

struct thread_state {
  /// This thread's cells; only this thread writes them. Null, with capacity 0, before the first use.
  std::atomic<std::uint64_t>* cells;
  std::uint64_t cell_capacity;  ///< at most 2^30
  /// What `current_span_context` returns. Written by the tracing layer only.
  const span_context* current;
  /// The innermost scope on this thread. Written by the tracing layer only.
  scope_node* scope;
  /// This thread's random numbers and recycled scopes. Null before the first span.
  tracing_thread* tracing;
  /// Set on threads that export telemetry: they start no spans, and nothing that they do should be exported.
  bool exporting;
};
static_assert(sizeof(thread_state) <= 64);

// Trivial and constant-initialised: no constructor, no destructor, hence no wrapper call around each access and no
// moment in a thread's life at which it cannot be used.
[[gnu::tls_model("initial-exec")]] TELLTALE_API extern constinit thread_local thread_state this_thread;

}  // namespace detail
}  // namespace v0
}  // namespace telltale
