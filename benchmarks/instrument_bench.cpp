// Gauges and histograms: the floor, ours and prometheus-cpp's.
#include "fixture.hpp"
#include "program.hpp"

namespace {

bench::metrics_fixture& metrics() {
  static bench::metrics_fixture fixture;
  return fixture;
}

void add(const char* name, auto operation) {
  benchmark::RegisterBenchmark(name, [operation](benchmark::State& state) {
    bench::metrics_fixture& fixture = metrics();
    std::size_t next = 0;
    for (auto _ : state) operation(fixture, fixture.values[next++ % bench::metrics_fixture::value_count]);
  });
}

}  // namespace

int main(int argc, char** argv) {
  using fixture = bench::metrics_fixture;
  static std::atomic<double> plain_gauge;
  static telltale::tracer tracer = bench::make_tracer(telltale::sampler::always_on());

  add("counter_floor", [](fixture&, double) { measured::counter_floor(); });
  add("gauge_floor", [](fixture&, double value) { measured::gauge_floor(plain_gauge, value); });
  add("gauge_set", [](fixture& f, double value) { measured::gauge_set(f.gauge, value); });
  add("gauge_prometheus", [](fixture& f, double value) { measured::gauge_prometheus(f.their_gauge, value); });
  add("histogram_floor", [](fixture&, double value) { measured::histogram_floor(value); });
  add("histogram_held", [](fixture& f, double value) { measured::histogram_held(f.histogram, value); });
  add("histogram_enum_1", [](fixture& f, double value) {
    auto a = bench::provider::adyen;
    benchmark::DoNotOptimize(a);
    measured::histogram_enum_1(f.histogram_1, a, value);
  });
  add("histogram_prometheus",
      [](fixture& f, double value) { measured::histogram_prometheus(f.their_histogram, value); });
  benchmark::RegisterBenchmark("histogram_exemplar", [](benchmark::State& state) {
    bench::metrics_fixture& f = metrics();
    const auto span = tracer.start("sampled");
    std::size_t next = 0;
    for (auto _ : state) measured::histogram_held(f.histogram, f.values[next++ % fixture::value_count]);
  });
  return bench::run(argc, argv);
}
