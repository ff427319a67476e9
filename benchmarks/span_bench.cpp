// Spans, from start to end. What is measured is the cost on the thread that makes them.
#include "fixture.hpp"
#include "program.hpp"

namespace {

namespace tt = telltale;

class counting_exporter final : public tt::span_exporter {
 public:
  tt::export_result export_spans(std::span<const tt::span_data* const>) override { return tt::export_result::success; }
};

void plain(benchmark::State& state, tt::sampler sampling) {
  tt::tracer tracer = bench::make_tracer(sampling);
  for (auto _ : state) measured::span_plain(tracer);
}

void attributes(benchmark::State& state, tt::sampler sampling) {
  tt::tracer tracer = bench::make_tracer(sampling);
  std::int64_t amount = 0;
  for (auto _ : state) measured::span_attributes(tracer, "stripe", ++amount);
}

// Through the queue that services use. A queue that drops makes its producer look fast: the share that was exported is
// reported beside the time.
void batched(benchmark::State& state) {
  auto processor = std::make_shared<tt::batch_span_processor>(std::make_unique<counting_exporter>());
  tt::tracer tracer({.processor = processor});
  std::int64_t amount = 0;
  for (auto _ : state) measured::span_attributes(tracer, "stripe", ++amount);
  tracer.shutdown(std::chrono::seconds(5));
  const tt::span_counts counts = processor->counts();
  state.counters["exported_share"] =
      static_cast<double>(counts.exported) / static_cast<double>(counts.exported + counts.dropped_queue_full);
}

}  // namespace

int main(int argc, char** argv) {
  const auto on = tt::sampler::always_on();
  const auto off = tt::sampler::always_off();
  benchmark::RegisterBenchmark("span_floor", [](benchmark::State& state) {
    for (auto _ : state) measured::span_floor();
  });
  benchmark::RegisterBenchmark("span_unsampled", plain, off);
  benchmark::RegisterBenchmark("span_unsampled_4", attributes, off);
  benchmark::RegisterBenchmark("span_sampled", plain, on);
  benchmark::RegisterBenchmark("span_sampled_4", attributes, on);
  benchmark::RegisterBenchmark("span_batched_4", batched);
  return bench::run(argc, argv);
}
