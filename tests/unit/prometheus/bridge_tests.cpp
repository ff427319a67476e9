// The bridge to prometheus-cpp: ours through their model and serializer, theirs through our registry and encoders.
#include <telltale/exposition/encoders.hpp>
#include <telltale/exposition/prometheus.hpp>

#include <catch2/catch.hpp>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace tt = telltale;

enum class outcome { approved, declined };

namespace {

using by_outcome = tt::label<"outcome", outcome>;
using by_merchant = tt::text_label<"merchant", 16>;

// What their side gives when asked, for what their own classes would not let through.
class fixed_collectable final : public prometheus::Collectable {
 public:
  explicit fixed_collectable(std::vector<prometheus::MetricFamily> families) : families_(std::move(families)) {}
  std::vector<prometheus::MetricFamily> Collect() const override { return families_; }

 private:
  std::vector<prometheus::MetricFamily> families_;
};

std::string encoded(const tt::registry& metrics, tt::exposition_format format) {
  std::string text;
  tt::encode(metrics.collect(), format, text);
  return text;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const prometheus::MetricFamily& family(const std::vector<prometheus::MetricFamily>& families, std::string_view name) {
  for (const auto& each : families) {
    if (each.name == name) return each;
  }
  throw std::runtime_error("no family " + std::string(name));
}

}  // namespace

TEST_CASE("our families are theirs: names, help, types, labels unescaped, buckets cumulative") {
  tt::registry metrics({.constant_labels = {{"zone", "a\"b\\c\nd"}}});
  auto charges = metrics.counter<by_outcome>({.name = "charges_total", .help = "Two\nlines \\."});
  auto depth = metrics.gauge({.name = "queue_depth", .help = "Depth."});
  auto duration =
      metrics.histogram<by_merchant>({.name = "charge_duration_seconds", .help = "D.", .buckets = {0.5, 1, 2}});
  charges.with(outcome::declined).inc(3);
  depth.set(-2.5);
  duration.with(by_merchant{"m"}).observe(0.5);
  duration.with(by_merchant{"m"}).observe(1.5);
  duration.with(by_merchant{"m"}).observe(9);

  const auto families = tt::registry_collectable(metrics).Collect();

  const auto& counter = family(families, "charges_total");
  CHECK(counter.type == prometheus::MetricType::Counter);
  CHECK(counter.help == "Two\\nlines \\\\.");  // their serializer does not escape it
  REQUIRE(counter.metric.size() == 2);
  CHECK(counter.metric[1].counter.value == 3);
  CHECK(counter.metric[1].label == std::vector<prometheus::ClientMetric::Label>{{"zone", "a\"b\\c\nd"}, {"outcome", "declined"}});
  CHECK(family(families, "queue_depth").type == prometheus::MetricType::Gauge);
  CHECK(family(families, "queue_depth").metric[0].gauge.value == -2.5);
  const auto& histogram = family(families, "charge_duration_seconds");
  CHECK(histogram.type == prometheus::MetricType::Histogram);
  const auto& row = histogram.metric.at(0).histogram;
  CHECK(row.sample_count == 3);
  CHECK(row.sample_sum == 11);
  REQUIRE(row.bucket.size() == 4);
  CHECK(row.bucket[0].cumulative_count == 1);
  CHECK(row.bucket[1].cumulative_count == 1);
  CHECK(row.bucket[2].cumulative_count == 2);
  CHECK(row.bucket[3].cumulative_count == 3);
  CHECK(row.bucket[3].upper_bound == std::numeric_limits<double>::infinity());
}

TEST_CASE("their serializer writes our families validly, with one +Inf bucket") {
  tt::registry metrics;
  auto charges = metrics.counter<by_merchant>({.name = "charges_total", .help = "a\nb"});
  auto duration = metrics.histogram({.name = "d_seconds", .help = "D.", .buckets = {1}});
  charges.with(by_merchant{"x\"\\\n"}).inc();
  duration.observe(3);
  const std::string text = prometheus::TextSerializer().Serialize(tt::registry_collectable(metrics).Collect());
  CHECK(contains(text, "# HELP charges_total a\\nb\n# TYPE charges_total counter\n"));
  CHECK(contains(text, "charges_total{merchant=\"x\\\"\\\\\\n\"} 1\n"));
  CHECK(contains(text, "d_seconds_bucket{le=\"1\"} 0\nd_seconds_bucket{le=\"+Inf\"} 1\n"));
  CHECK(text.find("+Inf") == text.rfind("+Inf"));
}

TEST_CASE("a collectable takes whatever fills a snapshot") {
  tt::registry metrics;
  metrics.counter({.name = "a_total", .help = "A."}).inc();
  const tt::registry_collectable ours([&](tt::snapshot& into) { metrics.collect(into); });
  CHECK(family(ours.Collect(), "a_total").metric[0].counter.value == 1);
}

TEST_CASE("their registry appears in both of our formats, valid whatever its classes let through") {
  auto theirs = std::make_shared<prometheus::Registry>();
  auto& hits = prometheus::BuildCounter().Name("hits").Help("Line\nbreak \\.").Labels({{"app", "a"}}).Register(*theirs);
  hits.Add({{"path", "/\"\\\n"}}).Increment(2);
  hits.Add({{"path", "poisoned"}}).Increment(std::nan(""));
  prometheus::BuildGauge().Name("depth").Help("Depth.").Register(*theirs).Add({}).Set(0.1 + 0.2);
  auto& size = prometheus::BuildHistogram().Name("size_bytes").Help("Size.").Register(*theirs).Add(
      {}, prometheus::Histogram::BucketBoundaries{1, 2, std::numeric_limits<double>::infinity()});
  size.Observe(1.5);
  size.Observe(7);
  prometheus::BuildSummary().Name("wait_seconds").Help("Wait.").Register(*theirs).Add(
      {}, prometheus::Summary::Quantiles{{0.5, 0.05}}).Observe(4);

  tt::registry metrics;
  const tt::attachment kept = metrics.attach(tt::prometheus_collector(theirs));
  const std::string text = encoded(metrics, tt::exposition_format::text_0_0_4);
  CHECK(contains(text, "# HELP hits Line\\nbreak \\\\.\n# TYPE hits counter\nhits{app=\"a\",path=\"/\\\"\\\\\\n\"} 2\n"));
  CHECK_FALSE(contains(text, "path=\"poisoned\""));
  CHECK(contains(text, "telltale_foreign_rejected_total{metric=\"hits\",reason=\"invalid_value\"} 1\n"));
  CHECK(contains(text, "depth 0.30000000000000004\n"));
  CHECK(contains(text, "size_bytes_bucket{le=\"1.0\"} 0\nsize_bytes_bucket{le=\"2.0\"} 1\nsize_bytes_bucket{le=\"+Inf\"} 2\n"
                       "size_bytes_sum 8.5\nsize_bytes_count 2\n"));
  CHECK(contains(text, "# TYPE wait_seconds summary\nwait_seconds{quantile=\"0.5\"} 4\nwait_seconds_sum 4\nwait_seconds_count 1\n"));
  const std::string openmetrics = encoded(metrics, tt::exposition_format::openmetrics_1_0_0);
  CHECK(contains(openmetrics, "# TYPE hits unknown\n"));
  CHECK(contains(openmetrics, "\nhits{app=\"a\",path="));
}

TEST_CASE("an untyped family of theirs is one of unknown type") {
  prometheus::MetricFamily odd;
  odd.name = "odd";
  odd.metric.emplace_back().untyped.value = 5;
  tt::registry metrics;
  const auto source = std::make_shared<fixed_collectable>(std::vector{odd});
  const tt::attachment kept = metrics.attach(tt::prometheus_collector(source));
  CHECK(contains(encoded(metrics, tt::exposition_format::text_0_0_4), "# TYPE odd untyped\nodd 5\n"));
}

TEST_CASE("their Collectable is held weakly: gone, it gives nothing") {
  auto theirs = std::make_shared<prometheus::Registry>();
  prometheus::BuildCounter().Name("hits").Help("H.").Register(*theirs).Add({}).Increment();
  tt::registry metrics;
  const tt::attachment kept = metrics.attach(tt::prometheus_collector(theirs));
  CHECK(metrics.collect().find("hits") != nullptr);
  theirs.reset();
  CHECK(metrics.collect().find("hits") == nullptr);
}

TEST_CASE("what goes through both directions comes out as it was") {
  tt::registry first;
  auto charges = first.counter<by_outcome>({.name = "charges_total", .help = "Charges."});
  auto duration = first.histogram({.name = "d_seconds", .help = "D.", .buckets = {0.1, 1, 10}});
  charges.with(outcome::approved).inc(41);
  duration.observe(0.1);
  duration.observe(5);
  duration.observe(50);
  const auto bridge = std::make_shared<tt::registry_collectable>(first);
  tt::registry second;
  const tt::attachment kept = second.attach(tt::prometheus_collector(bridge));
  const tt::snapshot values = second.collect();
  CHECK(values.find("charges_total", {{"outcome", "approved"}})->value.as_double() == 41);
  CHECK(values.find("charges_total", {{"outcome", "declined"}})->value.as_double() == 0);
  const auto* row = values.find("d_seconds", {});
  CHECK(values.find("d_seconds")->info->bounds == std::vector<double>{0.1, 1, 10});
  CHECK(std::vector<std::uint64_t>(row->buckets.begin(), row->buckets.end()) == std::vector<std::uint64_t>{1, 0, 1, 1});
  CHECK(row->sum == Approx(55.1));
}
