// What is current on each thread: a stack of scopes, written by its own thread alone.
//
// A scope has two owners: the thread's stack, and the handle (a `span` or a `scope`) that will pop it. Popped on its
// own thread it is unlinked at once, wherever it stands. Popped on another thread it is only marked, because
// that thread may be reading it; the own thread unlinks it at its next push or pop. When a thread exits first, it
// marks what it leaves behind and the handle frees it. Whoever comes second frees.
#pragma once

#include <telltale/detail/this_thread.hpp>
#include <telltale/tracing/context.hpp>

#include <array>
#include <atomic>
#include <cstdint>

namespace telltale {
inline namespace v0 {
namespace detail {

enum class scope_phase : std::uint8_t {
  linked,     // in its thread's stack, and its handle will pop it
  popped,     // popped on another thread, still in the stack
  abandoned,  // its thread has exited, its handle will free it
};

struct scope_node {
  span_context context;
  std::atomic<scope_phase> phase;
  bool visible;  // false for an attached empty context: nothing is current
  scope_node* below;
  tracing_thread* home;
  trace_state state;
};

// One for each thread that traces. Never freed, but handed on when a thread exits, so that a mark from another thread
// never hits freed memory; there are as many as there were such threads at one time.
struct tracing_thread {
  std::array<std::uint64_t, 4> random;  // xoshiro256++
  scope_node* spare;                    // recycled nodes, linked by `below`
  std::uint32_t spare_count;
  std::atomic<bool> popped_elsewhere;  // some node in this thread's stack is `popped`
  tracing_thread* next_idle;
};

/// The calling thread's, made with the first use; null when there is no memory.
TELLTALE_COLD tracing_thread* make_tracing_thread() noexcept;

inline tracing_thread* tracing_thread_here() noexcept {
  tracing_thread* here = this_thread.tracing;
  return here != nullptr ? here : make_tracing_thread();
}

/// Makes the context current. Null, and nothing is changed, when there is no memory.
scope_node* push_scope(const span_context& ids, const trace_state& state) noexcept;
/// Undoes it; on any thread, in any order, also when the thread that pushed it has exited.
void pop_scope(scope_node* node) noexcept;
/// Takes out what was popped on other threads.
TELLTALE_COLD void unlink_popped(tracing_thread& here) noexcept;

/// The innermost scope on this thread, or null.
inline const scope_node* innermost_scope() noexcept {
  tracing_thread* here = this_thread.tracing;
  if (here != nullptr && here->popped_elsewhere.load(std::memory_order_relaxed)) unlink_popped(*here);
  return this_thread.scope;
}

inline std::uint64_t next_random(tracing_thread& thread) noexcept {
  const auto rotl = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
  auto& s = thread.random;
  const std::uint64_t result = rotl(s[0] + s[3], 23) + s[0];
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotl(s[3], 45);
  return result;
}

/// How many forks lie between the first process that used tracing and this one.
std::uint32_t fork_count() noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace telltale
