// How series leave: removed by name, or hidden while idle.
#include "unit/metrics/example_labels.hpp"

#include <telltale/testing/manual_clock.hpp>
#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace tt = telltale;
using namespace example;
using namespace std::chrono_literals;
using tt::testing::observations;
using tt::testing::value;

namespace {

std::size_t series_of(const tt::registry& metrics, std::string_view name) {
  return metrics.collect().find(name)->series.size();
}

}  // namespace

TEST_CASE("a removed series is gone, its handles count into nothing, and its values begin anew at 0") {
  tt::testing::manual_clock time;
  tt::registry metrics({.time = &time});
  const auto charges = metrics.counter<by_merchant, by_outcome>({.name = "charges_total", .help = "Charges."});
  const tt::counter held = charges.with(by_merchant{"a"}, outcome::failed);
  held.inc(5);
  charges.with(by_merchant{"b"}, outcome::failed).inc(7);
  const tt::snapshot before = metrics.collect();

  CHECK(charges.remove(by_merchant{"a"}, outcome::failed));
  CHECK_FALSE(charges.remove(by_merchant{"a"}, outcome::failed));
  CHECK_FALSE(charges.remove(by_merchant{"never seen"}, outcome::failed));
  CHECK_FALSE(charges.remove(by_merchant{"b"}, static_cast<outcome>(9)));
  held.inc(100);
  CHECK(series_of(metrics, "charges_total") == 1);
  CHECK(value(metrics, "charges_total", {{"merchant", "b"}, {"outcome", "failed"}}) == 7);

  time.advance(1h);
  charges.with(by_merchant{"a"}, outcome::failed).inc();
  held.inc(100);
  CHECK(value(metrics, "charges_total", {{"merchant", "a"}, {"outcome", "failed"}}) == 1);
  const tt::snapshot after = metrics.collect();
  CHECK(after.find("charges_total", {{"merchant", "a"}, {"outcome", "failed"}})->created ==
        before.find("charges_total", {{"merchant", "a"}, {"outcome", "failed"}})->created + 1h);
  CHECK(before.find("charges_total", {{"merchant", "a"}, {"outcome", "failed"}})->value.integer() == 5);
}

TEST_CASE("gauges and histograms are removed likewise, and with several text labels") {
  tt::registry metrics;
  using by_shop = tt::text_label<"shop", 10>;
  const auto level = metrics.gauge<by_merchant, by_shop>({.name = "level_ratio", .help = "Level."});
  const auto timing = metrics.histogram<by_merchant>({.name = "timing_seconds", .help = "Timing."});
  for (const char* merchant : {"a", "b"}) {
    level.with(by_merchant{merchant}, by_shop{"1"}).set(0.5);
    timing.with(by_merchant{merchant}).observe(0.5);
  }
  CHECK(level.remove(by_merchant{"a"}, by_shop{"1"}));
  CHECK(timing.remove(by_merchant{"a"}));
  CHECK(series_of(metrics, "level_ratio") == 1);
  CHECK(observations(metrics, "timing_seconds", {{"merchant", "b"}}) == 1);
  timing.with(by_merchant{"a"}).observe(0.25);
  CHECK(observations(metrics, "timing_seconds", {{"merchant", "a"}}) == 1);
  CHECK(value(metrics, "timing_seconds", {{"merchant", "a"}}) == 0.25);
}

TEST_CASE("removals spend rows: past max_series what comes anew is counted under _other, and as overflow") {
  tt::registry metrics;
  const auto seen = metrics.counter<by_merchant>({.name = "seen_total", .help = "Seen.", .max_series = 3});
  for (int round = 0; round < 10; ++round) {
    seen.with(by_merchant{"a"}).inc();
    if (round < 5) (void)seen.remove(by_merchant{"a"});
  }
  CHECK(series_of(metrics, "seen_total") == 1);
  CHECK(value(metrics, "seen_total", {{"merchant", "_other"}}) == 7);
  CHECK(seen.remove(by_merchant{"_other"}));
  seen.with(by_merchant{"a"}).inc();
  seen.with(by_merchant{"z"}).inc();
  CHECK(series_of(metrics, "seen_total") == 0);  // no row is left at all: counted as overflow, stored nowhere
  CHECK(value(metrics, "telltale_metric_overflow_total", {{"metric", "seen_total"}, {"label", "*"}}) == 9);
}

TEST_CASE("an idle series leaves the scrape if asked, and comes back with its value when it changes") {
  tt::testing::manual_clock time;
  tt::registry metrics({.time = &time});
  const auto sessions =
      metrics.counter<by_merchant>({.name = "sessions_total", .help = "Sessions.", .hide_idle_after = 60s});
  const auto timing =
      metrics.histogram<by_merchant>({.name = "timing_seconds", .help = "Timing.", .hide_idle_after = 60s});
  const tt::counter held = sessions.with(by_merchant{"a"});
  held.inc(3);
  timing.with(by_merchant{"a"}).observe(1);
  (void)metrics.collect();
  time.advance(59s);
  sessions.with(by_merchant{"b"}).inc();
  CHECK(series_of(metrics, "sessions_total") == 2);
  time.advance(1s);
  CHECK(series_of(metrics, "sessions_total") == 1);
  CHECK(series_of(metrics, "timing_seconds") == 0);
  CHECK(value(metrics, "sessions_total", {{"merchant", "b"}}) == 1);
  held.inc();
  timing.with(by_merchant{"a"}).observe(1);
  CHECK(value(metrics, "sessions_total", {{"merchant", "a"}}) == 4);
  CHECK(observations(metrics, "timing_seconds", {{"merchant", "a"}}) == 2);
}

TEST_CASE("nothing is hidden unless asked") {
  tt::testing::manual_clock time;
  tt::registry metrics({.time = &time});
  const auto sessions = metrics.counter<by_merchant>({.name = "sessions_total", .help = "Sessions."});
  sessions.with(by_merchant{"a"}).inc();
  (void)metrics.collect();
  time.advance(24h * 365);
  CHECK(series_of(metrics, "sessions_total") == 1);
}
