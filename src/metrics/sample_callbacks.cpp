// Asking the callbacks, with a deadline each. They run one after the other on a thread of the collection's own, because
// there is no other way to go on without one that blocks: the collection leaves it behind on its thread, and asks the others
// from a new one. A callback that is still running from an earlier collection is passed over.
#include "metrics/registry_core.hpp"

#include "base/background_thread.hpp"

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <optional>
#include <system_error>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

struct answer {
  std::optional<double> value;
  std::string problem;  // why there is none; empty when the callback was unregistered
};

answer ask(callback_record& record) {
  std::function<double()> doomed;  // destroyed after the mutex is released
  answer given;
  const std::lock_guard lock(record.mutex);
  if (!record.read) return given;
  record.running_on.store(std::this_thread::get_id());
  try {
    const double value = record.read();
    if (std::isfinite(value)) {
      given.value = value;
    } else {
      given.problem = "it returned a value that is not finite";
    }
  } catch (const std::exception& thrown) {
    given.problem = std::string("it threw: ") + thrown.what();
  } catch (...) {
    given.problem = "it threw something that is no std::exception";
  }
  record.running_on.store(std::thread::id{});
  if (record.dead.load(std::memory_order_acquire)) {
    doomed.swap(record.read);
    return {};
  }
  return given;
}

// One thread's round over the callbacks. Shared with the thread, which may be left behind.
struct asking_round {
  std::mutex mutex;  // guards what follows
  std::condition_variable progress;
  std::vector<std::shared_ptr<callback_record>> records;
  std::vector<answer> answers;
  std::size_t asked = 0;  // being asked, or through
  std::size_t answered = 0;
  std::chrono::steady_clock::time_point asked_at{};
  bool left_behind = false;

  void run(registry_core& core) {
    core.collecting.store(std::this_thread::get_id());
    std::unique_lock lock(mutex);
    while (!left_behind && asked < records.size()) {
      callback_record& record = *records[asked++];
      asked_at = std::chrono::steady_clock::now();
      lock.unlock();
      answer given = ask(record);
      lock.lock();
      if (left_behind) return;
      answers.push_back(std::move(given));
      ++answered;
      progress.notify_all();
    }
  }
};

}  // namespace

void registry_core::refuse_sample(callback_record& record, const std::string& problem) {
  record.failures.fetch_add(1, std::memory_order_relaxed);
  if (hook != nullptr) {
    hook->report(event_severity::warning, "metrics",
                 "the callback of metric \"" + record.info.name + "\" gave no sample: " + problem);
  }
}

void registry_core::sample_callbacks() {
  std::size_t next = 0;
  while (next < collected_callbacks.size()) {
    const auto round = std::make_shared<asking_round>();
    for (std::size_t i = next; i < collected_callbacks.size(); ++i) {
      callback_record& record = *collected_callbacks[i];
      record.sampled = false;
      if (record.running_on.load() != std::thread::id{}) {
        refuse_sample(record, "it is still running since an earlier collection");
      } else {
        round->records.push_back(collected_callbacks[i]);
      }
    }
    next = collected_callbacks.size();
    if (round->records.empty()) break;
    round->answers.reserve(round->records.size());

    std::thread asking;
    try {
      asking = start_background_thread("telltale-sample", [round, core = shared_from_this()] { round->run(*core); });
    } catch (const std::system_error& problem) {
      for (const auto& record : round->records) refuse_sample(*record, std::string("no thread could be started: ") + problem.what());
      break;
    }

    std::unique_lock lock(round->mutex);
    while (round->answered < round->records.size()) {
      const std::size_t current = round->answered;
      const auto late = [&] {
        return round->asked > current &&
               std::chrono::steady_clock::now() - round->asked_at >= round->records[current]->deadline;
      };
      if (late()) break;
      const auto until = round->asked > current ? round->asked_at + round->records[current]->deadline
                                                : std::chrono::steady_clock::now() + std::chrono::milliseconds{10};
      round->progress.wait_until(lock, until, [&] { return round->answered > current; });
    }
    const std::size_t answered = round->answered;
    round->left_behind = answered < round->records.size();
    lock.unlock();

    for (std::size_t i = 0; i < answered; ++i) {
      callback_record& record = *round->records[i];
      const answer& given = round->answers[i];
      record.sampled = given.value.has_value();
      if (record.sampled) record.sample = *given.value;
      if (!given.problem.empty()) refuse_sample(record, given.problem);
    }
    if (!round->left_behind) {
      asking.join();
    } else {
      asking.detach();
      refuse_sample(*round->records[answered], "it took longer than its deadline of " +
                                                   std::to_string(round->records[answered]->deadline.count()) + " ms");
      // The rest is asked in a round of its own.
      const auto rest = std::find(collected_callbacks.begin(), collected_callbacks.end(), round->records[answered]);
      next = static_cast<std::size_t>(rest - collected_callbacks.begin()) + 1;
    }
  }
  collecting.store(std::this_thread::get_id());
  std::erase_if(collected_callbacks, [](const auto& record) { return record->dead.load(std::memory_order_acquire); });
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
