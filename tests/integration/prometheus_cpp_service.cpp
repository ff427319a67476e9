// Telltale and prometheus-cpp in one program, each showing the other's metrics as well, hostile ones among them, for the
// integration test to scrape. `prometheus_cpp_service [GATEWAY_PORT]`: prints the address of telltale's server and of the
// Exposer, and the status of a push when a Gateway was given; counts on its own and runs until its input ends.
#include <telltale/exposition/prometheus.hpp>
#include <telltale/exposition/server.hpp>
#include <telltale/result.hpp>

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gateway.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tt = telltale;

namespace {

using by_merchant = tt::text_label<"merchant", 16>;

constexpr double infinity = std::numeric_limits<double>::infinity();

prometheus::MetricFamily family(std::string name, prometheus::MetricType type, std::size_t series = 1) {
  prometheus::MetricFamily made;
  made.name = std::move(name);
  made.help = "Line\nbreak, \"quotes\", back\\slash, \xFF and \xE2\x82\xAC.\r\n# TYPE x counter";
  made.type = type;
  made.metric.resize(series);
  return made;
}

// What prometheus-cpp's own classes let through, and what any other implementation of the interface might give.
class hostile_collectable final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    using enum prometheus::MetricType;
    std::vector<prometheus::MetricFamily> all;
    for (const char* name : {"", "1st", "with.dot", "with space", "line\nbreak 1", "\xFF", "own_total", "own_created"}) {
      all.push_back(family(name, Counter));
    }
    all.push_back(family("hostile_no_suffix", Counter));
    auto& labels = all.emplace_back(family("hostile_labels", Gauge, 7));
    labels.metric[0].label = {{"v", "a\"b\\c\nd\r"}};
    labels.metric[1].label = {{"v", "bad \xC3( \xFF"}};
    labels.metric[2].label = {{"bad-name", "x"}};
    labels.metric[3].label = {{"__name__", "hostile"}};
    labels.metric[4].label = {{"v", "x"}, {"v", "y"}};
    labels.metric[5].label = {{"w", "1"}, {"v", "2"}};
    labels.metric[6].label = {{"v", "2"}, {"w", "1"}};
    auto& values = all.emplace_back(family("hostile_values_total", Counter, 3));
    values.metric[0].counter.value = std::nan("");
    values.metric[1].counter.value = -1;
    values.metric[2].counter.value = infinity;
    auto& buckets = all.emplace_back(family("hostile_buckets", Histogram, 5));
    for (std::size_t i = 0; i < 5; ++i) buckets.metric[i].label = {{"i", std::to_string(i)}};
    buckets.metric[0].histogram = {3, 1.0, {{1, 0.5}, {2, 1}, {3, infinity}, {3, infinity}}};
    buckets.metric[1].histogram = {9, std::nan(""), {{4, 1}, {2, 0.5}}};
    buckets.metric[2].histogram = {3, 1, {{3, 0.5}, {2, 1}}};
    buckets.metric[3].histogram = {3, 1, {{1, std::nan("")}}};
    buckets.metric[4].histogram = {3, -1, {{1, 1}}};
    auto& negative = all.emplace_back(family("hostile_negative", Histogram));
    negative.metric[0].histogram = {2, -3, {{1, -2}, {2, 0}}};
    auto& summary = all.emplace_back(family("hostile_summary", Summary, 2));
    summary.metric[0].summary = {1, -5, {{0.9, std::nan("")}, {0.5, -1}, {0.5, -1}}};
    summary.metric[1].label = {{"quantile", "0.5"}};
    all.push_back(family("hostile_summary_count", Gauge));
    all.push_back(family("hostile_twice", Gauge));
    all.push_back(family("hostile_twice", Untyped));
    all.push_back(family("hostile_seconds_total", Gauge));
    return all;
  }
};

class throwing_collectable final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override { throw std::runtime_error("device gone"); }
};

int run(int argc, char** argv) {
  tt::registry metrics({.constant_labels = {{"zone", "a\"b\\c\nd"}}});
  auto own = metrics.counter<by_merchant>({.name = "own_total", .help = "Own,\nin two lines."});
  auto size = metrics.histogram({.name = "own_size_bytes", .help = "Size.", .buckets = {1, 10, 100}});

  auto theirs = std::make_shared<prometheus::Registry>();
  auto& hits = prometheus::BuildCounter().Name("their_hits_total").Help("Hits.\nAll.").Register(*theirs).Add({{"k", "v\"\n"}});
  auto& wait = prometheus::BuildHistogram().Name("their_wait_seconds").Help("Wait.").Register(*theirs).Add(
      {}, prometheus::Histogram::BucketBoundaries{0.1, 1, 10});
  auto& age = prometheus::BuildSummary().Name("their_age_seconds").Help("Age.").Register(*theirs).Add(
      {}, prometheus::Summary::Quantiles{{0.5, 0.05}, {0.99, 0.001}});
  prometheus::BuildGauge().Name("their_idle").Help("No series.").Register(*theirs);

  const auto hostile = std::make_shared<hostile_collectable>();
  const auto throwing = std::make_shared<throwing_collectable>();
  const std::vector<std::shared_ptr<prometheus::Collectable>> sources{throwing, theirs, hostile, theirs};
  std::vector<tt::attachment> attached;
  for (const auto& source : sources) attached.push_back(metrics.attach(tt::prometheus_collector(source)));

  const auto count = [&] {
    own.with(by_merchant{"x\"\\\n"}).inc();
    size.observe(5);
    hits.Increment();
    wait.Observe(0.5);
    age.Observe(2);
  };
  count();
  std::jthread counting([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) count();
  });

  auto endpoints =
      std::make_shared<tt::handler>(tt::handler_sources{[&](tt::snapshot& into) { metrics.collect(into); }, nullptr, nullptr});
  const tt::server server = tt::server::start(endpoints, {.address = "127.0.0.1:0"});
  const auto ours = std::make_shared<tt::registry_collectable>(metrics);
  prometheus::Exposer exposer("127.0.0.1:0");
  exposer.RegisterCollectable(ours);
  std::cout << server.address() << "\n127.0.0.1:" << exposer.GetListeningPorts().at(0) << std::endl;
  if (argc > 1) {
    prometheus::Gateway gateway("127.0.0.1", argv[1], "bridge");
    gateway.RegisterCollectable(ours);
    std::cout << gateway.Push() << std::endl;
  }
  while (std::cin.get() != std::char_traits<char>::eof()) {
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
  }
}
