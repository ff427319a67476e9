#include "unit/families/fixture.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <stdexcept>
#include <string_view>

using families::http_method;

namespace {

constexpr families::http_request get_payment{
    .method = http_method::get, .route = "/payments/{id}", .path = "/payments/7"};

std::string_view no_header(std::string_view) {
  return {};
}

}  // namespace

TEST_CASE("a request is counted and timed by method, route and final status") {
  observed seen;
  const families::http<> http{seen.metrics};
  http.start(seen.traces, get_payment, no_header).end(404);
  CHECK(value(seen.metrics, "http_requests_total",
              {{"method", "GET"}, {"route", "/payments/{id}"}, {"status_code", "404"}}) == 1);
  CHECK(observations(seen.metrics, "http_request_duration_seconds",
                     {{"method", "GET"}, {"route", "/payments/{id}"}, {"status_code", "404"}}) == 1);
  CHECK(seen.metrics.collect().find("http_requests_total")->series.size() == 1);
}

TEST_CASE("a request's span is a server span with the semantic conventions' attributes") {
  observed seen;
  const families::http<> http{seen.metrics};
  http.start(seen.traces, get_payment, no_header).end(200);
  const tt::span_data& span = seen.spans.only("GET /payments/{id}");
  CHECK(span.kind == tt::span_kind::server);
  CHECK(span.status == tt::span_status::unset);
  CHECK_FALSE(span.parent.valid());
  CHECK(seen.text(span, "http.request.method") == "GET");
  CHECK(seen.text(span, "http.route") == "/payments/{id}");
  CHECK(seen.text(span, "url.path") == "/payments/7");
  CHECK(tt::testing::attribute_of(span, "http.response.status_code")->as_int() == 200);
  CHECK_FALSE(tt::testing::attribute_of(span, "error.type"));
}

TEST_CASE("a request continues the caller's trace") {
  observed seen;
  const families::http<> http{seen.metrics};
  http.start(seen.traces, get_payment,
             [](std::string_view name) -> std::optional<std::string_view> {
               if (name == "traceparent") return "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
               return std::nullopt;
             })
      .end(200);
  const tt::span_data& span = seen.spans.only("GET /payments/{id}");
  CHECK(span.context.trace_id.to_string() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(span.parent.to_string() == "00f067aa0ba902b7");
  CHECK(span.parent_remote);
}

TEST_CASE("a request without a caller begins a trace of its own, whatever is current") {
  observed seen;
  const families::http<> http{seen.metrics};
  auto worker = seen.traces.start("worker");
  http.start(seen.traces, get_payment, no_header).end(200);
  CHECK_FALSE(seen.spans.only("GET /payments/{id}").context.trace_id == worker.context().trace_id);
}

TEST_CASE("server errors fail a request's span, the caller's errors do not") {
  observed seen;
  const families::http<> http{seen.metrics};
  http.start(seen.traces, get_payment, no_header).end(499);
  CHECK(seen.spans.only("GET /payments/{id}").status == tt::span_status::unset);
  seen.spans.clear();
  http.start(seen.traces, get_payment, no_header).end(503);
  CHECK(seen.spans.only("GET /payments/{id}").status == tt::span_status::error);
  CHECK(seen.text(seen.spans.only("GET /payments/{id}"), "error.type") == "503");
}

TEST_CASE("a request that an exception leaves is a 500") {
  observed seen;
  const families::http<> http{seen.metrics};
  CHECK_THROWS([&] {
    auto request = http.start(seen.traces, get_payment, no_header);
    throw std::runtime_error("database is locked");
  }());
  CHECK(value(seen.metrics, "http_requests_total",
              {{"method", "GET"}, {"route", "/payments/{id}"}, {"status_code", "500"}}) == 1);
  CHECK(value(seen.metrics, "http_requests_in_flight") == 0);
  const tt::span_data& span = seen.spans.only("GET /payments/{id}");
  CHECK(span.status == tt::span_status::error);
  CHECK(tt::testing::attribute_of(span, "http.response.status_code")->as_int() == 500);
}

TEST_CASE("requests in flight are counted while they last") {
  observed seen;
  const families::http<> http{seen.metrics};
  auto first = http.start(seen.traces, get_payment, no_header);
  {
    auto second = http.start(seen.traces, get_payment, no_header);
    CHECK(value(seen.metrics, "http_requests_in_flight") == 2);
    second.end(200);
    CHECK(value(seen.metrics, "http_requests_in_flight") == 1);
  }
  CHECK(value(seen.metrics, "http_requests_in_flight") == 1);
  first.end(200);
  CHECK(value(seen.metrics, "http_requests_in_flight") == 0);
}

TEST_CASE("paths, unknown methods and impossible statuses make no series of their own") {
  observed seen;
  const families::http<> http{seen.metrics};
  for (const std::string_view path : {"/wp-admin", "/.env", "/payments/1"}) {
    http.start(seen.traces, {.method = families::parse_http_method("HACK"), .path = path}, no_header).end(404);
  }
  http.start(seen.traces, get_payment, no_header).end(-1);
  http.start(seen.traces, get_payment, no_header).end(99);
  http.start(seen.traces, get_payment, no_header).end(600);
  CHECK(value(seen.metrics, "http_requests_total",
              {{"method", "_OTHER"}, {"route", "_unmatched"}, {"status_code", "404"}}) == 3);
  CHECK(value(seen.metrics, "http_requests_total",
              {{"method", "GET"}, {"route", "/payments/{id}"}, {"status_code", "invalid"}}) == 3);
  for (const tt::span_data* span : seen.spans.named("GET /payments/{id}"))
    CHECK(span->status == tt::span_status::error);
  CHECK(seen.spans.named("_OTHER").size() == 3);
}

TEST_CASE("methods are recognised by their exact spelling") {
  CHECK(families::parse_http_method("GET") == http_method::get);
  CHECK(families::parse_http_method("DELETE") == http_method::delete_);
  CHECK(families::parse_http_method("PATCH") == http_method::patch);
  CHECK(families::parse_http_method("TRACE") == http_method::trace);
  CHECK(families::parse_http_method("get") == http_method::other);
  CHECK(families::parse_http_method("") == http_method::other);
  CHECK(families::parse_http_method("_OTHER") == http_method::other);
}

TEST_CASE("a declared route has its series at 0 before the first request") {
  observed seen;
  const families::http<> http{seen.metrics};
  http.declare(http_method::post, "/payments", {201, 500});
  CHECK(value(seen.metrics, "http_requests_total",
              {{"method", "POST"}, {"route", "/payments"}, {"status_code", "500"}}) == 0);
  CHECK(observations(seen.metrics, "http_request_duration_seconds",
                     {{"method", "POST"}, {"route", "/payments"}, {"status_code", "201"}}) == 0);
}

TEST_CASE("a team renames, reorders and drops the labels of requests") {
  observed seen;
  const families::http<families::status_class_label<"status">, tt::label<"verb", http_method>> http{seen.metrics};
  http.start(seen.traces, get_payment, no_header).end(503);
  CHECK(value(seen.metrics, "http_requests_total", {{"status", "5xx"}, {"verb", "GET"}}) == 1);
  CHECK(value(seen.metrics, "http_requests_total", {{"status", "2xx"}, {"verb", "POST"}}) == 0);
  CHECK(seen.metrics.collect().find("http_requests_total")->series.size() == 5 * 10);
}

TEST_CASE("names, prefix and buckets of requests are the team's, and an empty name leaves a metric out") {
  observed seen;
  const families::http<> http{seen.metrics,
                              {.prefix = "edge", .requests = "hits_total", .in_flight = "", .buckets = {0.1, 1}}};
  http.start(seen.traces, get_payment, no_header).end(200);
  CHECK(seen.has("edge_hits_total"));
  CHECK(seen.metrics.collect().find("edge_http_request_duration_seconds")->info->bounds == std::vector<double>{0.1, 1});
  CHECK_FALSE(seen.has("edge_http_requests_in_flight"));
}

TEST_CASE("a route as long as it likes is a name cut off, not a crash") {
  observed seen;
  const families::http<> http{seen.metrics};
  const std::string route(1000, 'r');
  http.start(seen.traces, {.method = http_method::get, .route = route}, no_header).end(200);
  CHECK(seen.spans.all().at(0)->name.size() == 128);
}
