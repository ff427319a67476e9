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
  struct entry {
    fork_participant* participant;
    fork_rank rank;
  };
  std::vector<entry> participants;  // by rank
};

// Never destroyed: a fork may come from a static destructor.
fork_list& forks() {
  static auto* list = [] {
    auto* made = new fork_list;
    pthread_atfork(
        [] {
          forks().mutex.lock();
          for (const auto& each : forks().participants) each.participant->before_fork();
        },
        [] {
          auto& all = forks().participants;
          std::for_each(all.rbegin(), all.rend(), [](const auto& each) { each.participant->after_fork_in_parent(); });
          forks().mutex.unlock();
        },
        [] {
          auto& all = forks().participants;
          std::for_each(all.rbegin(), all.rend(), [](const auto& each) { each.participant->after_fork_in_child(); });
          forks().mutex.unlock();
        });
    return made;
  }();
  return *list;
}

}  // namespace

void join_forks(fork_participant& participant, fork_rank rank) {
  fork_list& list = forks();
  const std::lock_guard lock(list.mutex);
  const auto place = std::find_if(list.participants.begin(), list.participants.end(),
                                  [rank](const fork_list::entry& each) { return each.rank > rank; });
  list.participants.insert(place, {&participant, rank});
}

void leave_forks(fork_participant& participant) noexcept {
  fork_list& list = forks();
  const std::lock_guard lock(list.mutex);
  std::erase_if(list.participants, [&](const fork_list::entry& each) { return each.participant == &participant; });
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
