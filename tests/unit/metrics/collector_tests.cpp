// Attached collectors: what they give appears beside the registry's own metrics, mended or left out and named.
#include <telltale/detail/event_hook.hpp>
#include <telltale/metrics/registry.hpp>
#include <telltale/result.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tt = telltale;

namespace {

using families = std::vector<tt::foreign_family>;
using bucket = tt::foreign_series::bucket;

constexpr double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

tt::foreign_series one(double value) { return {.value = tt::metric_value(value)}; }

tt::foreign_series labelled(double value, std::vector<std::pair<std::string, std::string>> labels) {
  return {.labels = std::move(labels), .value = tt::metric_value(value)};
}

tt::foreign_series row(std::vector<bucket> buckets, std::uint64_t count, double sum = 1) {
  return {.buckets = std::move(buckets), .count = count, .sum = sum};
}

tt::foreign_family counter(std::string name, std::vector<tt::foreign_series> series) {
  return {.name = std::move(name), .help = "Help.", .type = tt::metric_type::counter, .series = std::move(series)};
}

tt::foreign_family histogram(std::string name, std::vector<tt::foreign_series> series) {
  return {.name = std::move(name), .help = "Help.", .type = tt::metric_type::histogram, .series = std::move(series)};
}

// A registry with one collector that always gives the same.
struct attached {
  explicit attached(families given)
      : attachment(metrics.attach([given = std::move(given)](families& into) { into = given; })) {}

  tt::registry metrics;
  tt::attachment attachment;
};

std::uint64_t rejected(const tt::snapshot& values, std::string_view metric, std::string_view reason) {
  const auto* series = values.find("telltale_foreign_rejected_total", {{"metric", metric}, {"reason", reason}});
  return series == nullptr ? 0 : series->value.integer();
}

std::uint64_t rejected(const tt::snapshot& values) {
  std::uint64_t all = 0;
  for (const auto& series : values.find("telltale_foreign_rejected_total")->series) all += series.value.integer();
  return all;
}

}  // namespace

TEST_CASE("a collector's families appear beside the registry's own, under their own names and labels") {
  tt::registry metrics({.prefix = "shop", .constant_labels = {{"zone", "eu"}}});
  auto own = metrics.counter({.name = "orders_total", .help = "Orders."});
  own.inc();
  const tt::attachment kept = metrics.attach([](families& into) {
    into.push_back(counter("hits", {labelled(2, {{"b", "2\"\n"}, {"a", "1"}})}));
    into.push_back({.name = "temp:celsius", .help = "T.", .type = tt::metric_type::gauge, .series = {one(not_a_number)}});
    into.push_back({.name = "odd", .type = tt::metric_type::unknown, .series = {one(-1)}});
    into.push_back({.name = "wait",
                    .type = tt::metric_type::summary,
                    .series = {{.quantiles = {{0.99, 5}, {0.5, 2}, {0.5, 2}}, .count = 7, .sum = 9}}});
    into.push_back(histogram("size", {row({{1, 2}, {5, 3}}, 4, 20)}));
  });
  const tt::snapshot values = metrics.collect();
  REQUIRE(values.find("shop_orders_total") != nullptr);
  CHECK(values.find("hits")->info->type == tt::metric_type::counter);
  CHECK(values.find("hits")->series[0].labels == "a=\"1\",b=\"2\\\"\\n\"");
  CHECK(values.find("hits")->series[0].value.as_double() == 2);
  CHECK(std::isnan(values.find("temp:celsius")->series[0].value.as_double()));
  CHECK(values.find("odd", {})->value.as_double() == -1);
  const auto* wait = values.find("wait", {});
  REQUIRE(wait->quantiles.size() == 2);
  CHECK(wait->quantiles[0].quantile == 0.5);
  CHECK(wait->count() == 7);
  CHECK(wait->sum == 9);
  const auto* size = values.find("size", {});
  CHECK(values.find("size")->info->bounds == std::vector<double>{1, 5});
  CHECK(std::vector<std::uint64_t>(size->buckets.begin(), size->buckets.end()) == std::vector<std::uint64_t>{2, 1, 1});
  CHECK(rejected(values) == 0);
}

TEST_CASE("a registry without collectors has no metric about them") {
  tt::registry metrics;
  CHECK(metrics.collect().find("telltale_foreign_rejected_total") == nullptr);
}

TEST_CASE("a snapshot keeps what a collector gave when collector and registry are gone") {
  tt::snapshot values;
  {
    attached foreign({counter("hits_total", {labelled(3, {{"who", std::string(100, 'x')}})})});
    foreign.metrics.collect(values);
  }
  CHECK(values.find("hits_total", {{"who", std::string(100, 'x')}})->value.as_double() == 3);
}

TEST_CASE("invalid foreign families and series are left out and named") {
  struct row_of_table {
    const char* reason;
    tt::foreign_family family;
  };
  const std::vector<row_of_table> table = {
      {"invalid_name", counter("", {one(1)})},
      {"invalid_name", counter("http.requests", {one(1)})},
      {"invalid_name", counter("1st", {one(1)})},
      {"invalid_name", counter("a\xFF", {one(1)})},
      {"invalid_name", counter("a 1\nb", {one(1)})},
      {"name_clash", counter("own_total", {one(1)})},
      {"name_clash", counter("own", {one(1)})},
      {"name_clash", counter("own_created", {one(1)})},
      {"name_clash", counter("own_seconds_bucket", {one(1)})},
      {"name_clash", histogram("own", {row({}, 1)})},
      {"name_clash", counter("telltale_foreign_rejected_total", {one(1)})},
      {"name_clash", {.name = "good", .type = tt::metric_type::summary, .series = {{}}}},
      {"name_clash", {.name = "good_total", .type = tt::metric_type::gauge, .series = {one(1)}}},
      {"invalid_label", counter("a_total", {labelled(1, {{"", "x"}})})},
      {"invalid_label", counter("a_total", {labelled(1, {{"a-b", "x"}})})},
      {"invalid_label", counter("a_total", {labelled(1, {{"__name__", "x"}})})},
      {"invalid_label", counter("a_total", {labelled(1, {{"k", "x"}, {"k", "y"}})})},
      {"invalid_label", histogram("h", {{.labels = {{"le", "1"}}, .count = 1}})},
      {"invalid_label", {.name = "s", .type = tt::metric_type::summary, .series = {{.labels = {{"quantile", "1"}}}}}},
      {"duplicate_series", counter("a_total", {labelled(1, {{"k", "x"}, {"l", "y"}}), labelled(1, {{"l", "y"}, {"k", "x"}})})},
      {"duplicate_series", counter("a_total", {labelled(1, {{"k", ""}}), one(1)})},
      {"invalid_value", counter("a_total", {one(not_a_number)})},
      {"invalid_value", counter("a_total", {one(-1)})},
      {"invalid_buckets", histogram("h", {row({{not_a_number, 1}}, 1)})},
      {"invalid_buckets", histogram("h", {row({{1, 5}, {2, 3}}, 5)})},
      {"invalid_quantile", {.name = "s", .type = tt::metric_type::summary, .series = {{.quantiles = {{1.5, 1}}}}}},
      {"invalid_quantile", {.name = "s", .type = tt::metric_type::summary, .series = {{.quantiles = {{not_a_number, 1}}}}}},
      {"bounds_differ", histogram("h", {{.labels = {{"k", "1"}}, .buckets = {{1, 1}}}, row({{2, 1}}, 1)})},
  };
  for (const row_of_table& each : table) {
    CAPTURE(each.reason, each.family.name);
    tt::registry metrics;
    (void)metrics.counter({.name = "own_total", .help = "Own."});
    (void)metrics.histogram({.name = "own_seconds", .help = "Own."});
    const tt::attachment kept = metrics.attach([&](families& into) {
      into.push_back(counter("good_total", {one(1)}));
      into.push_back(each.family);
      into.push_back(counter("better_total", {one(1)}));
    });
    const tt::snapshot values = metrics.collect();
    CHECK(rejected(values) == 1);
    if (tt::detail::is_label_name(each.family.name)) CHECK(rejected(values, each.family.name, each.reason) == 1);
    CHECK(values.find("good_total", {}) != nullptr);
    CHECK(values.find("better_total", {}) != nullptr);
    CHECK(values.find("own_total", {})->value.is_integer());
  }
}

TEST_CASE("what can be mended in a foreign family is mended") {
  SECTION("text that is not UTF-8") {
    attached foreign({{.name = "g", .help = "a\xFF", .type = tt::metric_type::gauge, .series = {labelled(1, {{"k", "\xC3("}})}}});
    const tt::snapshot values = foreign.metrics.collect();
    CHECK(values.find("g")->info->help == "a\xEF\xBF\xBD");
    CHECK(values.find("g")->series[0].labels == "k=\"\xEF\xBF\xBD(\"");
    CHECK(rejected(values) == 0);
  }
  SECTION("a label given twice with one value") {
    attached foreign({counter("a_total", {labelled(1, {{"k", "v"}, {"k", "v"}})})});
    CHECK(foreign.metrics.collect().find("a_total")->series[0].labels == "k=\"v\"");
  }
  SECTION("buckets out of order, given twice, with +Inf twice and a count that is not theirs") {
    attached foreign({histogram("h", {row({{infinity, 9}, {2, 4}, {-infinity, 0}, {1, 3}, {2, 4}, {infinity, 9}}, 5)})});
    const tt::snapshot values = foreign.metrics.collect();
    CHECK(values.find("h")->info->bounds == std::vector<double>{1, 2});
    const auto cells = values.find("h", {})->buckets;
    CHECK(std::vector<std::uint64_t>(cells.begin(), cells.end()) == std::vector<std::uint64_t>{3, 1, 5});
    CHECK(rejected(values) == 0);
  }
  SECTION("no bucket at all") {
    attached foreign({histogram("h", {row({}, 5)})});
    CHECK(foreign.metrics.collect().find("h", {})->count() == 5);
  }
  SECTION("series with different buckets keep the exact counts of those they share") {
    attached foreign({histogram("h", {{.labels = {{"k", "a"}}, .buckets = {{1, 1}, {2, 3}, {4, 6}}, .count = 10},
                                      {.labels = {{"k", "b"}}, .buckets = {{2, 5}, {3, 6}, {4, 7}}, .count = 8}})});
    const tt::snapshot values = foreign.metrics.collect();
    CHECK(values.find("h")->info->bounds == std::vector<double>{2, 4});
    const auto a = values.find("h", {{"k", "a"}})->buckets;
    const auto b = values.find("h", {{"k", "b"}})->buckets;
    CHECK(std::vector<std::uint64_t>(a.begin(), a.end()) == std::vector<std::uint64_t>{3, 3, 4});
    CHECK(std::vector<std::uint64_t>(b.begin(), b.end()) == std::vector<std::uint64_t>{5, 2, 1});
    CHECK(rejected(values, "h", "bounds_differ") == 1);
  }
  SECTION("a family given in parts, by several collectors") {
    attached foreign({counter("a_total", {labelled(1, {{"k", "1"}})}), counter("b_total", {one(1)}),
                      counter("a_total", {labelled(2, {{"k", "2"}})})});
    const tt::attachment other =
        foreign.metrics.attach([](families& into) { into.push_back(counter("a_total", {labelled(3, {{"k", "3"}})})); });
    const tt::snapshot values = foreign.metrics.collect();
    CHECK(values.find("a_total")->series.size() == 3);
    CHECK(rejected(values) == 0);
  }
}

TEST_CASE("a collector that throws costs what it has not given, and is counted and reported once") {
  std::vector<std::string> reports;
  auto hook = std::make_shared<tt::detail::event_hook>();
  hook->install([&](const tt::detail::internal_event& event) { reports.emplace_back(event.message); });
  tt::registry metrics({}, hook);
  const tt::attachment bad = metrics.attach([](families& into) {
    into.push_back(counter("given_total", {one(1)}));
    throw std::runtime_error("device gone");
  });
  const tt::attachment worse = metrics.attach([](families&) { throw 42; });
  const tt::attachment good = metrics.attach([](families& into) { into.push_back(counter("good_total", {one(1)})); });
  (void)metrics.collect();
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("given_total", {}) != nullptr);
  CHECK(values.find("good_total", {}) != nullptr);
  CHECK(rejected(values, "*", "collector_failed") == 4);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].find("device gone") != std::string::npos);
}

TEST_CASE("the counter of what was left out is bounded, and each culprit is reported once") {
  int reports = 0;
  auto hook = std::make_shared<tt::detail::event_hook>();
  hook->install([&](const tt::detail::internal_event&) { ++reports; });
  tt::registry metrics({}, hook);
  const tt::attachment kept = metrics.attach([](families& into) {
    for (int i = 0; i < 1000; ++i) into.push_back(counter("bad." + std::to_string(i) + std::string(1000, 'x'), {}));
  });
  for (int i = 0; i < 3; ++i) (void)metrics.collect();
  const tt::snapshot values = metrics.collect();
  CHECK(rejected(values) == 4000);
  CHECK(values.find("telltale_foreign_rejected_total")->series.size() <= 110);
  CHECK(rejected(values, "_other", "invalid_name") > 3000);
  CHECK(reports == tt::detail::event_hook::burst);
}

TEST_CASE("a detached collector is not asked again, also when it detaches itself") {
  tt::registry metrics;
  int asked = 0;
  std::optional<tt::attachment> itself;
  {
    const tt::attachment kept = metrics.attach([&](families& into) {
      ++asked;
      into.push_back(counter("a_total", {one(1)}));
    });
    (void)metrics.collect();
  }
  itself = metrics.attach([&](families& into) {
    itself.reset();
    into.push_back(counter("b_total", {one(1)}));
  });
  const tt::snapshot values = metrics.collect();
  CHECK(asked == 1);
  CHECK(values.find("a_total") == nullptr);
  CHECK(values.find("b_total") == nullptr);
  CHECK(metrics.collect().find("telltale_foreign_rejected_total") == nullptr);
}

TEST_CASE("a collector that collects its own registry fails instead of waiting for itself") {
  tt::registry metrics;
  const tt::attachment kept = metrics.attach([&](families&) { (void)metrics.collect(); });
  CHECK(rejected(metrics.collect(), "*", "collector_failed") == 1);
}

TEST_CASE("an empty collector is refused when it is attached") {
  tt::registry metrics;
  CHECK_THROWS_AS(metrics.attach({}), tt::error);
}
