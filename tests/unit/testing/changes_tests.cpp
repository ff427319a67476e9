#include <telltale/metrics.hpp>
#include <telltale/testing/catch_matchers.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <stdexcept>

namespace tt = telltale;

namespace {

enum class side { left, right };
using by_side = tt::label<"side", side>;
using by_name = tt::text_label<"name", 16>;

struct fixture {
  tt::registry metrics;
  tt::family<tt::counter, by_side> steps = metrics.counter<by_side>({.name = "steps_total", .help = "Steps."});
  tt::family<tt::counter, by_name> named = metrics.counter<by_name>({.name = "named_total", .help = "Named."});
  tt::gauge level = metrics.gauge({.name = "level", .help = "Level."});
  tt::histogram sizes = metrics.histogram({.name = "sizes_bytes", .help = "Sizes.", .buckets = {1, 2}});
};

}  // namespace

TEST_CASE_METHOD(fixture, "changes tell what grew since they were made, and nothing of what was before") {
  steps.with(side::left).inc(5);
  level.set(7);
  sizes.observe(2);
  tt::testing::changes changes{metrics};
  CHECK(changes.all().empty());

  steps.with(side::left).inc(2);
  level.set(4);
  sizes.observe(1.5);
  sizes.observe(0);
  named.with(by_name{"new"}).inc(3);

  CHECK(changes.of("steps_total", {{"side", "left"}}) == 2);
  CHECK(changes.of("steps_total", {{"side", "right"}}) == 0);
  CHECK(changes.of("level") == -3);
  CHECK(changes.of("sizes_bytes") == 1.5);
  CHECK(changes.observations("sizes_bytes") == 2);
  CHECK(changes.of("named_total", {{"name", "new"}}) == 3);
  CHECK(changes.all().size() == 4);

  changes.restart();
  CHECK(changes.all().empty());
}

TEST_CASE_METHOD(fixture, "an observation of zero is a change") {
  const tt::testing::changes changes{metrics};
  sizes.observe(0);
  CHECK(changes.all().size() == 1);
  CHECK_THAT(changes, tt::testing::only_changed("sizes_bytes", 1));
}

TEST_CASE_METHOD(fixture, "a small step of a counter beyond 2^53 is exact") {
  steps.with(side::left).inc(std::uint64_t{1} << 60);
  const tt::testing::changes changes{metrics};
  steps.with(side::left).inc();
  CHECK(changes.of("steps_total", {{"side", "left"}}) == 1);
}

TEST_CASE_METHOD(fixture, "a rejected update is a change of telltale's own metric") {
  const tt::testing::changes changes{metrics};
  sizes.observe(std::numeric_limits<double>::quiet_NaN());
  CHECK_THAT(changes, tt::testing::only_changed("telltale_metric_rejected_total", {{"metric", "sizes_bytes"}}, 1));
}

TEST_CASE_METHOD(fixture, "a misspelt series is an error, not a zero") {
  const tt::testing::changes changes{metrics};
  CHECK_THROWS_WITH(changes.of("steps_total", {{"side", "up"}}), Catch::Contains("{side=\"left\"}"));
  CHECK_THROWS_AS(changes.of("stairs_total"), std::runtime_error);
}

TEST_CASE_METHOD(fixture, "matchers say what there is instead") {
  const tt::testing::changes changes{metrics};
  steps.with(side::left).inc(2);
  CHECK_THAT(metrics, tt::testing::has_value("steps_total", {{"side", "left"}}, 2));
  CHECK_THAT(metrics, !tt::testing::has_value("steps_total", {{"side", "right"}}, 2));
  CHECK_THAT(metrics, tt::testing::has_value("level", 0));

  const tt::testing::has_value three{"steps_total", {{"side", "left"}}, 3};
  CHECK_FALSE(three.match(metrics));
  CHECK(three.describe() == "has steps_total{side=\"left\"} 3; there is: 2");

  const tt::testing::only_changed right{"steps_total", {{"side", "right"}}, 2};
  CHECK_FALSE(right.match(changes));
  CHECK(right.describe() == "only changed steps_total{side=\"right\"} +2; there is: steps_total{side=\"left\"} +2");

  (void)metrics.gauge({.name = "wait_ms_now", .help = "Waiting."});
  const tt::testing::passes_lint clean;
  CHECK_FALSE(clean.match(metrics));
  CHECK_THAT(clean.describe(), Catch::Contains("wait_ms_now: names have no abbreviations: \"ms\"; write seconds"));
}
