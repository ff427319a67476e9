#include "unit/metrics/example_labels.hpp"

#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <thread>

namespace tt = telltale;
using namespace example;
using tt::testing::value;

namespace {
enum class side_of_die { one, two, three, four, five, six };
using by_side_of_die = tt::label<"side", side_of_die>;
using by_other_die = tt::label<"other", side_of_die>;
}  // namespace

TEST_CASE("a counter without labels exists at 0 and counts") {
  tt::registry metrics;
  const tt::counter seen = metrics.counter({.name = "seen_total", .help = "Seen."});
  CHECK(value(metrics, "seen_total") == 0);
  seen.inc();
  seen.inc(41);
  CHECK(value(metrics, "seen_total") == 42);
}

TEST_CASE("every series over enum labels exists at 0 from the start, in the enums' order") {
  tt::registry metrics;
  (void)metrics.counter<by_provider, by_outcome>({.name = "charges_total", .help = "Charges."});
  const tt::snapshot values = metrics.collect();
  const tt::family_snapshot* charges = values.find("charges_total");
  REQUIRE(charges != nullptr);
  REQUIRE(charges->series.size() == 6);
  CHECK(charges->series[0].labels == R"(provider="stripe",outcome="approved")");
  CHECK(charges->series[1].labels == R"(provider="stripe",outcome="declined")");
  CHECK(charges->series[5].labels == R"(provider="adyen",outcome="failed")");
  for (const tt::series_snapshot& series : charges->series) CHECK(series.value.integer() == 0);
}

TEST_CASE("with() finds the one series of its labels") {
  tt::registry metrics;
  const auto charges = metrics.counter<by_provider, by_outcome>({.name = "charges_total", .help = "Charges."});
  std::uint64_t amount = 1;
  for (const provider p : {provider::stripe, provider::adyen}) {
    for (const outcome o : {outcome::approved, outcome::declined, outcome::failed}) charges.with(p, o).inc(amount++);
  }
  CHECK(value(metrics, "charges_total", {{"provider", "stripe"}, {"outcome", "approved"}}) == 1);
  CHECK(value(metrics, "charges_total", {{"provider", "stripe"}, {"outcome", "failed"}}) == 3);
  CHECK(value(metrics, "charges_total", {{"provider", "adyen"}, {"outcome", "approved"}}) == 4);
  CHECK(value(metrics, "charges_total", {{"outcome", "failed"}, {"provider", "adyen"}}) == 6);
}

TEST_CASE("a value that is no enumerator is stored nowhere and counted once an update") {
  tt::registry metrics;
  const auto charges = metrics.counter<by_provider, by_outcome>({.name = "charges_total", .help = "Charges."});
  charges.with(static_cast<provider>(2), outcome::approved).inc(1000);
  charges.with(provider::stripe, static_cast<outcome>(-1)).inc();
  const tt::snapshot values = metrics.collect();
  for (const tt::series_snapshot& series : values.find("charges_total")->series) CHECK(series.value.integer() == 0);
  CHECK(value(metrics, "telltale_metric_rejected_total", {{"metric", "charges_total"}}) == 2);
}

TEST_CASE("a counter stays exact beyond 2^53") {
  tt::registry metrics;
  const tt::counter big = metrics.counter({.name = "big_total", .help = "Big."});
  constexpr std::uint64_t limit = 1ULL << 53;
  big.inc(limit);
  big.inc();
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("big_total", {})->value.is_integer());
  CHECK(values.find("big_total", {})->value.integer() == limit + 1);
}

TEST_CASE("a double counter refuses what would poison it, and says so") {
  tt::registry metrics;
  const tt::double_counter spent = metrics.double_counter({.name = "spent_seconds_total", .help = "Spent."});
  spent.inc(0.25);
  spent.inc(-1.0);
  spent.inc(std::numeric_limits<double>::quiet_NaN());
  spent.inc(std::numeric_limits<double>::infinity());
  spent.inc(0.5);
  CHECK(value(metrics, "spent_seconds_total") == 0.75);
  CHECK(value(metrics, "telltale_metric_rejected_total", {{"metric", "spent_seconds_total"}}) == 3);
}

TEST_CASE("what a thread counted is there after the thread") {
  tt::registry metrics;
  const tt::counter seen = metrics.counter({.name = "seen_total", .help = "Seen."});
  for (int round = 0; round < 3; ++round) {
    std::thread([&] { seen.inc(10); }).join();
    CHECK(value(metrics, "seen_total") == 10 * (round + 1));
  }
}

TEST_CASE("a default-constructed handle counts into nothing") {
  const tt::counter nothing;
  nothing.inc();
  tt::registry metrics;
  const auto seen = metrics.counter<by_side_of_die, by_provider>({.name = "seen_total", .help = "Seen."});
  const tt::family<tt::counter, by_side_of_die, by_other_die> no_counters;
  const tt::family<tt::double_counter, by_side_of_die> no_sums;
  const tt::family<tt::gauge, by_side_of_die> no_gauges;
  const tt::family<tt::histogram, by_side_of_die> no_histograms;
  const tt::family<tt::counter, by_merchant> no_texts;
  for (int side = 0; side < 7; ++side) {  // the last is no enumerator
    no_counters.with(side_of_die::five, static_cast<side_of_die>(side)).inc();
    no_sums.with(static_cast<side_of_die>(side)).inc();
    no_gauges.with(static_cast<side_of_die>(side)).set(1);
    no_histograms.with(static_cast<side_of_die>(side)).observe(1);
    no_texts.with(by_merchant{"a"}).inc();
  }
  const tt::snapshot values = metrics.collect();
  for (const tt::series_snapshot& series : values.find("seen_total")->series) CHECK(series.value.integer() == 0);
  CHECK(value(metrics, "telltale_metric_rejected_total", {{"metric", "seen_total"}}) == 0);
  (void)seen;
}

TEST_CASE("handles that outlive their registry leave the next registry alone") {
  tt::counter held;
  tt::family<tt::counter, by_provider, by_outcome> dense;
  tt::family<tt::counter, by_merchant> open;
  tt::family<tt::histogram, by_provider> timing;
  tt::gauge level;
  {
    tt::registry first;
    held = first.counter({.name = "held_total", .help = "Held."});
    dense = first.counter<by_provider, by_outcome>({.name = "dense_total", .help = "Dense."});
    open = first.counter<by_merchant>({.name = "open_total", .help = "Open."});
    timing = first.histogram<by_provider>({.name = "timing_seconds", .help = "Timing."});
    level = first.gauge({.name = "level_ratio", .help = "Level."});
    open.with(by_merchant{"known"}).inc();
  }
  tt::registry second;
  const auto charges = second.counter<by_provider, by_outcome>({.name = "charges_total", .help = "Charges."});
  const auto merchants = second.counter<by_merchant>({.name = "merchants_total", .help = "Merchants."});
  const auto duration = second.histogram<by_provider>({.name = "duration_seconds", .help = "Duration."});
  const auto ratio = second.gauge({.name = "load_ratio", .help = "Load."});
  charges.with(provider::stripe, outcome::approved).inc();
  merchants.with(by_merchant{"known"}).inc();
  ratio.set(0.5);

  held.inc(1000);
  dense.with(provider::stripe, outcome::approved).inc(1000);
  open.with(by_merchant{"known"}).inc(1000);
  open.with(by_merchant{"new"}).inc(1000);
  timing.with(provider::stripe).observe(1000);
  level.set(1000);

  CHECK(value(second, "charges_total", {{"provider", "stripe"}, {"outcome", "approved"}}) == 1);
  CHECK(value(second, "merchants_total", {{"merchant", "known"}}) == 1);
  CHECK(second.collect().find("merchants_total")->series.size() == 1);
  CHECK(tt::testing::observations(second, "duration_seconds", {{"provider", "stripe"}}) == 0);
  CHECK(value(second, "load_ratio") == 0.5);
  (void)duration;
}

TEST_CASE("a snapshot stays good when its registry is gone") {
  tt::snapshot values;
  {
    tt::registry metrics;
    const auto merchants = metrics.counter<by_merchant>({.name = "merchants_total", .help = "Merchants."});
    merchants.with(by_merchant{"a merchant with a name that is not short"}).inc(7);
    metrics.collect(values);
  }
  const auto* series = values.find("merchants_total", {{"merchant", "a merchant with a name that is not short"}});
  REQUIRE(series != nullptr);
  CHECK(series->value.integer() == 7);
  CHECK(values.find("merchants_total")->info->help == "Merchants.");
}
