#include "unit/exposition/temporary_directory.hpp"

#include <telltale/exposition/handlers.hpp>
#include <telltale/metrics/registry.hpp>
#include <telltale/result.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>

namespace tt = telltale;

namespace {

tt::http_response ask(tt::handler& handler, std::string_view target, std::vector<tt::http_header> headers = {},
                      std::string_view method = "GET") {
  return handler.handle({method, target, headers});
}

std::string header(const tt::http_response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return std::string(value);
  }
  return {};
}

// A registry and the endpoints on it.
struct service {
  tt::registry metrics;
  tt::counter charges = metrics.counter({.name = "charges_total", .help = "Charges."});
  tt::health health{{.service = "api"}};
  std::shared_ptr<tt::detail::event_hook> events = std::make_shared<tt::detail::event_hook>();

  tt::handler_sources sources() {
    return {[this](tt::snapshot& into) { metrics.collect(into); }, &health, events};
  }
};

}  // namespace

TEST_CASE("each endpoint answers, and what is not one is not found") {
  service s;
  tt::handler handler(s.sources());
  s.charges.inc(3);

  const tt::http_response metrics = ask(handler, "/metrics?debug=1");
  CHECK(metrics.status == 200);
  CHECK(metrics.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK_THAT(std::string(metrics.text()), Catch::Contains("\ncharges_total 3\n"));
  CHECK(metrics.length == metrics.text().size());

  CHECK(ask(handler, "/livez").status == 200);
  CHECK(ask(handler, "/readyz").status == 200);
  const tt::http_response health = ask(handler, "http://127.0.0.1:9464/health");
  CHECK(health.status == 200);
  CHECK(health.content_type == "application/json");
  CHECK_THAT(std::string(health.text()), Catch::StartsWith("{\"status\":\"healthy\""));

  for (const char* target : {"/", "", "*", "/metrics/", "//metrics", "/METRICS", "/metrics%00", "metrics",
                             "http://host", "http://host?/metrics", "/.."}) {
    CAPTURE(target);
    CHECK(ask(handler, target).status == 404);
  }
}

TEST_CASE("HEAD has the length and no body; other methods are told what is allowed") {
  service s;
  tt::handler handler(s.sources());
  const std::size_t size = ask(handler, "/metrics").length;
  const tt::http_response head = ask(handler, "/metrics", {}, "HEAD");
  CHECK(head.status == 200);
  CHECK(head.text().empty());
  CHECK(head.length == size);
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", ""}) {
    CAPTURE(method);
    const tt::http_response refused = ask(handler, "/metrics", {}, method);
    CHECK(refused.status == 405);
    CHECK(header(refused, "Allow") == "GET, HEAD");
  }
}

TEST_CASE("Accept chooses the format, over several header lines") {
  service s;
  tt::handler handler(s.sources());
  const tt::http_response response =
      ask(handler, "/metrics", {{"ACCEPT", "text/plain;q=0.5"}, {"accept", "application/openmetrics-text;version=1.0.0"}});
  CHECK(response.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK_THAT(std::string(response.text()), Catch::EndsWith("# EOF\n"));
}

TEST_CASE("health endpoints say 503 when they should, and liveness asks nobody") {
  service s;
  tt::handler handler(s.sources());
  s.health.add("database", [] { return tt::unhealthy("refused"); });
  CHECK(ask(handler, "/health").status == 503);
  CHECK(ask(handler, "/readyz").status == 503);
  CHECK(ask(handler, "/livez").status == 200);
  s.health.set_state(tt::service_state::draining);
  CHECK(ask(handler, "/livez").status == 200);
  CHECK(handler.may_block({"GET", "/health?x", {}}));
  CHECK(handler.may_block({"GET", "/readyz", {}}));
  CHECK_FALSE(handler.may_block({"GET", "/livez", {}}));
  CHECK_FALSE(handler.may_block({"GET", "/metrics", {}}));
}

TEST_CASE("what has no source, or is switched off, is not found") {
  service s;
  tt::handler bare({});
  CHECK(ask(bare, "/metrics").status == 404);
  CHECK(ask(bare, "/health").status == 404);
  CHECK(ask(bare, "/readyz").status == 404);
  CHECK(ask(bare, "/livez").status == 200);
  tt::handler probes(s.sources(), {.metrics = tt::endpoint_access::off, .health = tt::endpoint_access::off});
  CHECK(ask(probes, "/metrics").status == 404);
  CHECK(ask(probes, "/health").status == 404);
  CHECK(ask(probes, "/readyz").status == 200);
}

TEST_CASE("with a token file, metrics and health ask for the token and probes do not") {
  service s;
  const temporary_directory directory;
  tt::handler handler(s.sources(), {.token_file = directory.write("token", "s3cret\n")});
  for (const char* target : {"/metrics", "/health"}) {
    CAPTURE(target);
    const tt::http_response none = ask(handler, target);
    CHECK(none.status == 401);
    CHECK(header(none, "WWW-Authenticate") == "Bearer realm=\"telltale\"");
    CHECK(ask(handler, target, {{"Authorization", "Bearer s3cret"}}).status == 200);
    CHECK(ask(handler, target, {{"authorization", "bearer   s3cret "}}).status == 200);
    CHECK(header(ask(handler, target, {{"Authorization", "Bearer wrong"}}), "WWW-Authenticate") ==
          "Bearer realm=\"telltale\", error=\"invalid_token\"");
    for (const char* value : {"", "Bearer", "Bearer ", "s3cret", "Basic s3cret", "Bearers3cret", "Bearer s3cret,x"}) {
      CAPTURE(value);
      const tt::http_response refused = ask(handler, target, {{"Authorization", value}});
      CHECK(refused.status == 401);
      CHECK(refused.text().find("s3cret") == std::string_view::npos);
    }
    CHECK(ask(handler, target, {{"Authorization", "Bearer s3cret"}, {"Authorization", "Bearer s3cret"}}).status == 401);
  }
  CHECK(ask(handler, "/livez").status == 200);
  CHECK(ask(handler, "/readyz").status == 200);
  CHECK(handler.statistics().unauthorized == 20);
}

TEST_CASE("a token file that is unusable at set-up is an error") {
  service s;
  const temporary_directory directory;
  const std::string open = directory.write("open", "s3cret", 0644);
  CHECK_THROWS_AS(tt::handler(s.sources(), {.token_file = directory / "missing"}), tt::error);
  CHECK_THROWS_AS(tt::handler(s.sources(), {.token_file = open}), tt::error);
  CHECK_THROWS_AS(tt::handler(s.sources(), {.max_scrapes = 0}), tt::error);
}

TEST_CASE("a failing source costs its scrape, says nothing about why, and is reported") {
  service s;
  bool fail = true;
  auto events = std::make_shared<tt::detail::event_hook>();
  tt::handler handler({[&](tt::snapshot& into) {
                         if (fail) throw std::runtime_error("password=hunter2");
                         s.metrics.collect(into);
                       },
                       nullptr, events});
  const tt::http_response broken = ask(handler, "/metrics");
  CHECK(broken.status == 500);
  CHECK(broken.text().find("hunter2") == std::string_view::npos);
  CHECK(events->reported() == 1);
  fail = false;
  CHECK(ask(handler, "/metrics").status == 200);
  CHECK(handler.statistics().scrapes_failed == 1);
  CHECK(handler.statistics().scrapes == 1);
}

TEST_CASE("scrapes being sent are bounded, and their memory is used again") {
  service s;
  auto handler = std::make_unique<tt::handler>(s.sources(), tt::handler_options{.max_scrapes = 2});
  std::vector<tt::http_response> sending;
  sending.push_back(ask(*handler, "/metrics"));
  sending.push_back(ask(*handler, "/metrics"));
  const tt::http_response rejected = ask(*handler, "/metrics");
  CHECK(rejected.status == 503);
  CHECK(header(rejected, "Retry-After") == "1");
  CHECK(handler->statistics().scrapes_rejected == 1);

  const void* const memory = sending.back().body.get();
  sending.pop_back();
  sending.push_back(ask(*handler, "/metrics"));
  CHECK(sending.back().status == 200);
  CHECK(sending.back().body.get() == memory);

  handler.reset();  // what is still being sent stays good
  CHECK_THAT(std::string(sending.front().text()), Catch::Contains("charges_total 0"));
}
