// The facade: one object that owns everything a service needs to be observed, made in `main` from one aggregate of options
// and the environment. It validates both once, wires the parts together (log lines and exemplars carry the current span,
// problems inside telltale appear in the log), and shuts everything down in order, within a deadline, when it is destroyed.
//
// Nothing in it is global: a program may have several, and a test makes its own. The parts can be used alone, too; what the
// facade adds is in src/telemetry/ and is short.
#pragma once

#include <telltale/config.hpp>
#include <telltale/exposition/handlers.hpp>
#include <telltale/exposition/server.hpp>
#include <telltale/health.hpp>
#include <telltale/logging.hpp>
#include <telltale/metrics.hpp>
#include <telltale/result.hpp>
#include <telltale/tracing.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace telltale {
inline namespace v0 {

/// Where finished spans go. With nothing set, and no exporter chosen by OTEL_TRACES_EXPORTER, spans have ids and are
/// propagated, but none is recorded or leaves the process.
struct trace_options {
  /// A file that gets a JSON object a line for each span; empty for none.
  std::string file{};
  /// A processor of one's own (a batch_span_processor around one's exporter, testing::captured_spans); goes before `file`.
  std::shared_ptr<span_processor> processor{};
  /// Which traces are recorded; unset: OTEL_TRACES_SAMPLER, or all (decided by the caller of this service, if any).
  std::optional<sampler> sampling{};
  /// Queue and batch sizes; unset: OTEL_BSP_* and their defaults.
  std::optional<batch_options> batch{};
};

struct log_options {
  /// "stdout", "stderr" or the path of a file.
  std::string destination = "stdout";
  /// Unset: LOG_LEVEL, RUST_LOG or OTEL_LOG_LEVEL, in that order, or info.
  std::optional<level> threshold{};
};

struct telemetry_options {
  /// The service's name, in every log line, span and health report. Empty: OTEL_SERVICE_NAME, service.name of
  /// OTEL_RESOURCE_ATTRIBUTES, or "unknown_service".
  std::string service{};
  /// The service's version; empty leaves it out.
  std::string version{};
  /// production, staging ...; empty: deployment.environment of OTEL_RESOURCE_ATTRIBUTES, or ENVIRONMENT.
  std::string deployment{};

  registry_options metrics{};
  trace_options traces{};
  log_options log{};
  /// Whether the process_* metrics are registered.
  bool process_metrics = true;
  /// `starting` for a service that must load something before it is ready.
  service_state state = service_state::ready;
  /// The most that the destructor spends on flushing spans and logs, and on stopping servers.
  std::chrono::milliseconds shutdown_timeout{5'000};

  /// Read once, by the constructor; tests pass their own. docs/configuration.md lists the variables.
  environment variables = environment::process();
  const clock* time = &system_clock();  ///< must outlive the telemetry
};

/// How the service's own endpoints are served.
struct serve_options {
  /// `host:port`, `[v6]:port` or `unix:path`; port 0 takes a free one. Empty: OTEL_EXPORTER_PROMETHEUS_HOST and _PORT, or
  /// 127.0.0.1:9464.
  std::string address{};
  /// The file with the bearer token for /metrics and /health; empty: API_METRICS_TOKEN, or no token.
  std::string token_file{};
  handler_options endpoints{};
  server_options limits{};  ///< its address is not used
};

/// Thread safety: all members may be called concurrently; destroy it when no other thread uses the references that it
/// gives out. Handles (counters, spans, loggers, families) may outlive it: they do nothing then.
/// Cost: threads for what was asked for: one for spans once an exporter is set, one for a log file, one a server (and one more
/// while it waits for health checks), and one during each scrape for callbacks. docs/design.md lists them.
class TELLTALE_API telemetry {
 public:
  /// Throws `error`: invalid_option or unusable_file, with what to do. Environment variables that cannot be used are
  /// reported in the log, and the default is used.
  explicit telemetry(telemetry_options options = {});
  ~telemetry();
  telemetry(const telemetry&) = delete;
  telemetry& operator=(const telemetry&) = delete;

  static result<std::unique_ptr<telemetry>> try_make(telemetry_options options = {});

  TELLTALE_PURE registry& metrics() noexcept;
  TELLTALE_PURE tracer& traces() noexcept;
  TELLTALE_PURE const logger& log() const noexcept;
  v0::health& health() noexcept;
  const v0::resource& resource() const noexcept;

  /// Serves /metrics, /livez, /readyz and /health until the returned object is destroyed, which must be before this
  /// telemetry is. Throws `error`: invalid_address, address_in_use, address_unavailable, unusable_secret_file.
  [[nodiscard]] server serve(serve_options options = {});
  [[nodiscard]] result<server> try_serve(serve_options options = {});
  /// The same endpoints for a server of one's own: call `handle` for each request.
  [[nodiscard]] std::shared_ptr<handler> endpoints(handler_options options = {});

  /// Waits until what was recorded before the call is exported and written. False when the time ran out.
  bool flush(std::chrono::milliseconds timeout = std::chrono::seconds(5)) noexcept;

  /// Not ready from now on, spans and logs flushed, exporters stopped. Called by the destructor; again: does nothing.
  void shutdown() noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace v0
}  // namespace telltale
