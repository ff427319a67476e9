#include <telltale/tracing.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace tt = telltale;
using namespace std::chrono_literals;

namespace {

class counting_exporter final : public tt::span_exporter {
 public:
  explicit counting_exporter(std::atomic<std::uint64_t>& seen) : seen_(seen) {}
  tt::export_result export_spans(std::span<const tt::span_data* const> batch) override {
    for (const tt::span_data* span : batch) {
      const bool whole = span->name == "work" && span->attributes.size() == 2 && span->attributes[1].value.as_text() == "value";
      if (whole) seen_.fetch_add(1, std::memory_order_relaxed);
    }
    return tt::export_result::success;
  }

 private:
  std::atomic<std::uint64_t>& seen_;
};

}  // namespace

TEST_CASE("Eight threads: every span is exported whole, or counted as dropped") {
  constexpr int threads = 8;
  constexpr int each = 2'000;
  std::atomic<std::uint64_t> seen{0};
  tt::tracer tracer{{.processor = std::make_shared<tt::batch_span_processor>(
                         std::make_unique<counting_exporter>(seen),
                         tt::batch_options{.max_queue = 256, .max_batch = 64, .delay = 1ms})}};
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      for (int i = 0; i < each; ++i) auto span = tracer.start("work", tt::kv{"i", i}, tt::kv{"key", "value"});
    });
  }
  for (std::thread& worker : workers) worker.join();
  REQUIRE(tracer.shutdown(30s));
  const tt::span_counts counts = tracer.counts();
  CHECK(counts.started == threads * each);
  CHECK(counts.started == counts.exported + counts.dropped_queue_full);
  CHECK(counts.exported == seen.load());
}

TEST_CASE("Shutting down while threads trace loses no span uncounted") {
  std::atomic<std::uint64_t> seen{0};
  std::atomic<bool> stop{false};
  tt::tracer tracer{{.processor = std::make_shared<tt::batch_span_processor>(
                         std::make_unique<counting_exporter>(seen), tt::batch_options{.delay = 1ms})}};
  std::vector<std::thread> workers;
  for (int t = 0; t < 4; ++t) {
    workers.emplace_back([&] {
      do auto span = tracer.start("work", tt::kv{"i", 1}, tt::kv{"key", "value"});
      while (!stop.load(std::memory_order_relaxed));
    });
  }
  REQUIRE(tracer.flush(30s));
  REQUIRE(tracer.shutdown(30s));
  stop = true;
  for (std::thread& worker : workers) worker.join();
  const tt::span_counts counts = tracer.counts();
  CHECK(counts.started == counts.exported + counts.dropped_queue_full + counts.dropped_after_shutdown);
  CHECK(counts.exported == seen.load());
}

TEST_CASE("Spans that hop over four threads and end anywhere leave every thread's current span whole") {
  constexpr int threads = 4;
  constexpr int hops = 10'000;
  tt::tracer tracer;
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<tt::span> moving;
  int left = hops;
  std::atomic<int> broken{0};
  for (int i = 0; i < threads * 2; ++i) moving.push_back(tracer.start_detached("seed"));

  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      for (;;) {
        tt::span taken;
        {
          std::unique_lock lock(mutex);
          arrived.wait(lock, [&] { return !moving.empty() || left == 0; });
          if (left == 0) return;
          --left;
          taken = std::move(moving.front());
          moving.pop_front();
          if (left == 0) arrived.notify_all();
        }
        const tt::scope attached{taken.capture()};
        if (tt::current_span_context() == nullptr || !(*tt::current_span_context() == taken.context())) ++broken;
        tt::span next = tracer.start("hop");
        if (!(next.context().trace_id == taken.context().trace_id)) ++broken;
        taken.end();  // begun on another thread, and current there
        const std::lock_guard lock(mutex);
        moving.push_back(std::move(next));
        arrived.notify_one();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(broken.load() == 0);
}
