// Counts the instructions of each operation; runs under
//   valgrind --tool=callgrind --collect-atstart=no --toggle-collect='measured::*'
// which counts inside the functions of namespace measured only. For each operation it leaves two dumps, of `few` and of
// `many` calls; the difference, divided by the difference of the calls, is exact, whatever happens on a first call. The
// function's own `ret` is in it; benchmarks/report.py takes it off.
#include "fixture.hpp"
#include "program.hpp"

#ifdef TELLTALE_BENCH_OPENTELEMETRY
#include "opentelemetry_operations.hpp"
#endif

#include <valgrind/callgrind.h>

#include <list>
#include <string>

namespace {

constexpr int few = 512;
constexpr int many = 2048;

void count(const char* name, auto operation) {
  static std::list<std::string> labels;  // valgrind keeps the pointers until it writes the dumps
  for (int i = 0; i < few; ++i) operation(i);
  for (const int calls : {few, many}) {
    CALLGRIND_ZERO_STATS;
    for (int i = 0; i < calls; ++i) operation(i);
    labels.push_back(std::string(name) + ":" + std::to_string(calls));
    CALLGRIND_DUMP_STATS_AT(labels.back().c_str());
  }
}

}  // namespace

int main() {
  namespace tt = telltale;
  using bench::metrics_fixture;
  const bench::sleeping_thread second;
  bench::metrics_fixture f;
  auto a = bench::provider::adyen;
  auto b = bench::outcome::declined;
  auto c = bench::currency::gbp;
  const auto merchant = [&](int i) -> const std::string& {
    return f.merchants[static_cast<std::size_t>(i) % metrics_fixture::merchant_count];
  };
  const auto value = [&](int i) { return f.values[static_cast<std::size_t>(i) % metrics_fixture::value_count]; };

  count("nothing", [&](int) { measured::nothing(); });
  count("counter_floor", [&](int) { measured::counter_floor(); });
  count("counter_held", [&](int) { measured::counter_held(f.counter); });
  count("counter_enum_1", [&](int) { measured::counter_enum_1(f.enum_1, a); });
  count("counter_enum_2", [&](int) { measured::counter_enum_2(f.enum_2, a, b); });
  count("counter_enum_3", [&](int) { measured::counter_enum_3(f.enum_3, a, b, c); });
  count("counter_text", [&](int i) { measured::counter_text(f.text, merchant(i), a, b); });
  count("counter_double", [&](int) { measured::counter_double(f.real, 0.25); });
  count("counter_prometheus_held", [&](int) { measured::counter_prometheus_held(f.their_counter); });
  count("counter_prometheus_lookup",
        [&](int i) { measured::counter_prometheus_lookup(f.their_text, merchant(i), a, b); });

  std::atomic<double> plain_gauge;
  count("gauge_floor", [&](int i) { measured::gauge_floor(plain_gauge, value(i)); });
  count("gauge_set", [&](int i) { measured::gauge_set(f.gauge, value(i)); });
  count("gauge_prometheus", [&](int i) { measured::gauge_prometheus(f.their_gauge, value(i)); });

  count("histogram_floor", [&](int i) { measured::histogram_floor(value(i)); });
  count("histogram_held", [&](int i) { measured::histogram_held(f.histogram, value(i)); });
  count("histogram_enum_1", [&](int i) { measured::histogram_enum_1(f.histogram_1, a, value(i)); });
  count("histogram_prometheus", [&](int i) { measured::histogram_prometheus(f.their_histogram, value(i)); });

#ifdef TELLTALE_BENCH_OPENTELEMETRY
  const bench::opentelemetry_fixture o;
  count("counter_opentelemetry_held", [&](int) { measured::counter_opentelemetry_held(*o.counter); });
  count("counter_opentelemetry_lookup",
        [&](int i) { measured::counter_opentelemetry_lookup(*o.text, merchant(i), a, b); });
  count("histogram_opentelemetry", [&](int i) { measured::histogram_opentelemetry(*o.histogram, value(i)); });
#endif

  tt::tracer sampled = bench::make_tracer(tt::sampler::always_on());
  tt::tracer unsampled = bench::make_tracer(tt::sampler::always_off());
  {
    const auto span = sampled.start("charge");
    count("histogram_exemplar", [&](int i) { measured::histogram_held(f.histogram, value(i)); });
  }
  count("span_floor", [&](int) { measured::span_floor(); });
  count("span_unsampled", [&](int) { measured::span_plain(unsampled); });
  count("span_unsampled_4", [&](int i) { measured::span_attributes(unsampled, "stripe", i); });
  count("span_sampled", [&](int) { measured::span_plain(sampled); });
  count("span_sampled_4", [&](int i) { measured::span_attributes(sampled, "stripe", i); });

  const bench::scratch_file file;
  const tt::logger log(tt::make_log_sink(file.path()), {.service = "payments"});
  const auto span = sampled.start("charge");
  count("log_six_fields", [&](int i) { measured::log_six_fields(log, "pay_1NirD82eZvKYlo2C", i); });
  count("log_below_level", [&](int i) { measured::log_below_level(log, "pay_1NirD82eZvKYlo2C", i); });
}
