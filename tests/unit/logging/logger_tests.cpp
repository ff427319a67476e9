#include <telltale/logging.hpp>
#include <telltale/result.hpp>
#include <telltale/testing/captured_logs.hpp>
#include <telltale/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tt = telltale;

namespace {

// Text to a kv only when somebody converts it; counts how often.
struct counted_text {
  int* conversions;
  operator std::string_view() const noexcept {
    ++*conversions;
    return "converted";
  }
};

}  // namespace

TEST_CASE("lines below the level are not written and their fields not converted") {
  tt::testing::captured_logs logs;
  const tt::logger log = logs.logger({.threshold = tt::level::warn});
  int conversions = 0;
  const tt::kv<counted_text> field{"key", counted_text{&conversions}};
  log.trace("m", field);
  log.debug("m", field);
  log.info("m", field);
  CHECK(conversions == 0);
  CHECK(logs.lines().empty());
  log.warn("m", field);
  log.error("m", field);
  log.fatal("m", field);
  CHECK(conversions == 3);
  CHECK(logs.lines().size() == 3);
  CHECK(logs.containing("converted").size() == 3);
}

TEST_CASE("each method writes its level's name") {
  tt::testing::captured_logs logs;
  const tt::logger log = logs.logger();
  log.trace("m");
  log.debug("m");
  log.info("m");
  log.warn("m");
  log.error("m");
  log.fatal("m");
  log.log(tt::level::error, "m", tt::kv{"a", 1});
  const std::vector<std::string> lines = logs.lines();
  const std::vector<std::string> names{"trace", "debug", "info", "warn", "error", "fatal", "error"};
  REQUIRE(lines.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(lines[i].find("\"level\":\"" + names[i] + "\"") != std::string::npos);
  }
}

TEST_CASE("the level can be changed while running, for a logger and its copies") {
  tt::testing::captured_logs logs;
  const tt::logger log = logs.logger({.threshold = tt::level::info});
  const tt::logger copy = log;
  CHECK_FALSE(copy.enabled(tt::level::debug));
  log.set_level(tt::level::debug);
  CHECK(copy.enabled(tt::level::debug));
  CHECK(copy.threshold() == tt::level::debug);
  log.set_level(tt::level::off);
  copy.fatal("m");
  copy.log(tt::level::off, "m");
  CHECK(logs.lines().empty());
}

TEST_CASE("a default-constructed logger writes nothing and takes every call") {
  const tt::logger log;
  log.fatal("m", tt::kv{"a", 1});
  log.set_level(tt::level::trace);
  CHECK_FALSE(log.enabled(tt::level::fatal));
  log.flush();
  log.shutdown();
  CHECK(log.statistics().dropped == 0);
}

TEST_CASE("a logger without a sink is refused with the remedy") {
  try {
    const tt::logger log(nullptr);
    FAIL("no exception");
  } catch (const tt::error& problem) {
    CHECK(problem.code() == tt::error_code::invalid_option);
    CHECK(std::string(problem.what()).find("make_log_sink") != std::string::npos);
  }
}

TEST_CASE("lines are counted by level, and those after shutdown as dropped") {
  tt::testing::captured_logs logs;
  const tt::logger log = logs.logger();
  log.info("one");
  log.info("two");
  log.error("three");
  log.shutdown();
  log.error("four");
  const tt::logger copy = log;
  copy.fatal("five");
  const tt::logger_statistics numbers = log.statistics();
  CHECK(numbers.lines[static_cast<std::size_t>(tt::level::info)] == 2);
  CHECK(numbers.lines[static_cast<std::size_t>(tt::level::error)] == 1);
  CHECK(numbers.lines[static_cast<std::size_t>(tt::level::fatal)] == 0);
  CHECK(numbers.dropped == 2);
  CHECK(numbers.lost == 0);
  std::size_t bytes = 0;
  for (const std::string& line : logs.lines()) bytes += line.size();
  CHECK(numbers.bytes == bytes);
  CHECK(logs.lines().size() == 3);
}

TEST_CASE("a copy keeps logging after the logger it was copied from is gone") {
  tt::testing::captured_logs logs;
  auto first = std::make_unique<tt::logger>(logs.logger());
  const tt::logger copy = *first;
  const tt::logger moved = std::move(*first);
  first.reset();
  copy.info("still here");
  moved.info("still here");
  CHECK(logs.lines().size() == 2);
}

TEST_CASE("captured logs can be cleared, searched, and left before the logger that writes to them") {
  tt::logger log;
  {
    tt::testing::captured_logs logs;
    log = logs.logger();
    log.info("apples");
    log.info("pears");
    CHECK(logs.containing("pears").size() == 1);
    logs.clear();
    CHECK(logs.lines().empty());
  }
  log.info("nobody looks any more");
  CHECK(log.statistics().lost == 0);
}

TEST_CASE("the manual clock moves only when told") {
  tt::testing::manual_clock clock;
  tt::testing::captured_logs logs;
  const tt::logger log = logs.logger({.time_source = &clock});
  const tt::time_point before = clock.now();
  log.info("m");
  clock.advance(std::chrono::milliseconds{211});
  log.info("m");
  CHECK(clock.now().steady - before.steady == std::chrono::milliseconds{211});
  clock.set_wall(tt::wall_time{});
  log.info("m");
  CHECK(clock.now().steady - before.steady == std::chrono::milliseconds{211});
  const std::vector<std::string> lines = logs.lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].starts_with(R"({"ts":"2025-09-09T12:34:56.789Z",)"));
  CHECK(lines[1].starts_with(R"({"ts":"2025-09-09T12:34:57.000Z",)"));
  CHECK(lines[2].starts_with(R"({"ts":"1970-01-01T00:00:00.000Z",)"));
}

TEST_CASE("logging cannot throw into business code") {
  const tt::logger log;
  STATIC_REQUIRE(noexcept(log.info("m", tt::kv{"a", 1})));
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<tt::logger>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<tt::logger>);
}
