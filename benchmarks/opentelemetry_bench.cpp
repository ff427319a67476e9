// opentelemetry-cpp's counter, on 1 to 8 threads, and its histogram, beside the floors.
#include "fixture.hpp"
#include "opentelemetry_operations.hpp"
#include "program.hpp"

namespace {

bench::opentelemetry_fixture& metrics() {
  static bench::opentelemetry_fixture fixture;
  return fixture;
}

}  // namespace

int main(int argc, char** argv) {
  static const std::vector<std::string> merchants = bench::metrics_fixture::make_merchants();
  static const std::vector<double> values = bench::metrics_fixture::make_values();

  const auto add = [](const char* name, auto operation) {
    return benchmark::RegisterBenchmark(name, [operation](benchmark::State& state) {
      bench::opentelemetry_fixture& fixture = metrics();
      std::size_t next = 0;
      for (auto _ : state) operation(fixture, next++);
    });
  };
  using fixture = bench::opentelemetry_fixture;
  using index = std::size_t;

  add("counter_floor", [](fixture&, index) { measured::counter_floor(); })->ThreadRange(1, 8);
  add("counter_opentelemetry_held", [](fixture& f, index) { measured::counter_opentelemetry_held(*f.counter); })
      ->ThreadRange(1, 8);
  add("counter_opentelemetry_lookup", [](fixture& f, index i) {
    measured::counter_opentelemetry_lookup(*f.text, merchants[i % bench::metrics_fixture::merchant_count],
                                           bench::provider::adyen, bench::outcome::declined);
  })->ThreadRange(1, 8);
  const auto value = [](index i) { return values[i % bench::metrics_fixture::value_count]; };
  add("histogram_floor", [value](fixture&, index i) { measured::histogram_floor(value(i)); });
  add("histogram_opentelemetry",
      [value](fixture& f, index i) { measured::histogram_opentelemetry(*f.histogram, value(i)); });
  return bench::run(argc, argv);
}
