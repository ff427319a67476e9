#include <telltale/health.hpp>
#include <telltale/result.hpp>
#include <telltale/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

namespace tt = telltale;
using namespace std::chrono_literals;
using tt::testing::manual_clock;

namespace {

tt::error_code code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const tt::error& problem) {
    return problem.code();
  }
  return tt::error_code{};
}

// A check that hangs until it is let go.
struct gate {
  std::promise<void> opener;
  std::shared_future<void> open = opener.get_future().share();
  std::atomic<int> entered{0};

  tt::check_result pass() {
    ++entered;
    open.wait();
    return tt::healthy();
  }
};

}  // namespace

TEST_CASE("a report lists the checks in order and takes the worst critical answer") {
  tt::health health({.service = "api"});
  CHECK(health.report().status == tt::health_status::healthy);

  health.add("redis", [] { return tt::healthy(); });
  CHECK(health.report().status == tt::health_status::healthy);
  health.add("cache", [] { return tt::unhealthy("gone"); }, {.critical = false});
  CHECK(health.report().status == tt::health_status::degraded);
  CHECK(health.ready());
  health.add("queue", [] { return tt::degraded("slow"); });
  CHECK(health.report().status == tt::health_status::degraded);
  CHECK(health.ready());
  health.add("database", [] { return tt::unhealthy("refused"); });

  const tt::health_report report = health.report();
  CHECK(report.status == tt::health_status::unhealthy);
  CHECK(report.service == "api");
  REQUIRE(report.checks.size() == 4);
  CHECK(report.checks[0].name == "redis");
  CHECK(report.checks[1].result.status == tt::check_status::error);
  CHECK(report.checks[2].result.reason == "slow");
  CHECK(report.checks[3].name == "database");
  CHECK_FALSE(health.ready());
}

TEST_CASE("a check that throws is an error with the exception's text") {
  tt::health health;
  health.add("standard", []() -> tt::check_result { throw std::runtime_error("no route to host"); });
  health.add("other", []() -> tt::check_result { throw 7; });
  const tt::health_report report = health.report();
  CHECK(report.checks[0].result.status == tt::check_status::error);
  CHECK(report.checks[0].result.reason == "no route to host");
  CHECK(report.checks[1].result.status == tt::check_status::error);
}

TEST_CASE("answers are used again for the chosen time") {
  manual_clock clock;
  std::atomic<int> runs{0};
  tt::health health({.time = &clock});
  health.add("database", [&] { ++runs; return tt::healthy(); }, {.cache = 5s});
  (void)health.report();
  clock.advance(4999ms);
  (void)health.report();
  CHECK(health.ready());
  CHECK(runs == 1);
  clock.advance(1ms);
  (void)health.report();
  CHECK(runs == 2);
}

TEST_CASE("a hanging check is reported as an error, is not started again, and holds nobody up") {
  const auto held = std::make_shared<gate>();
  tt::health health;
  health.add("stuck", [held] { return held->pass(); }, {.timeout = 20ms, .cache = 0ms});
  health.add("fine", [] { return tt::healthy(); });
  for (int i = 0; i < 3; ++i) {
    const tt::health_report report = health.report();
    CHECK(report.status == tt::health_status::unhealthy);
    CHECK(report.checks[0].result.status == tt::check_status::error);
    CHECK(report.checks[0].result.reason == "no answer within the timeout");
    CHECK(report.checks[1].result.status == tt::check_status::ok);
  }
  CHECK(held->entered == 1);
  held->opener.set_value();
  // It answers again: soon a report sees it.
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (health.report().status != tt::health_status::healthy) {
    REQUIRE(std::chrono::steady_clock::now() < limit);
    std::this_thread::yield();
  }
}

TEST_CASE("checks run at the same time") {
  std::promise<void> first;
  std::promise<void> second;
  tt::health health;
  // Each needs the other to be running.
  health.add("a", [&] { first.set_value(); second.get_future().wait(); return tt::healthy(); }, {.timeout = 10s});
  health.add("b", [&] { second.set_value(); first.get_future().wait(); return tt::healthy(); }, {.timeout = 10s});
  CHECK(health.report().status == tt::health_status::healthy);
}

TEST_CASE("reports at the same time share one run of a check") {
  const auto held = std::make_shared<gate>();
  tt::health health;
  health.add("database", [held] { return held->pass(); }, {.timeout = 10s});
  std::vector<std::future<tt::health_report>> reports;
  for (int i = 0; i < 4; ++i) reports.push_back(std::async(std::launch::async, [&] { return health.report(); }));
  while (held->entered == 0) std::this_thread::yield();
  held->opener.set_value();
  for (auto& report : reports) CHECK(report.get().status == tt::health_status::healthy);
  CHECK(held->entered == 1);
}

TEST_CASE("a check may use the health object") {
  tt::health health;
  health.add("self", [&] { return health.state() == tt::service_state::ready ? tt::healthy() : tt::unhealthy("no"); });
  CHECK(health.ready());
}

TEST_CASE("readiness follows the state, and asks no check while starting or draining") {
  std::atomic<int> runs{0};
  tt::health health({.state = tt::service_state::starting});
  health.add("database", [&] { ++runs; return tt::healthy(); });
  CHECK_FALSE(health.ready());
  CHECK(runs == 0);
  health.set_state(tt::service_state::ready);
  CHECK(health.ready());
  health.set_state(tt::service_state::draining);
  health.set_state(tt::service_state::ready);
  CHECK(health.state() == tt::service_state::draining);
  CHECK_FALSE(health.ready());
  CHECK(runs == 1);
}

TEST_CASE("readiness asks critical readiness checks only") {
  tt::health health;
  health.add("cache", [] { return tt::unhealthy("down"); }, {.critical = false});
  health.add("common database", [] { return tt::unhealthy("down"); }, {.readiness = false});
  CHECK(health.ready());
  CHECK(health.report().status == tt::health_status::unhealthy);
}

TEST_CASE("the end does not wait for ever for a hanging check") {
  const auto held = std::make_shared<gate>();
  {
    tt::health health({.shutdown_timeout = 10ms});
    health.add("stuck", [held] { return held->pass(); }, {.timeout = 1ms});
    (void)health.report();
  }
  held->opener.set_value();  // its thread ends on what it owns
  while (held.use_count() > 1) std::this_thread::yield();
}

TEST_CASE("mistakes at registration are errors with a code") {
  tt::health health;
  health.add("database", [] { return tt::healthy(); });
  const auto good = [] { return tt::healthy(); };
  CHECK(code_of([&] { health.add("database", good); }) == tt::error_code::duplicate_name);
  CHECK(code_of([&] { health.add("", good); }) == tt::error_code::invalid_option);
  CHECK(code_of([&] { health.add("x", nullptr); }) == tt::error_code::invalid_option);
  CHECK(code_of([&] { health.add("x", good, {.timeout = 0ms}); }) == tt::error_code::invalid_option);
  CHECK(code_of([&] { health.add("x", good, {.timeout = 61s}); }) == tt::error_code::invalid_option);
  CHECK(code_of([&] { health.add("x", good, {.cache = -1ms}); }) == tt::error_code::invalid_option);
  CHECK(health.report().checks.size() == 1);
}

TEST_CASE("the report's JSON is the one of the reference, with escaping") {
  tt::health_report report;
  report.timestamp = tt::wall_time{std::chrono::milliseconds{1704967200000}};
  report.uptime = 3600s;
  report.service = "api";
  report.checks.push_back({"redis", tt::healthy(), 1ms});
  report.checks.push_back({"database", tt::healthy(), 5ms});
  CHECK(report.to_json() ==
        R"({"status":"healthy","timestamp":"2024-01-11T10:00:00.000Z","uptime":3600,"checks":{"redis":{"status":"ok","latency":1},"database":{"status":"ok","latency":5}},"service":"api"})");

  report.status = tt::health_status::unhealthy;
  report.checks = {{"a\"b", tt::unhealthy("line\nbreak"), 0ms}, {"c", tt::degraded(""), 2ms}};
  CHECK(report.to_json() ==
        R"({"status":"unhealthy","timestamp":"2024-01-11T10:00:00.000Z","uptime":3600,"checks":{"a\"b":{"status":"error","latency":0,"message":"line\nbreak"},"c":{"status":"degraded","latency":2}},"service":"api"})");
}

TEST_CASE("uptime and timestamp come from the clock") {
  manual_clock clock;
  tt::health health({.time = &clock});
  clock.advance(90500ms);
  const tt::health_report report = health.report();
  CHECK(report.uptime == 90s);
  CHECK(report.timestamp == manual_clock::some_time + 90500ms);
}
