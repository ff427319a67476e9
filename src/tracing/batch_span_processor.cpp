#include "base/background_thread.hpp"
#include "base/fork.hpp"

#include <telltale/detail/this_thread.hpp>
#include <telltale/tracing/processor.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace detail {

namespace {

using deadline = std::chrono::steady_clock::time_point;

deadline after(std::chrono::nanoseconds timeout) noexcept {
  const auto now = std::chrono::steady_clock::now();
  const auto longest = deadline::max() - now;
  return timeout < longest ? now + timeout : deadline::max();
}

// What the processor and its thread share. The thread holds a reference of its own, so that a shutdown can leave a
// blocked thread behind and nothing that it uses goes away.
struct batch_shared {
  batch_shared(batch_options chosen, std::unique_ptr<span_exporter> chosen_exporter, bool child)
      : options(std::move(chosen)), exporter(std::move(chosen_exporter)), forked(child), ring(options.max_queue) {}

  const batch_options options;
  std::unique_ptr<span_exporter> exporter;  // used by the thread alone, but for `interrupt`
  bool forked;                              // the exporter does not know yet that it is in a child

  std::mutex mutex;                  // guards what follows
  std::condition_variable wake;      // the thread waits
  std::condition_variable progress;  // flush and shutdown wait
  std::vector<finished_span> ring;
  std::size_t first = 0;
  std::size_t exporting = 0;  // spans of the batch that is with the exporter
  span_counts counts;         // queue_depth is the number of spans in the ring
  std::uint64_t settled = 0;  // queued spans whose fate is known
  std::uint64_t wanted = 0;   // flush waits until this many are settled
  bool stopping = false;
  bool abandoned = false;  // shutdown ran out of time
  bool running = false;    // the thread exists and has not finished
  std::thread thread;

  std::vector<finished_span> take_batch(std::size_t most) {
    const std::size_t size = std::min<std::size_t>(counts.queue_depth, most);
    std::vector<finished_span> batch;
    batch.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      batch.push_back(std::move(ring[first]));
      first = first + 1 == ring.size() ? 0 : first + 1;
    }
    counts.queue_depth -= size;
    return batch;
  }
};

bool export_batch(span_exporter& exporter, const std::vector<finished_span>& batch,
                  std::vector<const span_data*>& pointers) noexcept {
  try {
    pointers.clear();
    for (const finished_span& each : batch) pointers.push_back(each.get());
    return exporter.export_spans(pointers) == export_result::success;
  } catch (...) {
    return false;
  }
}

void report(const batch_shared& shared, std::string_view message) noexcept {
  if (shared.options.problems) shared.options.problems->report(event_severity::warning, "span exporter", message);
}

void run(batch_shared& shared) {
  this_thread.exporting = true;
  std::vector<const span_data*> pointers;
  pointers.reserve(shared.options.max_batch);
  std::uint64_t reported_drops = 0;
  if (std::exchange(shared.forked, false)) shared.exporter->after_fork_in_child();

  std::unique_lock lock(shared.mutex);
  while (!shared.abandoned) {
    shared.wake.wait_for(lock, shared.options.delay, [&] {
      return shared.stopping || shared.counts.queue_depth >= shared.options.max_batch ||
             shared.wanted > shared.settled;
    });
    while (shared.counts.queue_depth > 0 && !shared.abandoned) {
      std::vector<finished_span> batch = shared.take_batch(shared.options.max_batch);
      const std::size_t size = batch.size();
      shared.exporting = size;
      lock.unlock();
      const bool delivered = export_batch(*shared.exporter, batch, pointers);
      batch.clear();
      if (!delivered) report(shared, "a batch of spans could not be exported");
      lock.lock();
      if (shared.abandoned) break;  // counted as dropped by the one who gave up on us
      shared.exporting = 0;
      (delivered ? shared.counts.exported : shared.counts.failed) += size;
      shared.settled += size;
      shared.progress.notify_all();
    }
    if (shared.counts.dropped_queue_full != std::exchange(reported_drops, shared.counts.dropped_queue_full)) {
      lock.unlock();
      report(shared, "spans were dropped because the queue was full: the exporter does not keep up, or max_queue is small");
      lock.lock();
    }
    if (shared.stopping && shared.counts.queue_depth == 0) break;
  }
  shared.running = false;
  shared.progress.notify_all();
}

}  // namespace

class batch_state final : fork_participant {
 public:
  batch_state(std::unique_ptr<span_exporter> exporter, batch_options options)
      : shared_(std::make_shared<batch_shared>(std::move(options), std::move(exporter), false)) {
    {
      const std::lock_guard lock(shared_->mutex);
      start_thread();
    }
    join_forks(*this);
  }

  ~batch_state() { leave_forks(*this); }

  void on_end(finished_span span) noexcept {
    batch_shared& shared = *shared_;
    bool full_batch = false;
    {
      const std::lock_guard lock(shared.mutex);
      if (shared.stopping) {
        ++shared.counts.dropped_after_shutdown;
        return;
      }
      // Only in the child of a fork, or when the system had no thread for us the last time.
      if (!shared.running) try_start_thread();
      if (shared.counts.queue_depth == shared.ring.size()) {
        ++shared.counts.dropped_queue_full;
        return;
      }
      shared.ring[(shared.first + shared.counts.queue_depth) % shared.ring.size()] = std::move(span);
      ++shared.counts.queued;
      full_batch = ++shared.counts.queue_depth == shared.options.max_batch;
    }
    if (full_batch) shared.wake.notify_one();
  }

  bool flush(std::chrono::nanoseconds timeout) noexcept {
    batch_shared& shared = *shared_;
    std::unique_lock lock(shared.mutex);
    const std::uint64_t target = shared.counts.queued;
    shared.wanted = std::max(shared.wanted, target);
    shared.wake.notify_one();
    return shared.progress.wait_until(lock, after(timeout), [&] {
      return shared.settled >= target || shared.abandoned;
    }) && !shared.abandoned;
  }

  bool shutdown(std::chrono::nanoseconds timeout) noexcept {
    batch_shared& shared = *shared_;
    std::vector<finished_span> lost;
    std::thread finished;
    std::unique_lock lock(shared.mutex);
    shared.stopping = true;
    shared.wake.notify_one();
    const bool ended = shared.progress.wait_until(lock, after(timeout), [&] {
      return !shared.running || shared.abandoned;
    });
    if (!ended) {
      shared.abandoned = true;
      shared.exporter->interrupt();
      shared.thread.detach();
      shared.progress.notify_all();
    } else if (!shared.abandoned && shared.thread.joinable()) {
      finished = std::move(shared.thread);
    }
    // Left over when the time is up, or when there never was a thread.
    lost = shared.take_batch(shared.ring.size());
    const std::size_t dropped = lost.size() + std::exchange(shared.exporting, 0);
    shared.counts.dropped_at_shutdown += dropped;
    shared.settled += dropped;
    const bool complete = shared.counts.dropped_at_shutdown == 0;
    lock.unlock();
    if (finished.joinable()) finished.join();
    if (dropped > 0) report(shared, "spans were dropped at shutdown: the exporter did not finish within the time");
    return complete;
  }

  span_counts counts() const noexcept {
    const std::lock_guard lock(shared_->mutex);
    return shared_->counts;
  }

 private:
  void start_thread() {
    shared_->thread = start_background_thread("telltale-spans", [shared = shared_] { run(*shared); });
    shared_->running = true;
  }

  void try_start_thread() noexcept {
    try {
      start_thread();
    } catch (...) {  // the next span tries again; the queue is bounded meanwhile
    }
  }

  void before_fork() noexcept override { shared_->mutex.lock(); }
  void after_fork_in_parent() noexcept override { shared_->mutex.unlock(); }

  // The thread does not exist here, and what it was in the middle of cannot be used: the child begins afresh, with the
  // exporter. The rest stays where it is for ever (a thread handle without a thread cannot be destroyed).
  void after_fork_in_child() noexcept override {
    static auto* const left_behind = new std::vector<std::shared_ptr<batch_shared>>;
    shared_->mutex.unlock();
    shared_->take_batch(shared_->ring.size());
    left_behind->push_back(shared_);
    const bool stopping = shared_->stopping;
    shared_ = std::make_shared<batch_shared>(shared_->options, std::move(shared_->exporter), true);
    shared_->stopping = stopping;
  }

  std::shared_ptr<batch_shared> shared_;
};

}  // namespace detail

batch_options batch_options_from_environment(const environment& variables, const environment::complaint& complain,
                                             batch_options defaults) {
  constexpr std::uint64_t most = std::uint64_t{1} << 20;
  if (const auto size = variables.unsigned_integer("OTEL_BSP_MAX_QUEUE_SIZE", 1, most, complain)) {
    defaults.max_queue = *size;
  }
  if (const auto size = variables.unsigned_integer("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, most, complain)) {
    defaults.max_batch = *size;
  }
  if (const auto delay = variables.milliseconds("OTEL_BSP_SCHEDULE_DELAY", complain)) defaults.delay = *delay;
  return defaults;
}

batch_span_processor::batch_span_processor(std::unique_ptr<span_exporter> exporter, batch_options options) {
  if (exporter == nullptr) {
    throw error(error_code::invalid_option, "batch_span_processor needs an exporter: give it one, for instance a "
                                            "json_lines_exporter");
  }
  if (options.max_queue == 0 || options.max_batch == 0 || options.delay < std::chrono::milliseconds{0}) {
    throw error(error_code::invalid_option, "batch_options: max_queue and max_batch must be at least 1 and delay must "
                                            "not be negative; leave them out to get 2048, 512 and 5 seconds");
  }
  options.max_batch = std::min(options.max_batch, options.max_queue);
  state_ = std::make_unique<detail::batch_state>(std::move(exporter), std::move(options));
}

batch_span_processor::~batch_span_processor() { state_->shutdown(std::chrono::seconds{5}); }

void batch_span_processor::on_end(finished_span span) noexcept { state_->on_end(std::move(span)); }
bool batch_span_processor::flush(std::chrono::nanoseconds timeout) noexcept { return state_->flush(timeout); }
bool batch_span_processor::shutdown(std::chrono::nanoseconds timeout) noexcept { return state_->shutdown(timeout); }
span_counts batch_span_processor::counts() const noexcept { return state_->counts(); }

}  // namespace v0
}  // namespace telltale
