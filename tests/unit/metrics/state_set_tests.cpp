#include "unit/metrics/example_labels.hpp"

#include <telltale/result.hpp>
#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

namespace tt = telltale;
using namespace example;

namespace breakers {
enum class breaker_state { closed, half_open, open };
}
using breakers::breaker_state;

TEST_CASE("exactly the current state of a state set is 1") {
  tt::registry metrics;
  const auto state = metrics.state_set<breaker_state>({.name = "breaker_state", .help = "The breaker."});
  CHECK(tt::testing::value(metrics, "breaker_state", {{"breaker_state", "closed"}}) == 1);
  state.set(breaker_state::open);
  CHECK(tt::testing::value(metrics, "breaker_state", {{"breaker_state", "closed"}}) == 0);
  CHECK(tt::testing::value(metrics, "breaker_state", {{"breaker_state", "half_open"}}) == 0);
  CHECK(tt::testing::value(metrics, "breaker_state", {{"breaker_state", "open"}}) == 1);
}

TEST_CASE("a family of state sets has one state for each of its labels") {
  tt::registry metrics({.prefix = "shop", .constant_labels = {{"region", "eu"}}});
  const auto state = metrics.state_set<breaker_state, by_provider>({.name = "breaker_state", .help = "The breakers."});
  state.with(provider::adyen).set(breaker_state::half_open);
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("shop_breaker_state")->info->type == tt::metric_type::state_set);
  const auto at = [&](std::string_view provider, std::string_view state_name) {
    return values
        .find("shop_breaker_state", {{"region", "eu"}, {"provider", provider}, {"shop_breaker_state", state_name}})
        ->value.integer();
  };
  CHECK(at("stripe", "closed") == 1);
  CHECK(at("adyen", "closed") == 0);
  CHECK(at("adyen", "half_open") == 1);
}

TEST_CASE("a state that is no enumerator is counted and changes nothing") {
  tt::registry metrics;
  const auto state = metrics.state_set<breaker_state>({.name = "breaker_state", .help = "The breaker."});
  state.set(breaker_state::open);
  state.set(static_cast<breaker_state>(3));
  CHECK(tt::testing::value(metrics, "breaker_state", {{"breaker_state", "open"}}) == 1);
  CHECK(tt::testing::value(metrics, "telltale_metric_rejected_total", {{"metric", "breaker_state"}}) == 1);
}

TEST_CASE("a state set that changes while it is collected is in one state in every scrape") {
  tt::registry metrics;
  const auto state = metrics.state_set<breaker_state>({.name = "breaker_state", .help = "The breaker."});
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int n = 0; !done; ++n) state.set(static_cast<breaker_state>(n % 3));
  });
  bool torn = false;
  tt::snapshot values;
  for (int n = 0; n < 2000; ++n) {
    metrics.collect(values);
    std::uint64_t total = 0;
    for (const tt::series_snapshot& series : values.find("breaker_state")->series) total += series.value.integer();
    torn = torn || total != 1;
  }
  done = true;
  writer.join();
  CHECK_FALSE(torn);
}

TEST_CASE("a state set whose further label has its own name is refused") {
  tt::registry metrics;
  CHECK_THROWS_AS((metrics.state_set<breaker_state, by_provider>({.name = "provider", .help = "The breakers."})), tt::error);
}

TEST_CASE("state set handles outlive their registry") {
  tt::state_set<breaker_state> state;
  state.set(breaker_state::open);
  {
    tt::registry metrics;
    state = metrics.state_set<breaker_state>({.name = "breaker_state", .help = "The breaker."});
  }
  state.set(breaker_state::open);
  state.set(static_cast<breaker_state>(9));
}

TEST_CASE("an info metric is 1 and carries its labels") {
  tt::registry metrics;
  metrics.info({.name = "build_info", .help = "The build."}, {{"version", "1.2"}, {"note", "a\"b"}});
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("build_info")->info->type == tt::metric_type::info);
  REQUIRE(values.find("build_info")->series.size() == 1);
  CHECK(values.find("build_info")->series[0].labels == "version=\"1.2\",note=\"a\\\"b\"");
  CHECK(values.find("build_info")->series[0].value.integer() == 1);
}

TEST_CASE("info metrics follow the rules of names") {
  tt::registry metrics;
  CHECK_THROWS_AS(metrics.info({.name = "build", .help = "The build."}, {}), tt::error);
  CHECK_THROWS_AS(metrics.info({.name = "build_info", .help = "The build."}, {{"le", "1"}}), tt::error);
  CHECK_THROWS_AS(metrics.info({.name = "build_info", .help = "The build."}, {{"a b", "1"}}), tt::error);
  CHECK_THROWS_AS(metrics.info({.name = "build_info", .help = "The build."}, {{"a", "\xFF"}}), tt::error);
  CHECK_THROWS_AS(metrics.info({.name = "build_info", .help = "The build."}, {{"a", "1"}, {"a", "2"}}), tt::error);
  metrics.info({.name = "build_info", .help = "The build."}, {});
  CHECK_THROWS_AS(metrics.gauge({.name = "build_info", .help = "Same name."}), tt::error);
  CHECK_THROWS_AS(metrics.gauge({.name = "build", .help = "Same OpenMetrics family."}), tt::error);
  (void)metrics.gauge({.name = "target_info", .help = "A gauge."});
  CHECK_THROWS_AS(metrics.info({.name = "target_info", .help = "Same name."}, {}), tt::error);
}
