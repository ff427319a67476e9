#include "unit/metrics/current_span.hpp"
#include "unit/metrics/example_labels.hpp"

#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace tt = telltale;
using namespace example;
using namespace std::chrono_literals;

namespace {

std::vector<std::uint64_t> buckets_of(const tt::registry& metrics, std::string_view name) {
  const tt::snapshot values = metrics.collect();
  const auto buckets = values.find(name, {})->buckets;
  return {buckets.begin(), buckets.end()};
}

}  // namespace

TEST_CASE("an observation falls into the first bucket whose bound is not below it") {
  tt::registry metrics;
  const auto sizes = metrics.histogram({.name = "sizes_bytes", .help = "Sizes.", .buckets = {1, 2, 4}});
  for (const double size : {0.0, 1.0, 1.5, 2.0, 2.1, 4.0, 4.1, 1e300}) sizes.observe(size);
  CHECK(buckets_of(metrics, "sizes_bytes") == std::vector<std::uint64_t>{2, 2, 2, 2});
}

TEST_CASE("the search is right for every number of buckets and every bound") {
  for (std::size_t count = 1; count <= 40; ++count) {
    tt::registry metrics;
    const auto bounds = tt::buckets::linear(1, 1, count);
    const auto sizes = metrics.histogram({.name = "sizes_bytes", .help = "Sizes.", .buckets = bounds});
    for (const double bound : bounds) {
      sizes.observe(bound);         // inclusive
      sizes.observe(bound - 0.5);
    }
    sizes.observe(bounds.back() + 0.5);
    std::vector<std::uint64_t> expected(count, 2);
    expected.push_back(1);
    CHECK(buckets_of(metrics, "sizes_bytes") == expected);
  }
}

TEST_CASE("the sum and the count agree with what was observed") {
  tt::registry metrics;
  const auto timing = metrics.histogram<by_provider>({.name = "timing_seconds", .help = "Timing."});
  timing.with(provider::adyen).observe(0.25);
  timing.with(provider::adyen).observe(250ms);
  CHECK(tt::testing::value(metrics, "timing_seconds", {{"provider", "adyen"}}) == 0.5);
  CHECK(tt::testing::observations(metrics, "timing_seconds", {{"provider", "adyen"}}) == 2);
  CHECK(tt::testing::observations(metrics, "timing_seconds", {{"provider", "stripe"}}) == 0);
}

TEST_CASE("values that a histogram cannot hold are counted and stored nowhere") {
  tt::registry metrics;
  const auto timing = metrics.histogram<by_provider>({.name = "timing_seconds", .help = "Timing."});
  const auto stripe = timing.with(provider::stripe);
  stripe.observe(std::numeric_limits<double>::quiet_NaN());
  stripe.observe(std::numeric_limits<double>::infinity());
  stripe.observe(-0.001);
  timing.with(static_cast<provider>(2)).observe(1);
  CHECK(tt::testing::observations(metrics, "timing_seconds", {{"provider", "stripe"}}) == 0);
  CHECK(tt::testing::value(metrics, "timing_seconds", {{"provider", "stripe"}}) == 0);
  CHECK(tt::testing::value(metrics, "telltale_metric_rejected_total", {{"metric", "timing_seconds"}}) == 4);
}

TEST_CASE("an observation under a sampled span leaves its ids in its bucket") {
  tt::registry metrics;
  const auto timing = metrics.histogram({.name = "timing_seconds", .help = "Timing.", .buckets = {0.1, 1}});
  timing.observe(0.05);
  const current_span span(tt::trace_flags::sampled);
  timing.observe(0.5);
  const tt::snapshot values = metrics.collect();
  const auto exemplars = values.find("timing_seconds", {})->exemplars;
  REQUIRE(exemplars.size() == 3);
  CHECK_FALSE(exemplars[0].trace_id.valid());
  CHECK(exemplars[1].trace_id == span.context().trace_id);
  CHECK(exemplars[1].span_id == span.context().span_id);
  CHECK(exemplars[1].value == 0.5);
  CHECK(exemplars[1].timestamp > tt::wall_time{} + std::chrono::hours(24 * 365 * 50));
  CHECK_FALSE(exemplars[2].trace_id.valid());
}

TEST_CASE("an unsampled span leaves no exemplar, and a histogram without exemplars none at all") {
  tt::registry metrics;
  const auto timing = metrics.histogram({.name = "timing_seconds", .help = "Timing."});
  const auto plain = metrics.histogram({.name = "plain_seconds", .help = "Plain.", .exemplars = false});
  {
    const current_span span(0);
    timing.observe(0.5);
  }
  {
    const current_span span(tt::trace_flags::sampled);
    plain.observe(0.5);
  }
  const tt::snapshot values = metrics.collect();
  for (const tt::exemplar& each : values.find("timing_seconds", {})->exemplars) CHECK_FALSE(each.trace_id.valid());
  CHECK(values.find("plain_seconds", {})->exemplars.empty());
}

TEST_CASE("a rejected observation under a sampled span is harmless") {
  tt::registry metrics;
  const auto timing = metrics.histogram<by_provider>({.name = "timing_seconds", .help = "Timing."});
  const current_span span(tt::trace_flags::sampled);
  timing.with(static_cast<provider>(9)).observe(1);
  tt::histogram{}.observe(1);
  CHECK(tt::testing::value(metrics, "telltale_metric_rejected_total", {{"metric", "timing_seconds"}}) == 1);
}

TEST_CASE("a timer observes once, on the way out or when stopped, unless it is discarded") {
  tt::registry metrics;
  const auto timing = metrics.histogram({.name = "timing_seconds", .help = "Timing."});
  { const tt::timer timed{timing}; }
  CHECK(tt::testing::observations(metrics, "timing_seconds") == 1);
  {
    tt::timer timed{timing};
    timed.stop();
    timed.stop();
  }
  CHECK(tt::testing::observations(metrics, "timing_seconds") == 2);
  {
    tt::timer timed{timing};
    timed.discard();
  }
  CHECK(tt::testing::observations(metrics, "timing_seconds") == 2);
  try {
    const tt::timer timed{timing};
    throw 1;
  } catch (int) {
  }
  CHECK(tt::testing::observations(metrics, "timing_seconds") == 3);
}

TEST_CASE("gauges are set, moved and guarded") {
  tt::registry metrics;
  const auto load = metrics.gauge<by_provider>({.name = "load_ratio", .help = "Load."});
  const tt::gauge stripe = load.with(provider::stripe);
  stripe.set(2);
  stripe.add(0.5);
  stripe.sub(1);
  CHECK(tt::testing::value(metrics, "load_ratio", {{"provider", "stripe"}}) == 1.5);
  stripe.add(std::numeric_limits<double>::quiet_NaN());
  stripe.set(std::numeric_limits<double>::quiet_NaN());
  stripe.set(-std::numeric_limits<double>::infinity());
  CHECK(tt::testing::value(metrics, "load_ratio", {{"provider", "stripe"}}) == 1.5);
  CHECK(tt::testing::value(metrics, "telltale_metric_rejected_total", {{"metric", "load_ratio"}}) == 3);
  stripe.set(-std::numeric_limits<double>::max());
  CHECK(tt::testing::value(metrics, "load_ratio", {{"provider", "stripe"}}) == -std::numeric_limits<double>::max());
  {
    const tt::in_flight first{load.with(provider::adyen)};
    const tt::in_flight second{load.with(provider::adyen)};
    CHECK(tt::testing::value(metrics, "load_ratio", {{"provider", "adyen"}}) == 2);
  }
  CHECK(tt::testing::value(metrics, "load_ratio", {{"provider", "adyen"}}) == 0);
  load.with(static_cast<provider>(5)).set(1);
  CHECK(tt::testing::value(metrics, "telltale_metric_rejected_total", {{"metric", "load_ratio"}}) == 4);
}
