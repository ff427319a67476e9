// Every metric that the five teams name in their documents and that a pack claims to serve (docs/naming.md), with the
// labels of their queries, against a real collection.
#include "unit/families/fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace {

namespace presets = families::presets;

struct named {
  const char* metric;
  std::vector<std::string> labels;  // sorted
};

void check(const tt::registry& metrics, const std::vector<named>& expected) {
  const tt::snapshot values = metrics.collect();
  for (const named& each : expected) {
    INFO(each.metric);
    const tt::family_snapshot* family = values.find(each.metric);
    REQUIRE(family != nullptr);
    REQUIRE_FALSE(family->series.empty());
    std::vector<std::string> labels;
    tt::for_each_label(family->series[0].labels,
                       [&](std::string_view name, std::string_view) { labels.emplace_back(name); });
    std::sort(labels.begin(), labels.end());
    CHECK(labels == each.labels);
  }
}

template <class Pack>
void answer_one(const Pack& http, observed& seen) {
  http.start(seen.traces, {.method = families::http_method::get, .route = "/"}, tt::context{}).end(200);
}

}  // namespace

TEST_CASE("twinkle-backend finds its metrics") {
  observed seen;
  const presets::twinkle_http http{seen.metrics};
  const presets::twinkle_settlement settlements{seen.metrics, presets::twinkle_settlement_options()};
  const families::process process{seen.metrics};
  answer_one(http, seen);
  check(seen.metrics, {{"http_request_duration_seconds", {"method", "route", "status_code"}},
                       {"http_requests_total", {"method", "route", "status_code"}},
                       {"twinkle_settlements_total", {"status", "type"}},
                       {"twinkle_settlement_duration_seconds", {"status"}},
                       {"process_cpu_user_seconds_total", {}},
                       {"process_cpu_system_seconds_total", {}},
                       {"process_resident_memory_bytes", {}},
                       {"process_heap_bytes", {}}});
  for (const char* status : {"success", "failure", "pending"}) {
    for (const char* type : {"paywall", "subscription", "direct"}) {
      CHECK(value(seen.metrics, "twinkle_settlements_total", {{"status", status}, {"type", type}}) == 0);
    }
  }
}

TEST_CASE("a8n finds its metrics") {
  observed seen;
  const presets::a8n_http http{seen.metrics};
  const presets::a8n_payment payments{seen.metrics, presets::a8n_payment_options("USD")};
  answer_one(http, seen);
  check(seen.metrics, {{"http_requests_total", {"method", "path", "status"}},
                       {"http_request_duration_seconds", {"method", "path"}},
                       {"payments_total", {"status"}},
                       {"revenue_cents_total", {}}});
  CHECK(value(seen.metrics, "payments_total", {{"status", "failed"}}) == 0);
  CHECK(value(seen.metrics, "payments_total", {{"status", "succeeded"}}) == 0);
}

TEST_CASE("defy finds its metrics") {
  enum class inter_event { paid, expired };
  enum class anchor_status { pending, completed, error };
  observed seen;
  const presets::defy_http http{seen.metrics};
  const families::webhooks<by_psp> events{seen.metrics};
  const presets::defy_inter inter{seen.metrics, presets::defy_inter_options()};
  const families::webhooks<tt::label<"event", inter_event>> inter_hooks{seen.metrics,
                                                                        presets::defy_inter_webhook_options()};
  const presets::defy_anchor put{seen.metrics, presets::defy_anchor_options("sep12_put")};
  const presets::defy_anchor deposit{seen.metrics, presets::defy_anchor_options("sep24_deposit")};
  const presets::defy_anchor sep10{seen.metrics, presets::defy_anchor_options("sep10")};
  const presets::defy_anchor_webhooks<anchor_status> anchor_hooks{seen.metrics, presets::defy_anchor_webhook_options()};
  answer_one(http, seen);
  check(seen.metrics, {{"http_requests_total", {"status"}},
                       {"http_request_duration_seconds", {}},
                       {"provider_event_total", {"provider"}},
                       {"inter_http_duration_seconds", {}},
                       {"inter_webhook_total", {"event"}},
                       {"anchor_sep10_latency_seconds", {}},
                       {"anchor_sep12_put_total", {"result"}},
                       {"anchor_sep24_deposit_total", {"result"}},
                       {"sep24_webhook_latency_seconds", {}},
                       {"anchor_tx_status_total", {"status"}}});
}

TEST_CASE("monero-marketplace finds its metrics") {
  observed seen;
  const families::escrow<> escrows{seen.metrics};
  const presets::monero_rpc rpc{seen.metrics, presets::monero_rpc_options()};
  const families::process process{seen.metrics};
  check(seen.metrics, {{"escrows_created_total", {}},
                       {"escrows_funded_total", {}},
                       {"escrows_completed_total", {}},
                       {"escrows_disputed_total", {}},
                       {"escrows_resolved_total", {}},
                       {"rpc_calls_total", {}},
                       {"rpc_calls_failed_total", {}},
                       {"disputes_buyer_won_total", {}},
                       {"disputes_vendor_won_total", {}},
                       {"uptime_seconds", {}}});
}

TEST_CASE("all packs live in one registry with their default names") {
  observed seen;
  const families::http<> http{seen.metrics};
  const families::provider<> calls{seen.metrics};
  const families::webhooks<> hooks{seen.metrics};
  const families::payment<> payments{seen.metrics};
  const families::escrow<> escrows{seen.metrics};
  const families::settlement<> settlements{seen.metrics};
  const families::process process{seen.metrics};
  check(seen.metrics, {{"payments_total", {"status"}},
                       {"settlements_total", {"status"}},
                       {"settlement_backlog", {}},
                       {"settlement_oldest_unsettled_age_seconds", {}},
                       {"payment_idempotency_conflicts_total", {}},
                       {"http_requests_in_flight", {}},
                       {"process_cpu_seconds_total", {}},
                       {"process_max_fds", {}}});
}
