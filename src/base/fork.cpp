#include "base/fork.hpp"

#include <pthread.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

struct fork_list {
  std::mutex mutex;
  std::vector<fork_participant*> participants;
};

// Never destroyed: a fork may come from a static destructor.
fork_list& forks() {
  static auto* list = [] {
    auto* made = new fork_list;
    pthread_atfork(
        [] {
          forks().mutex.lock();
          for (fork_participant* each : forks().participants) each->before_fork();
        },
        [] {
          auto& all = forks().participants;
          std::for_each(all.rbegin(), all.rend(), [](auto* each) { each->after_fork_in_parent(); });
          forks().mutex.unlock();
        },
        [] {
          auto& all = forks().participants;
          std::for_each(all.rbegin(), all.rend(), [](auto* each) { each->after_fork_in_child(); });
          forks().mutex.unlock();
        });
    return made;
  }();
  return *list;
}

}  // namespace

void join_forks(fork_participant& participant) {
  fork_list& list = forks();
  const std::lock_guard lock(list.mutex);
  list.participants.push_back(&participant);
}

void leave_forks(fork_participant& participant) noexcept {
  fork_list& list = forks();
  const std::lock_guard lock(list.mutex);
  std::erase(list.participants, &participant);
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
