#include <telltale/telltale.hpp>
#include <telltale/testing/captured_spans.hpp>
#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <unistd.h>

namespace tt = telltale;
using Catch::Contains;
using namespace std::chrono_literals;

namespace {

using variables = std::map<std::string, std::string, std::less<>>;

// A file that is gone when the test is.
class temporary_file {
 public:
  temporary_file() {
    std::string name = "/tmp/telltale-telemetry-XXXXXX";
    ::close(::mkstemp(name.data()));
    path_ = name;
  }
  ~temporary_file() { std::remove(path_.c_str()); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::string& path() const { return path_; }
  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(path_).rdbuf();
    return all.str();
  }

 private:
  std::string path_;
};

tt::telemetry_options options_with(variables values, const temporary_file& log) {
  return {.log = {.destination = log.path()}, .variables = tt::environment(std::move(values))};
}

}  // namespace

TEST_CASE("the name of the service comes from the program, then the environment, then a default") {
  const temporary_file log;
  const variables both{{"OTEL_SERVICE_NAME", "named"}, {"OTEL_RESOURCE_ATTRIBUTES", "service.name=attributed,team=a%2Cb"}};
  {
    tt::telemetry_options options = options_with(both, log);
    options.service = "given";
    CHECK(tt::telemetry(options).resource().get("service.name") == "given");
  }
  const tt::telemetry from_environment(options_with(both, log));
  CHECK(from_environment.resource().get("service.name") == "named");
  CHECK(from_environment.resource().get("team") == "a,b");
  const tt::telemetry attributed(options_with({{"OTEL_RESOURCE_ATTRIBUTES", "service.name=attributed"}}, log));
  CHECK(attributed.resource().get("service.name") == "attributed");
  const tt::telemetry nameless(options_with({}, log));
  CHECK(nameless.resource().get("service.name") == "unknown_service");
}

TEST_CASE("ENVIRONMENT is deployment.environment unless that is given") {
  const temporary_file log;
  CHECK(tt::telemetry(options_with({{"ENVIRONMENT", "staging"}}, log)).resource().get("deployment.environment") == "staging");
  CHECK(tt::telemetry(options_with({{"ENVIRONMENT", "staging"},
                                    {"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=production"}},
                                   log))
            .resource()
            .get("deployment.environment") == "production");
}

TEST_CASE("the level comes from LOG_LEVEL, RUST_LOG or OTEL_LOG_LEVEL, in that order") {
  const temporary_file log;
  CHECK(tt::telemetry(options_with({}, log)).log().threshold() == tt::level::info);
  CHECK(tt::telemetry(options_with({{"LOG_LEVEL", "warn"}, {"RUST_LOG", "debug"}}, log)).log().threshold() == tt::level::warn);
  CHECK(tt::telemetry(options_with({{"RUST_LOG", "db=trace,debug"}}, log)).log().threshold() == tt::level::debug);
  CHECK(tt::telemetry(options_with({{"OTEL_LOG_LEVEL", "error"}}, log)).log().threshold() == tt::level::error);
}

TEST_CASE("a variable that cannot be used is reported in the log, with the value and the rule") {
  const temporary_file log;
  {
    const tt::telemetry obs(options_with({{"LOG_LEVEL", "loud"},
                                          {"OTEL_TRACES_SAMPLER", "sometimes"},
                                          {"OTEL_TRACES_EXPORTER", "zipkin"},
                                          {"OTEL_RESOURCE_ATTRIBUTES", "no equals sign"},
                                          {"OTEL_EXPORTER_PROMETHEUS_PORT", "70000"}},
                                         log));
  }
  const std::string text = log.text();
  for (const char* said : {"LOG_LEVEL", "loud", "sometimes", "zipkin", "no equals sign", "70000"}) {
    CHECK_THAT(text, Contains(said));
  }
  CHECK(std::count(text.begin(), text.end(), '\n') == 5);
}

TEST_CASE("with nothing set, spans have ids, log lines carry them, and nothing is recorded") {
  const temporary_file log;
  std::string trace;
  {
    tt::telemetry obs(options_with({}, log));
    const auto span = obs.traces().start("charge");
    trace = span.context().trace_id.to_string();
    obs.log().info("inside");
    CHECK(obs.traces().counts().started == 0);
  }
  CHECK_THAT(log.text(), Contains(trace));
}

TEST_CASE("finished spans are in the file when the facade is gone") {
  const temporary_file log;
  const temporary_file spans;
  std::string id;
  {
    tt::telemetry_options options = options_with({}, log);
    options.service = "payments";
    options.traces.file = spans.path();
    tt::telemetry obs(options);
    const auto span = obs.traces().start("charge", tt::kv{"amount_minor", 4200});
    id = span.context().span_id.to_string();
  }
  CHECK_THAT(spans.text(), Contains(id) && Contains("amount_minor") && Contains("payments"));
}

TEST_CASE("a span that outlives the facade does nothing") {
  const temporary_file log;
  tt::span late;
  tt::logger logger;
  {
    tt::testing::captured_spans captured;
    tt::telemetry_options options = options_with({}, log);
    options.traces.processor = captured.processor();
    tt::telemetry obs(options);
    late = obs.traces().start_detached("late");
    logger = obs.log();
  }
  late.set(tt::kv{"key", "value"});
  late.end();
  logger.info("late");
}

TEST_CASE("OTEL_SDK_DISABLED and OTEL_ENABLED switch the recording of spans off") {
  const temporary_file log;
  for (const variables& off : {variables{{"OTEL_SDK_DISABLED", "true"}}, variables{{"OTEL_ENABLED", "FALSE"}}}) {
    tt::testing::captured_spans captured;
    tt::telemetry_options options = options_with(off, log);
    options.traces.processor = captured.processor();
    tt::telemetry obs(options);
    { const auto span = obs.traces().start("charge"); }
    CHECK(captured.all().empty());
  }
}

TEST_CASE("what telltale does is among the metrics") {
  const temporary_file log;
  tt::testing::captured_spans captured;
  tt::telemetry_options options = options_with({}, log);
  options.traces.processor = captured.processor();
  tt::telemetry obs(options);
  { const auto span = obs.traces().start("charge"); }
  obs.log().error("declined");
  CHECK(tt::testing::value(obs.metrics(), "telltale_spans_started_total") == 1);
  CHECK(tt::testing::value(obs.metrics(), "telltale_log_lines_total") == 1);
  CHECK(tt::testing::value(obs.metrics(), "telltale_log_errors_total") == 1);
  CHECK(tt::testing::value(obs.metrics(), "process_resident_memory_bytes") > 0);
}

TEST_CASE("problems inside telltale appear in the log with their component") {
  const temporary_file log;
  {
    tt::telemetry obs(options_with({}, log));
    const auto failing =
        obs.metrics().gauge_callback({.name = "failing_ratio", .help = "Fails."}, []() -> double { throw 1; });
    (void)obs.metrics().collect();
  }
  CHECK_THAT(log.text(), Contains("\"component\":\"metrics\"") && Contains("failing_ratio"));
}

TEST_CASE("two facades in one process do not see each other") {
  const temporary_file log;
  tt::telemetry first(options_with({}, log));
  tt::telemetry second(options_with({}, log));
  first.metrics().counter({.name = "seen_total", .help = "Seen."}).inc();
  second.metrics().counter({.name = "seen_total", .help = "Seen."}).inc(5);
  CHECK(tt::testing::value(first.metrics(), "seen_total") == 1);
  CHECK(tt::testing::value(second.metrics(), "seen_total") == 5);
}

TEST_CASE("a log file that cannot be opened is an error that names it") {
  tt::telemetry_options options;
  options.log.destination = "/nowhere/at/all.log";
  CHECK_THROWS_WITH(tt::telemetry(options), Contains("/nowhere/at/all.log"));
  const auto tried = tt::telemetry::try_make(options);
  REQUIRE_FALSE(tried.has_value());
  CHECK(tried.error().code() == tt::error_code::unusable_file);
}

TEST_CASE("the default address comes from the Prometheus variables, and port 0 takes a free one") {
  const temporary_file log;
  tt::telemetry obs(options_with({{"OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1"}, {"OTEL_EXPORTER_PROMETHEUS_PORT", "0"}}, log));
  const tt::server server = obs.serve();
  CHECK_THAT(server.address(), Catch::StartsWith("127.0.0.1:"));
  CHECK(server.address() != "127.0.0.1:0");
}

TEST_CASE("API_METRICS_TOKEN closes /metrics, with one warning that does not contain it") {
  const temporary_file log;
  {
    tt::telemetry obs(options_with({{"API_METRICS_TOKEN", "s3cret"}}, log));
    const auto endpoints = obs.endpoints();
    const auto asked = [&](std::span<const tt::http_header> headers) {
      return endpoints->handle({.method = "GET", .target = "/metrics", .headers = headers}).status;
    };
    CHECK(asked({}) == 401);
    const std::array wrong{tt::http_header{"Authorization", "Bearer wrong"}};
    CHECK(asked(wrong) == 401);
    const std::array right{tt::http_header{"Authorization", "Bearer s3cret"}};
    CHECK(asked(right) == 200);
  }
  CHECK_THAT(log.text(), Contains("API_METRICS_TOKEN") && !Contains("s3cret"));
}

TEST_CASE("a taken port is an error that names the address and the remedy") {
  const temporary_file log;
  tt::telemetry obs(options_with({}, log));
  const tt::server server = obs.serve({.address = "127.0.0.1:0"});
  const auto second = obs.try_serve({.address = server.address()});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code() == tt::error_code::address_in_use);
  CHECK_THAT(second.error().what(), Contains(server.address()));
}

TEST_CASE("a service that shuts down is not ready any more") {
  const temporary_file log;
  tt::telemetry obs(options_with({}, log));
  const auto endpoints = obs.endpoints();
  const tt::http_request readyz{.method = "GET", .target = "/readyz", .headers = {}};
  CHECK(endpoints->handle(readyz).status == 200);
  obs.shutdown();
  CHECK(endpoints->handle(readyz).status == 503);
  CHECK(endpoints->handle({.method = "GET", .target = "/livez", .headers = {}}).status == 200);
}
