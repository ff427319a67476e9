#include "unit/families/fixture.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

using families::provider_outcome;
using namespace std::chrono_literals;

namespace {
using calls_by_enum = families::provider<by_psp, by_call, families::by_outcome>;
}

TEST_CASE("a provider call is counted by provider, operation and outcome, and timed without the outcome") {
  observed seen;
  const calls_by_enum calls{seen.metrics};
  calls.start(seen.traces, psp::stripe, psp_call::charge).end(provider_outcome::declined);
  CHECK(value(seen.metrics, "provider_requests_total",
              {{"provider", "stripe"}, {"operation", "charge"}, {"outcome", "declined"}}) == 1);
  CHECK(value(seen.metrics, "provider_requests_total",
              {{"provider", "adyen"}, {"operation", "refund"}, {"outcome", "timeout"}}) == 0);
  CHECK(seen.metrics.collect().find("provider_requests_total")->series.size() == 2 * 3 * 4);
  CHECK(observations(seen.metrics, "provider_request_duration_seconds",
                     {{"provider", "stripe"}, {"operation", "charge"}}) == 1);
}

TEST_CASE("a provider call has a client span, current so that it can be injected") {
  observed seen;
  const calls_by_enum calls{seen.metrics};
  auto call = calls.start(seen.traces, psp::adyen, psp_call::capture);
  std::string sent;
  tt::inject([&](std::string_view name, std::string_view header) {
    if (name == "traceparent") sent = header;
  });
  CHECK(sent == tt::format_traceparent(call.span().context()));
  call.end(provider_outcome::approved);
  const tt::span_data& span = seen.spans.only("adyen capture");
  CHECK(span.kind == tt::span_kind::client);
  CHECK(span.status == tt::span_status::unset);
  CHECK(seen.text(span, "provider") == "adyen");
  CHECK(seen.text(span, "operation") == "capture");
  CHECK(seen.text(span, "outcome") == "approved");
}

TEST_CASE("the order of the values given to a provider call does not matter: their types say what they are") {
  observed seen;
  const calls_by_enum calls{seen.metrics};
  calls.start(seen.traces, psp_call::charge, psp::stripe).end(provider_outcome::approved);
  CHECK(value(seen.metrics, "provider_requests_total",
              {{"provider", "stripe"}, {"operation", "charge"}, {"outcome", "approved"}}) == 1);
}

TEST_CASE("a provider call that an exception leaves has failed") {
  observed seen;
  const calls_by_enum calls{seen.metrics};
  CHECK_THROWS([&] {
    auto call = calls.start(seen.traces, psp::stripe, psp_call::charge);
    throw std::runtime_error("connection refused");
  }());
  CHECK(value(seen.metrics, "provider_requests_total",
              {{"provider", "stripe"}, {"operation", "charge"}, {"outcome", "failed"}}) == 1);
  CHECK(seen.spans.only("stripe charge").status == tt::span_status::error);
}

TEST_CASE("providers known at run time only are text labels, given by name") {
  observed seen;
  const families::provider<> calls{seen.metrics};
  calls.start(seen.traces, families::by_provider{"acme"}, families::by_operation{"charge"})
      .end(provider_outcome::approved);
  CHECK(value(seen.metrics, "provider_requests_total",
              {{"provider", "acme"}, {"operation", "charge"}, {"outcome", "approved"}}) == 1);
  CHECK(seen.spans.only("acme charge").kind == tt::span_kind::client);
}

TEST_CASE("a failures counter counts the outcomes that are errors") {
  observed seen;
  const families::presets::monero_rpc rpc{seen.metrics, families::presets::monero_rpc_options()};
  rpc.start(seen.traces).end(provider_outcome::approved);
  rpc.start(seen.traces).end(provider_outcome::declined);
  rpc.start(seen.traces).end(provider_outcome::timeout);
  { auto forgotten = rpc.start(seen.traces); }
  CHECK(value(seen.metrics, "rpc_calls_total") == 4);
  CHECK(value(seen.metrics, "rpc_calls_failed_total") == 2);
  CHECK(observations(seen.metrics, "rpc_call_duration_seconds") == 4);
  CHECK(seen.spans.named("provider call").size() == 4);
}

TEST_CASE("a team's own outcomes replace the pack's") {
  using families::presets::anchor_result;
  observed seen;
  const families::presets::defy_anchor put{seen.metrics, families::presets::defy_anchor_options("sep12_put")};
  put.start(seen.traces).end(anchor_result::ok);
  { auto forgotten = put.start(seen.traces); }
  CHECK(value(seen.metrics, "anchor_sep12_put_total", {{"result", "ok"}}) == 1);
  CHECK(value(seen.metrics, "anchor_sep12_put_total", {{"result", "err"}}) == 1);
}

TEST_CASE("webhooks are counted, and their lag is from event time to arrival") {
  observed seen;
  const families::webhooks<by_psp> hooks{seen.metrics};
  const tt::wall_time now{1'000'000s};
  hooks.received_after(now - 90s, now, psp::stripe);
  hooks.received_after(now + 5s, now, psp::stripe);  // the provider's clock is ahead
  hooks.received(psp::adyen);
  CHECK(value(seen.metrics, "provider_event_total", {{"provider", "stripe"}}) == 2);
  CHECK(value(seen.metrics, "provider_event_total", {{"provider", "adyen"}}) == 1);
  CHECK(value(seen.metrics, "provider_event_lag_seconds", {{"provider", "stripe"}}) == 90);
  CHECK(observations(seen.metrics, "provider_event_lag_seconds", {{"provider", "stripe"}}) == 2);
  CHECK(observations(seen.metrics, "provider_event_lag_seconds", {{"provider", "adyen"}}) == 0);
}
