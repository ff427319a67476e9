#include "unit/metrics/example_labels.hpp"

#include <telltale/detail/event_hook.hpp>
#include <telltale/result.hpp>
#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cmath>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace tt = telltale;
using namespace example;
using Catch::Contains;
using tt::testing::value;

namespace {

// The code and the text of the error that registering a gauge (or, by name, a counter) of this name gives.
tt::error_code refusal(tt::registry& metrics, const std::string& name, std::string& text, bool as_counter = false) {
  try {
    if (as_counter) {
      (void)metrics.counter({.name = name, .help = "Help."});
    } else {
      (void)metrics.gauge({.name = name, .help = "Help."});
    }
  } catch (const tt::error& problem) {
    text = problem.what();
    return problem.code();
  }
  FAIL("registering " << name << " was not refused");
  return {};
}

}  // namespace

TEST_CASE("a name that breaks a rule is refused with the name, the rule and the remedy") {
  struct row {
    const char* name;
    bool counter;
    const char* says;
  };
  const auto wrong = GENERATE(values<row>({
      {"", false, "snake_case"},
      {"Charges", false, "snake_case"},
      {"2nd", false, "snake_case"},
      {"with-dash", false, "snake_case"},
      {"job:rule", false, "snake_case"},
      {"__own", false, "two leading underscores"},
      {"charges", true, "charges_total"},
      {"_total", true, "before _total or _info"},
      {"charges_total", false, "only a counter"},
      {"active_count", false, "suffix"},
      {"sizes_bucket", false, "suffix"},
      {"latency_ms", false, "_seconds"},
      {"latency_ms_total", true, "_seconds"},
      {"memory_mb", false, "_bytes"},
      {"disk_percent", false, "_ratio"},
      {"load_gauge", false, "type"},
  }));
  tt::registry metrics;
  std::string text;
  CHECK(refusal(metrics, wrong.name, text, wrong.counter) == tt::error_code::invalid_name);
  CHECK_THAT(text, Contains(wrong.says));
  CHECK_THAT(text, Contains("\"" + std::string(wrong.name) + "\""));
}

TEST_CASE("the names of the five teams are accepted") {
  tt::registry metrics;
  for (const char* name : {"http_requests_total", "revenue_cents_total", "orders_filled_total", "inter_reconcile_runs_total",
                           "escrows_created_total", "twinkle_settlements_total", "payflux_ingest_rejected_total"}) {
    (void)metrics.counter({.name = name, .help = "Help."});
  }
  for (const char* name : {"active_sessions", "db_connections_active", "uptime_seconds", "payflux_consumer_lag_messages",
                           "process_resident_memory_bytes"}) {
    (void)metrics.gauge({.name = name, .help = "Help."});
  }
}

TEST_CASE("help is required") {
  tt::registry metrics;
  CHECK_THROWS_WITH(metrics.counter({.name = "seen_total", .help = ""}), Contains("help is required"));
}

TEST_CASE("a name is registered once, also across what OpenMetrics calls one family") {
  tt::registry metrics;
  (void)metrics.counter({.name = "seen_total", .help = "Seen."});
  std::string text;
  CHECK(refusal(metrics, "seen_total", text, true) == tt::error_code::duplicate_name);
  CHECK(refusal(metrics, "seen", text) == tt::error_code::duplicate_name);
  CHECK_THAT(text, Contains("share the handle"));
}

TEST_CASE("constant labels are well-formed and not repeated") {
  tt::registry metrics{{.constant_labels = {{"zone", "eu"}}}};
  using by_zone = tt::label<"zone", provider>;
  CHECK_THROWS_WITH(tt::registry({.constant_labels = {{"zone", "eu"}, {"zone", "us"}}}), Contains("stands twice"));
  CHECK_THROWS_WITH((metrics.counter<by_zone>({.name = "a_total", .help = "A."})), Contains("constant label"));
  CHECK_THROWS_WITH(tt::registry({.constant_labels = {{"le", "1"}}}), Contains("le"));
  CHECK_THROWS_WITH(tt::registry({.prefix = "Pay-"}), Contains("snake_case"));
}

TEST_CASE("bucket bounds are finite and increasing") {
  tt::registry metrics;
  const auto with = [&](std::vector<double> bounds) {
    (void)metrics.histogram({.name = "timing_seconds", .help = "Timing.", .buckets = std::move(bounds)});
  };
  CHECK_THROWS_WITH(with({}), Contains("1 to 200"));
  CHECK_THROWS_WITH(with({1, 1}), Contains("increase strictly"));
  CHECK_THROWS_WITH(with({2, 1}), Contains("increase strictly"));
  CHECK_THROWS_WITH(with({1, INFINITY}), Contains("leave +Inf out"));
  CHECK_THROWS_WITH(with({NAN}), Contains("finite"));
  with({1, 2});
}

TEST_CASE("labels with too many combinations are refused before memory is spent") {
  enum class big : std::uint8_t {
    v00, v01, v02, v03, v04, v05, v06, v07, v08, v09, v10, v11, v12, v13, v14, v15,
    v16, v17, v18, v19, v20, v21, v22, v23, v24, v25, v26, v27, v28, v29, v30, v31
  };
  tt::registry metrics;
  using namespace tt;
  CHECK_THROWS_WITH((metrics.counter<label<"a", big>, label<"b", big>, label<"c", big>, label<"d", big>>(
                        {.name = "many_total", .help = "Many."})),
                    Contains("combinations"));
}

TEST_CASE("the prefix and the constant labels are on every metric") {
  tt::registry metrics{{.prefix = "payflux", .constant_labels = {{"zone", "eu\"1"}}}};
  metrics.counter<by_provider>({.name = "charges_total", .help = "Charges."}).with(provider::adyen).inc();
  const tt::snapshot values = metrics.collect();
  CHECK(value(metrics, "payflux_charges_total", {{"zone", "eu\"1"}, {"provider", "adyen"}}) == 1);
  CHECK(values.find("payflux_charges_total")->series[1].labels == R"(zone="eu\"1",provider="adyen")");
}

TEST_CASE("the unit is the base unit that the name ends in") {
  tt::registry metrics;
  (void)metrics.double_counter({.name = "cpu_seconds_total", .help = "CPU."});
  (void)metrics.gauge({.name = "sessions_active", .help = "Sessions."});
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("cpu_seconds_total")->info->unit == "seconds");
  CHECK(values.find("sessions_active")->info->unit.empty());
}

TEST_CASE("a callback is asked at each collection, and not after it is gone") {
  tt::registry metrics;
  int asked = 0;
  {
    const tt::callback registered = metrics.gauge_callback({.name = "depth_ratio", .help = "Depth."}, [&] { return ++asked; });
    CHECK(value(metrics, "depth_ratio") == 1);
    CHECK(value(metrics, "depth_ratio") == 2);
  }
  CHECK(metrics.collect().find("depth_ratio") == nullptr);
  CHECK(asked == 2);
  const tt::callback again = metrics.counter_callback({.name = "depth_total", .help = "Depth."}, [] { return 5.0; });
  CHECK(value(metrics, "depth_total") == 5);
}

TEST_CASE("a callback that throws or returns nonsense costs its own sample only, and is named") {
  auto hook = std::make_shared<tt::detail::event_hook>();
  std::string report;
  hook->install([&](const tt::detail::internal_event& event) { report += event.message; });
  tt::registry metrics({}, hook);
  (void)metrics.counter({.name = "seen_total", .help = "Seen."});
  const auto throwing = metrics.gauge_callback({.name = "throwing_ratio", .help = "Throws."},
                                               []() -> double { throw std::runtime_error("no database"); });
  const auto nonsense = metrics.gauge_callback({.name = "nonsense_ratio", .help = "NaN."}, [] { return NAN; });
  const auto good = metrics.gauge_callback({.name = "good_ratio", .help = "Good."}, [] { return 1.0; });
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("throwing_ratio") == nullptr);
  CHECK(values.find("nonsense_ratio") == nullptr);
  CHECK(values.find("good_ratio") != nullptr);
  CHECK(values.find("seen_total") != nullptr);
  CHECK(values.find("telltale_metric_callback_errors_total", {{"metric", "throwing_ratio"}})->value.integer() == 1);
  CHECK(values.find("telltale_metric_callback_errors_total", {{"metric", "good_ratio"}})->value.integer() == 0);
  CHECK_THAT(report, Contains("throwing_ratio") && Contains("no database") && Contains("nonsense_ratio"));
}

TEST_CASE("a callback may register a metric, and unregister itself") {
  tt::registry metrics;
  int made = 0;
  tt::callback self;
  self = metrics.gauge_callback({.name = "self_ratio", .help = "Self."}, [&] {
    (void)metrics.counter({.name = "made_" + std::to_string(made++) + "_total", .help = "Made."});
    self = tt::callback{};
    return 1.0;
  });
  (void)metrics.collect();
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("self_ratio") == nullptr);
  CHECK(values.find("made_0_total") != nullptr);
  CHECK(values.find("made_1_total") == nullptr);
}

TEST_CASE("when a callback's registration is destroyed, it is not running any more") {
  tt::registry metrics;
  std::mutex mutex;
  std::condition_variable changed;
  bool inside = false;
  bool go_on = false;
  std::atomic<bool> finished = false;
  auto registered = std::make_unique<tt::callback>(metrics.gauge_callback({.name = "slow_ratio", .help = "Slow."}, [&] {
    std::unique_lock lock(mutex);
    inside = true;
    changed.notify_all();
    changed.wait(lock, [&] { return go_on; });
    finished = true;
    return 1.0;
  }));
  std::thread scrape([&] { (void)metrics.collect(); });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside; });
  }
  std::thread releaser([&] {
    const std::lock_guard lock(mutex);
    go_on = true;
    changed.notify_all();
  });
  registered.reset();
  CHECK(finished);
  releaser.join();
  scrape.join();
}

TEST_CASE("a callback that blocks past its deadline costs its own sample only, until it returns") {
  tt::registry metrics;
  std::mutex mutex;
  std::condition_variable changed;
  bool blocked = true;
  std::atomic<int> entered = 0;
  const auto before = metrics.gauge_callback({.name = "before_ratio", .help = "Before."}, [] { return 1.0; });
  auto slow = metrics.gauge_callback({.name = "slow_ratio", .help = "Slow.", .deadline = std::chrono::milliseconds{5}}, [&] {
    ++entered;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !blocked; });
    return 2.0;
  });
  const auto after = metrics.gauge_callback({.name = "after_ratio", .help = "After."}, [] { return 3.0; });
  for (int scrape = 1; scrape <= 2; ++scrape) {
    const tt::snapshot values = metrics.collect();
    CHECK(values.find("before_ratio", {})->value.as_double() == 1);
    CHECK(values.find("slow_ratio") == nullptr);
    CHECK(values.find("after_ratio", {})->value.as_double() == 3);
    CHECK(values.find("telltale_metric_callback_errors_total", {{"metric", "slow_ratio"}})->value.integer() ==
          static_cast<std::uint64_t>(scrape));
  }
  CHECK(entered == 1);
  {
    const std::lock_guard lock(mutex);
    blocked = false;
  }
  changed.notify_all();
  // It may still be on its way out of the first call, or be late once more on a busy machine: asked again, it answers.
  bool answered = false;
  for (int scrape = 0; scrape < 1000 && !answered; ++scrape) answered = metrics.collect().find("slow_ratio") != nullptr;
  CHECK(answered);
  CHECK_THROWS_WITH(metrics.gauge_callback({.name = "wrong_ratio", .help = "Wrong.", .deadline = std::chrono::hours{1}},
                                           [] { return 1.0; }),
                    Contains("deadline"));
}

TEST_CASE("a callback's registration may outlive the registry") {
  tt::callback registered;
  {
    tt::registry metrics;
    registered = metrics.gauge_callback({.name = "late_ratio", .help = "Late."}, [] { return 1.0; });
  }
}

TEST_CASE("collecting again into a snapshot reuses its memory") {
  tt::registry metrics;
  const auto charges = metrics.counter<by_provider>({.name = "charges_total", .help = "Charges."});
  tt::snapshot values;
  metrics.collect(values);
  const auto* before = values.families()[0].series.data();
  charges.with(provider::stripe).inc();
  metrics.collect(values);
  CHECK(values.families()[0].series.data() == before);
  CHECK(values.find("charges_total", {{"provider", "stripe"}})->value.integer() == 1);
}
