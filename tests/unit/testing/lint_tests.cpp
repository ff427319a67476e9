#include <telltale/families.hpp>
#include <telltale/metrics.hpp>
#include <telltale/testing/catch_matchers.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace tt = telltale;

namespace {

enum class provider { stripe, adyen };
using by_provider = tt::label<"provider", provider>;
using by_camel = tt::label<"providerName", provider>;
using by_payment = tt::text_label<"payment_id", 64>;
using by_who = tt::text_label<"who", 64>;

// The findings, without what the remedy says.
std::vector<std::string> rules(const tt::registry& metrics, tt::testing::lint_options options = {}) {
  std::vector<std::string> found;
  for (const tt::testing::finding& one : tt::testing::lint(metrics, options)) found.push_back(one.metric + ": " + one.rule);
  return found;
}

std::vector<std::string> rules_for_gauge(const std::string& name, const std::string& help = "Some help.") {
  tt::registry metrics;
  (void)metrics.gauge({.name = name, .help = help});
  std::vector<std::string> found = rules(metrics);
  for (std::string& rule : found) rule.erase(0, name.size() + 2);
  return found;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("lint finds nothing in well-named metrics") {
  tt::registry metrics;
  (void)metrics.counter<by_provider>({.name = "charges_total", .help = "Charges by provider."});
  (void)metrics.histogram<by_provider>({.name = "charge_duration_seconds", .help = "Provider call, send to last byte."});
  (void)metrics.gauge({.name = "charges_in_flight", .help = "Charges being made now."});
  (void)metrics.histogram({.name = "batch_items", .help = "Items of a batch.", .buckets = {1, 10, 100}});
  (void)metrics.double_counter({.name = "process_cpu_seconds_total", .help = "CPU time, user and system."});
  CHECK(rules(metrics) == texts{});
  CHECK_THAT(metrics, tt::testing::passes_lint());
}

TEST_CASE("lint finds nothing in the packs") {
  tt::registry metrics;
  tt::families::http<> http{metrics};
  http.declare(tt::families::http_method::get, "/v1/charges");
  const tt::families::process process{metrics};
  CHECK_THAT(metrics, tt::testing::passes_lint());
}

TEST_CASE("lint wants a sentence that says more than the name") {
  CHECK(rules_for_gauge("sessions_active", "Sessions open now") == texts{"help is a sentence: it has no full stop at its end"});
  CHECK(rules_for_gauge("sessions_active", "Sessions active.") == texts{"help says more than the name: this one repeats it"});
}

TEST_CASE("lint wants base units, spelled out and last") {
  CHECK(rules_for_gauge("queue_wait_sec") == texts{"names have no abbreviations: \"sec\""});
  CHECK(rules_for_gauge("queue_age_days") == texts{"values are in base units: \"days\" is none"});
  CHECK(rules_for_gauge("milliseconds_waited") == texts{"values are in base units: \"milliseconds\" is none"});
  CHECK(rules_for_gauge("bytes_queued") == texts{"the unit stands last: \"bytes\" does not"});
  tt::registry metrics;
  (void)metrics.counter({.name = "waited_days_total", .help = "Days waited."});
  CHECK(rules(metrics) == texts{"waited_days_total: values are in base units: \"days\" is none"});
}

TEST_CASE("lint wants no type and no labels in a name") {
  CHECK(rules_for_gauge("gauge_of_sessions") == texts{"a name does not state its type: \"gauge\""});
  CHECK(rules_for_gauge("sessions_by_provider") == texts{"a name does not state its labels: \"_by_\""});
}

TEST_CASE("lint knows a gauge that reads like a counter, and a histogram that does not say what it observes") {
  CHECK(rules_for_gauge("provider_errors").size() == 1);
  CHECK(rules_for_gauge("requests_in_flight") == texts{});
  tt::registry metrics;
  (void)metrics.histogram({.name = "charge_latency", .help = "Latency."});
  CHECK(rules(metrics) == texts{"charge_latency: a histogram's name ends in the unit of what it observes"});
}

TEST_CASE("lint warns of labels that are ids, by their name and by their values") {
  tt::registry metrics;
  const auto by_id = metrics.counter<by_payment>({.name = "charges_total", .help = "Charges, one a payment."});
  const auto by_whom = metrics.counter<by_who>({.name = "logins_total", .help = "Logins by who knows whom."});
  CHECK(rules(metrics) == texts{});  // no series yet
  by_id.with(by_payment{"first"}).inc();
  by_whom.with(by_who{"shop"}).inc();
  by_whom.with(by_who{"jane@example.org"}).inc();
  by_whom.with(by_who{"7a5f1b5f-1d6e-4c2a-8a4f-0c3d2e1b0a99"}).inc();
  CHECK(rules(metrics) ==
        texts{"charges_total: a label's values are few and nobody's data: \"payment_id\" is an id",
              "logins_total: a label's values are few and nobody's data: one of \"who\" looks like an id or an address"});
}

TEST_CASE("lint wants labels in snake_case") {
  tt::registry metrics;
  (void)metrics.counter<by_camel>({.name = "charges_total", .help = "Charges by provider."});
  CHECK(rules(metrics) == texts{"charges_total: labels are snake_case: \"providerName\""});
}

TEST_CASE("lint names families with very many series") {
  tt::registry metrics;
  (void)metrics.counter<by_provider>({.name = "charges_total", .help = "Charges by provider."});
  (void)metrics.histogram<by_provider>({.name = "charge_duration_seconds", .help = "Duration.", .buckets = {1, 2}});
  CHECK(rules(metrics, {.many_samples = 10}) ==
        texts{"charge_duration_seconds: a family has few series: this one gives 10 samples a scrape"});
  CHECK(rules(metrics, {.many_samples = 11}) == texts{});
}
