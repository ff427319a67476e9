// Increments: the floor, ours and prometheus-cpp's, on 1 to 8 threads that all count into the same series.
#include "fixture.hpp"
#include "program.hpp"

namespace {

bench::metrics_fixture& metrics() {
  static bench::metrics_fixture fixture;
  return fixture;
}

template <class Operation>
void measure(benchmark::State& state, Operation operation) {
  bench::metrics_fixture& fixture = metrics();
  // Values that the compiler cannot know.
  auto a = bench::provider::adyen;
  auto b = bench::outcome::declined;
  auto c = bench::currency::gbp;
  benchmark::DoNotOptimize(a);
  benchmark::DoNotOptimize(b);
  benchmark::DoNotOptimize(c);
  std::size_t next = 0;
  for (auto _ : state) operation(fixture, next++ % bench::metrics_fixture::merchant_count, a, b, c);
}

void add(const char* name, auto operation) {
  benchmark::RegisterBenchmark(name, [operation](benchmark::State& state) { measure(state, operation); })
      ->ThreadRange(1, 8);
}

}  // namespace

int main(int argc, char** argv) {
  using bench::currency, bench::outcome, bench::provider;
  using fixture = bench::metrics_fixture;
  using index = std::size_t;

  add("counter_floor", [](fixture&, index, provider, outcome, currency) { measured::counter_floor(); });
  add("counter_held", [](fixture& f, index, provider, outcome, currency) { measured::counter_held(f.counter); });
  add("counter_enum_1",
      [](fixture& f, index, provider a, outcome, currency) { measured::counter_enum_1(f.enum_1, a); });
  add("counter_enum_2",
      [](fixture& f, index, provider a, outcome b, currency) { measured::counter_enum_2(f.enum_2, a, b); });
  add("counter_enum_3",
      [](fixture& f, index, provider a, outcome b, currency c) { measured::counter_enum_3(f.enum_3, a, b, c); });
  add("counter_text", [](fixture& f, index i, provider a, outcome b, currency) {
    measured::counter_text(f.text, f.merchants[i], a, b);
  });
  add("counter_double",
      [](fixture& f, index, provider, outcome, currency) { measured::counter_double(f.real, 0.25); });
  add("counter_prometheus_held", [](fixture& f, index, provider, outcome, currency) {
    measured::counter_prometheus_held(f.their_counter);
  });
  add("counter_prometheus_lookup", [](fixture& f, index i, provider a, outcome b, currency) {
    measured::counter_prometheus_lookup(f.their_text, f.merchants[i], a, b);
  });
  return bench::run(argc, argv);
}
