#include "tracing/thread.hpp"

#include "base/fork.hpp"

#include <pthread.h>
#include <sys/random.h>

#include <chrono>
#include <mutex>
#include <new>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

constexpr std::uint32_t max_spare = 64;  // nodes a thread keeps for its next scopes

std::atomic<std::uint32_t> forks_seen{0};

void seed(tracing_thread& thread) noexcept {
  if (getrandom(thread.random.data(), sizeof thread.random, 0) == sizeof thread.random) return;
  // No entropy (an early boot, a filter on system calls): what differs between threads, processes and moments.
  auto mix = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^
             (static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&thread)) << 20) ^ forks_seen.load();
  for (std::uint64_t& word : thread.random) {
    mix += 0x9E3779B97F4A7C15;
    std::uint64_t z = mix;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    word = z ^ (z >> 31);
  }
}

void leave_thread(void* exiting) noexcept;

// Threads' state that has no thread now. Never destroyed.
class idle_threads final : public fork_participant {
 public:
  idle_threads() {
    pthread_key_create(&exit_hook_, [](void* exiting) { leave_thread(exiting); });
    join_forks(*this);
  }

  tracing_thread* take() noexcept {
    tracing_thread* taken = nullptr;
    {
      const std::lock_guard lock(mutex_);
      taken = first_;
      if (taken != nullptr) first_ = taken->next_idle;
    }
    if (taken == nullptr) taken = new (std::nothrow) tracing_thread{};
    if (taken != nullptr) pthread_setspecific(exit_hook_, taken);
    return taken;
  }

  void give(tracing_thread* idle) noexcept {
    const std::lock_guard lock(mutex_);
    idle->next_idle = first_;
    first_ = idle;
  }

  void before_fork() noexcept override { mutex_.lock(); }
  void after_fork_in_parent() noexcept override { mutex_.unlock(); }
  void after_fork_in_child() noexcept override {
    mutex_.unlock();
    forks_seen.fetch_add(1, std::memory_order_relaxed);
    // Otherwise parent and child would draw the same ids from here on.
    if (this_thread.tracing != nullptr) seed(*this_thread.tracing);
  }

 private:
  std::mutex mutex_;
  tracing_thread* first_ = nullptr;
  pthread_key_t exit_hook_{};
};

idle_threads& idle() {
  static auto* const list = new idle_threads;
  return *list;
}

void show_innermost() noexcept {
  const scope_node* top = this_thread.scope;
  this_thread.current = top != nullptr && top->visible ? &top->context : nullptr;
}

void recycle(scope_node* node) noexcept {
  tracing_thread* here = this_thread.tracing;
  if (here == nullptr || here->spare_count == max_spare) {
    delete node;
    return;
  }
  node->state = {};
  node->below = here->spare;
  here->spare = node;
  ++here->spare_count;
}

// Also runs more than once for a thread: another exit hook may start a span after this one has run.
void leave_thread(void* exiting) noexcept {
  while (scope_node* node = this_thread.scope) {
    this_thread.scope = node->below;
    if (node->phase.exchange(scope_phase::abandoned, std::memory_order_acq_rel) == scope_phase::popped) recycle(node);
  }
  this_thread.current = nullptr;
  this_thread.tracing = nullptr;
  auto* thread = static_cast<tracing_thread*>(exiting);
  thread->popped_elsewhere.store(false, std::memory_order_relaxed);
  idle().give(thread);
}

}  // namespace

tracing_thread* make_tracing_thread() noexcept {
  tracing_thread* made = idle().take();
  if (made != nullptr) seed(*made);
  this_thread.tracing = made;
  return made;
}

scope_node* push_scope(const span_context& ids, const trace_state& state) noexcept {
  tracing_thread* here = tracing_thread_here();
  if (here == nullptr) return nullptr;
  if (here->popped_elsewhere.load(std::memory_order_relaxed)) unlink_popped(*here);
  scope_node* node = here->spare;
  if (node != nullptr) {
    here->spare = node->below;
    --here->spare_count;
  } else {
    node = new (std::nothrow) scope_node{};
    if (node == nullptr) return nullptr;
  }
  node->context = ids;
  node->visible = ids.valid();
  node->state = state;
  node->phase.store(scope_phase::linked, std::memory_order_relaxed);
  node->home = here;
  node->below = this_thread.scope;
  this_thread.scope = node;
  this_thread.current = node->visible ? &node->context : nullptr;
  return node;
}

void pop_scope(scope_node* node) noexcept {
  tracing_thread* home = node->home;
  if (home == this_thread.tracing && node->phase.load(std::memory_order_acquire) == scope_phase::linked) {
    scope_node** link = &this_thread.scope;
    while (*link != node) link = &(*link)->below;  // one step, unless the order of ends is unusual
    *link = node->below;
    recycle(node);
    if (home->popped_elsewhere.load(std::memory_order_relaxed)) unlink_popped(*home);
    show_innermost();
    return;
  }
  if (node->phase.exchange(scope_phase::popped, std::memory_order_acq_rel) == scope_phase::abandoned) {
    recycle(node);
  } else {
    home->popped_elsewhere.store(true, std::memory_order_release);
  }
}

void unlink_popped(tracing_thread& here) noexcept {
  here.popped_elsewhere.exchange(false, std::memory_order_acquire);
  for (scope_node** link = &this_thread.scope; *link != nullptr;) {
    scope_node* node = *link;
    if (node->phase.load(std::memory_order_acquire) == scope_phase::popped) {
      *link = node->below;
      recycle(node);
    } else {
      link = &node->below;
    }
  }
  show_innermost();
}

std::uint32_t fork_count() noexcept { return forks_seen.load(std::memory_order_relaxed); }

}  // namespace detail
}  // namespace v0
}  // namespace telltale
