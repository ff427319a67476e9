#include "unit/metrics/example_labels.hpp"

#include <telltale/detail/event_hook.hpp>
#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tt = telltale;
using namespace example;
using tt::testing::value;

TEST_CASE("a text label's series come into being when they are first used") {
  tt::registry metrics;
  const auto charges = metrics.counter<by_merchant, by_outcome>({.name = "charges_total", .help = "Charges."});
  CHECK(metrics.collect().find("charges_total")->series.empty());
  charges.with(by_merchant{"acme"}, outcome::declined).inc(2);
  charges.with(by_merchant{std::string("ac") + "me"}, outcome::declined).inc(3);
  (void)charges.with(by_merchant{"zeta"}, outcome::failed);
  CHECK(metrics.collect().find("charges_total")->series.size() == 2);
  CHECK(value(metrics, "charges_total", {{"merchant", "acme"}, {"outcome", "declined"}}) == 5);
  CHECK(value(metrics, "charges_total", {{"merchant", "zeta"}, {"outcome", "failed"}}) == 0);
}

TEST_CASE("exactly as many values as allowed get series of their own, the rest share one, and nothing is lost") {
  auto hook = std::make_shared<tt::detail::event_hook>();
  std::vector<std::string> reports;
  hook->install([&](const tt::detail::internal_event& event) { reports.emplace_back(event.message); });
  tt::registry metrics({}, hook);
  const auto charges = metrics.counter<by_merchant>({.name = "charges_total", .help = "Charges."});
  for (int round = 0; round < 2; ++round) {
    for (const char* merchant : {"a", "b", "c", "d", "e"}) charges.with(by_merchant{merchant}).inc();
  }
  CHECK(metrics.collect().find("charges_total")->series.size() == 4);
  CHECK(value(metrics, "charges_total", {{"merchant", "a"}}) == 2);
  CHECK(value(metrics, "charges_total", {{"merchant", "c"}}) == 2);
  CHECK(value(metrics, "charges_total", {{"merchant", "_other"}}) == 4);
  CHECK(value(metrics, "telltale_metric_overflow_total", {{"metric", "charges_total"}, {"label", "merchant"}}) == 4);
  REQUIRE(reports.size() == 1);
  CHECK_THAT(reports[0], Catch::Contains("charges_total") && Catch::Contains("merchant") && Catch::Contains("3 values"));
}

TEST_CASE("a family over its bound of series puts further combinations under one") {
  tt::registry metrics;
  using by_shop = tt::text_label<"shop", 100>;
  const auto charges = metrics.counter<by_merchant, by_shop>({.name = "charges_total", .help = "Charges.", .max_series = 4});
  for (const char* merchant : {"a", "b"}) {
    for (const char* shop : {"1", "2", "3"}) charges.with(by_merchant{merchant}, by_shop{shop}).inc();
  }
  CHECK(metrics.collect().find("charges_total")->series.size() == 5);
  CHECK(value(metrics, "charges_total", {{"merchant", "a"}, {"shop", "3"}}) == 1);
  CHECK(value(metrics, "charges_total", {{"merchant", "_other"}, {"shop", "_other"}}) == 2);
  CHECK(value(metrics, "telltale_metric_overflow_total", {{"metric", "charges_total"}, {"label", "*"}}) == 2);
}

TEST_CASE("text that is not UTF-8 cannot break the scrape") {
  tt::registry metrics;
  const auto charges = metrics.counter<by_merchant>({.name = "charges_total", .help = "Charges."});
  charges.with(by_merchant{"bad \xff byte"}).inc();
  charges.with(by_merchant{"\xc3\xa9t\xc3\xa9"}).inc();
  CHECK(value(metrics, "charges_total", {{"merchant", "_other"}}) == 1);
  CHECK(value(metrics, "charges_total", {{"merchant", "\xc3\xa9t\xc3\xa9"}}) == 1);
}

TEST_CASE("values that need escaping come back as they were") {
  tt::registry metrics;
  const auto charges = metrics.counter<by_merchant>({.name = "charges_total", .help = "Charges."});
  const std::string hostile = "a\"b\\c\nd,e=\"f\"}";
  charges.with(by_merchant{hostile}).inc();
  CHECK(value(metrics, "charges_total", {{"merchant", hostile}}) == 1);
  CHECK(metrics.collect().find("charges_total")->series[0].labels == R"(merchant="a\"b\\c\nd,e=\"f\"}")");
}

TEST_CASE("a long text is cut at a character, so that no caller can make a series large") {
  tt::registry metrics;
  const auto charges = metrics.counter<by_merchant>({.name = "charges_total", .help = "Charges."});
  const std::string long_text = std::string(127, 'x') + "\xc3\xa9 and more";
  charges.with(by_merchant{long_text}).inc();
  charges.with(by_merchant{std::string(127, 'x')}).inc();
  CHECK(value(metrics, "charges_total", {{"merchant", std::string(127, 'x')}}) == 2);
}

TEST_CASE("texts of every length are told apart") {
  tt::registry metrics;
  using by_text = tt::text_label<"text", 200>;
  const auto lengths = metrics.counter<by_text>({.name = "lengths_total", .help = "Lengths."});
  for (std::size_t size = 0; size <= 128; ++size) lengths.with(by_text{std::string(size, 'y')}).inc(size + 1);
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("lengths_total")->series.size() == 129);
  for (std::size_t size = 0; size <= 128; ++size) {
    CHECK(values.find("lengths_total", {{"text", std::string(size, 'y')}})->value.integer() == size + 1);
  }
}

TEST_CASE("several text labels are not run together") {
  tt::registry metrics;
  using by_first = tt::text_label<"first", 10>;
  using by_second = tt::text_label<"second", 10>;
  const auto pairs = metrics.counter<by_first, by_second>({.name = "pairs_total", .help = "Pairs."});
  pairs.with(by_first{"ab"}, by_second{"c"}).inc(1);
  pairs.with(by_first{"a"}, by_second{"bc"}).inc(2);
  pairs.with(by_first{""}, by_second{"abc"}).inc(3);
  CHECK(value(metrics, "pairs_total", {{"first", "ab"}, {"second", "c"}}) == 1);
  CHECK(value(metrics, "pairs_total", {{"first", "a"}, {"second", "bc"}}) == 2);
  CHECK(value(metrics, "pairs_total", {{"first", ""}, {"second", "abc"}}) == 3);
}

TEST_CASE("gauges and histograms take text labels, too") {
  tt::registry metrics;
  const auto depth = metrics.gauge<by_merchant>({.name = "queue_depth_ratio", .help = "Depth."});
  const auto timing = metrics.histogram<by_merchant>({.name = "timing_seconds", .help = "Timing."});
  depth.with(by_merchant{"a"}).set(1.5);
  depth.with(by_merchant{"b"}).set(2.5);
  timing.with(by_merchant{"a"}).observe(0.2);
  timing.with(by_merchant{"b"}).observe(0.3);
  timing.with(by_merchant{"b"}).observe(0.4);
  CHECK(value(metrics, "queue_depth_ratio", {{"merchant", "b"}}) == 2.5);
  CHECK(value(metrics, "timing_seconds", {{"merchant", "a"}}) == Approx(0.2));
  CHECK(tt::testing::observations(metrics, "timing_seconds", {{"merchant", "b"}}) == 2);
}
