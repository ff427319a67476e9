#include "exporters_for_tests.hpp"

#include <telltale/tracing.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <thread>

namespace tt = telltale;
using namespace std::chrono_literals;
using exporters::control;
using exporters::driven;

namespace {

constexpr auto plenty = 30s;  // a bound, never waited out

struct fixture {
  explicit fixture(tt::batch_options options = {.delay = 1h})
      : shared(std::make_shared<control>()),
        processor(std::make_shared<tt::batch_span_processor>(std::make_unique<driven>(shared), std::move(options))),
        tracer({.processor = processor}) {}

  void spans(int count) {
    for (int i = 0; i < count; ++i) auto span = tracer.start("span " + std::to_string(i));
  }

  std::shared_ptr<control> shared;
  std::shared_ptr<tt::batch_span_processor> processor;
  tt::tracer tracer;
};

}  // namespace

TEST_CASE("flush exports everything that ended before, in order and in batches") {
  fixture f({.max_batch = 2, .delay = 1h});
  f.spans(5);
  REQUIRE(f.tracer.flush(plenty));
  CHECK(f.shared->names == std::vector<std::string>{"span 0", "span 1", "span 2", "span 3", "span 4"});
  for (const std::size_t size : f.shared->batches) CHECK(size <= 2);
  const auto counts = f.tracer.counts();
  CHECK(counts.started == 5);
  CHECK(counts.queued == 5);
  CHECK(counts.exported == 5);
  CHECK(counts.queue_depth == 0);
}

TEST_CASE("flush of an empty queue is done at once") {
  fixture f;
  CHECK(f.tracer.flush(0s));
}

TEST_CASE("A full batch is exported without a flush, and so is an incomplete one after the delay") {
  fixture full({.max_batch = 3, .delay = 1h});
  full.spans(3);
  CHECK(full.shared->wait_for_spans(3));
  fixture delayed({.delay = 1ms});
  delayed.spans(1);
  CHECK(delayed.shared->wait_for_spans(1));
}

TEST_CASE("A full queue drops the newest and counts it, and never waits for the exporter") {
  fixture f({.max_queue = 4, .max_batch = 2, .delay = 1h});
  f.shared->blocked = true;
  f.spans(2);
  REQUIRE(f.shared->wait_until_inside());  // the first two are with the exporter
  f.spans(6);                              // four fit
  CHECK(f.tracer.counts().dropped_queue_full == 2);
  CHECK(f.tracer.counts().queue_depth == 4);
  CHECK_FALSE(f.tracer.flush(1ms));
  f.shared->unblock();
  REQUIRE(f.tracer.flush(plenty));
  CHECK(f.shared->names == std::vector<std::string>{"span 0", "span 1", "span 0", "span 1", "span 2", "span 3"});
  const auto counts = f.tracer.counts();
  CHECK(counts.started == counts.exported + counts.dropped_queue_full);
}

TEST_CASE("An exporter that fails or throws is counted, and the next batch gets its chance") {
  fixture f;
  f.shared->throws = true;
  f.spans(2);
  REQUIRE(f.tracer.flush(plenty));
  CHECK(f.tracer.counts().failed == 2);
  f.shared->throws = false;
  f.shared->fails = true;
  f.spans(1);
  REQUIRE(f.tracer.flush(plenty));
  CHECK(f.tracer.counts().failed == 3);
  f.shared->fails = false;
  f.spans(1);
  REQUIRE(f.tracer.flush(plenty));
  CHECK(f.tracer.counts().exported == 1);
}

TEST_CASE("Failures and drops are reported") {
  auto problems = std::make_shared<tt::detail::event_hook>();
  fixture f({.max_queue = 1, .delay = 1h, .problems = problems});
  f.shared->blocked = true;
  f.shared->fails = true;
  f.spans(1);
  REQUIRE(f.shared->wait_until_inside());
  f.spans(2);
  f.shared->unblock();
  REQUIRE(f.tracer.shutdown(plenty));
  CHECK(problems->reported() >= 2);
}

TEST_CASE("shutdown exports what is queued, once, and drops what comes later") {
  fixture f;
  f.spans(3);
  CHECK(f.tracer.shutdown(plenty));
  CHECK(f.tracer.shutdown(plenty));
  CHECK(f.shared->names.size() == 3);
  f.spans(2);
  CHECK(f.tracer.counts().dropped_after_shutdown == 2);
  CHECK(f.shared->names.size() == 3);
  CHECK(f.tracer.flush(plenty));
}

TEST_CASE("shutdown gives up at its deadline, leaves a blocked exporter behind, and counts what was lost") {
  auto shared = std::make_shared<control>();
  {
    fixture f({.max_queue = 8, .max_batch = 2, .delay = 1h});
    shared = f.shared;
    shared->blocked = true;
    f.spans(2);
    REQUIRE(shared->wait_until_inside());
    f.spans(3);
    CHECK_FALSE(f.tracer.shutdown(1ms));
    CHECK_FALSE(f.tracer.shutdown(plenty));  // does not try again
    CHECK(f.tracer.counts().dropped_at_shutdown == 5);
    CHECK(f.tracer.counts().exported == 0);
    CHECK(shared->interrupted);
    CHECK_FALSE(f.tracer.flush(plenty));
  }
  shared->unblock();  // everything that the thread uses is still there
  CHECK(shared->wait_for_spans(2));
}

TEST_CASE("Several threads may shut down and flush at the same time") {
  fixture f;
  f.spans(10);
  std::thread one([&] { f.tracer.shutdown(plenty); });
  std::thread two([&] { f.tracer.flush(plenty); });
  f.tracer.shutdown(plenty);
  one.join();
  two.join();
  CHECK(f.tracer.counts().exported == 10);
}

namespace {

// Starts a span while it exports, as an exporter does whose HTTP client is instrumented.
class tracing_exporter final : public tt::span_exporter {
 public:
  tt::tracer* tracer = nullptr;
  bool traced = false;
  tt::export_result export_spans(std::span<const tt::span_data* const>) override {
    auto span = tracer->start("of the exporter");
    traced = span.recording() || span.context().valid();
    return tt::export_result::success;
  }
};

}  // namespace

TEST_CASE("The exporting thread does not trace itself") {
  auto owned = std::make_unique<tracing_exporter>();
  tracing_exporter& exporter = *owned;
  tt::tracer tracer{{.processor = std::make_shared<tt::batch_span_processor>(std::move(owned))}};
  exporter.tracer = &tracer;
  { auto span = tracer.start("a"); }
  REQUIRE(tracer.flush(plenty));
  CHECK_FALSE(exporter.traced);
  CHECK(tracer.counts().started == 1);
}

TEST_CASE("Options out of range are refused with what to do") {
  const auto shared = std::make_shared<control>();
  CHECK_THROWS_AS(tt::batch_span_processor(nullptr), tt::error);
  CHECK_THROWS_AS(tt::batch_span_processor(std::make_unique<driven>(shared), {.max_queue = 0}), tt::error);
  CHECK_THROWS_AS(tt::batch_span_processor(std::make_unique<driven>(shared), {.max_batch = 0}), tt::error);
}

TEST_CASE("The environment sets the batch options") {
  int complaints = 0;
  const auto options = tt::batch_options_from_environment(
      tt::environment({{"OTEL_BSP_MAX_QUEUE_SIZE", "100"},
                       {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0"},
                       {"OTEL_BSP_SCHEDULE_DELAY", "250"}}),
      [&](std::string_view) { ++complaints; });
  CHECK(options.max_queue == 100);
  CHECK(options.max_batch == 512);
  CHECK(options.delay == 250ms);
  CHECK(complaints == 1);
}
