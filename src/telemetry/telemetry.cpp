#include <telltale/telemetry.hpp>

#include "telemetry/settings.hpp"

#include <telltale/detail/event_hook.hpp>
#include <telltale/families/process.hpp>

#include <atomic>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace {

logger make_logger(const telemetry_options& options, const detail::settings& chosen) {
  return logger(make_log_sink(options.log.destination), {.threshold = chosen.threshold,
                                                         .service = std::string(chosen.resource.get("service.name")),
                                                         .time_source = options.time});
}

level level_of(detail::event_severity severity) noexcept {
  switch (severity) {
    case detail::event_severity::info: return level::info;
    case detail::event_severity::warning: return level::warn;
    default: return level::error;
  }
}

// Problems inside telltale become log lines. The logger is a handle of its own: it may outlive the facade.
void log_internal_events(detail::event_hook& hook, const logger& log) {
  hook.install([log](const detail::internal_event& event) {
    log.log(level_of(event.severity), event.message, kv{"component", event.component}, kv{"suppressed", event.suppressed});
  });
}

std::shared_ptr<span_processor> make_processor(const telemetry_options& options, const detail::settings& chosen,
                                               const std::shared_ptr<detail::event_hook>& hook) {
  if (!chosen.record_traces) return nullptr;
  if (options.traces.processor) return options.traces.processor;
  std::unique_ptr<span_exporter> exporter;
  if (!options.traces.file.empty()) {
    exporter = std::make_unique<json_lines_exporter>(options.traces.file);
  } else if (chosen.spans_to_console) {
    exporter = std::make_unique<json_lines_exporter>(1);
  } else {
    return nullptr;
  }
  batch_options batch = chosen.batch;
  batch.problems = hook;
  return std::make_shared<batch_span_processor>(std::move(exporter), batch);
}

}  // namespace

struct telemetry::impl {
  impl(telemetry_options given, detail::settings finalised)
      : options(std::move(given)),
        chosen(std::move(finalised)),
        log(make_logger(options, chosen)),
        metrics(options.metrics, hook),
        health({.service = std::string(chosen.resource.get("service.name")), .state = options.state, .time = options.time}),
        traces({.sampling = chosen.record_traces ? chosen.sampling : sampler::always_off(),
                .processor = make_processor(options, chosen, hook),
                .resource = chosen.resource,
                .limits = chosen.limits,
                .time = options.time}) {
    log_internal_events(*hook, log);
    for (const std::string& complaint : chosen.complaints) log.warn(complaint, kv{"component", "configuration"});
    if (options.process_metrics) process.emplace(metrics);
    watch_spans();
    watch_log();
  }

  ~impl() {
    shutdown();
    hook->install({});
  }

  // What tracing and logging count about themselves, as metrics.
  void watch_spans() {
    const auto watch = [this](const char* name, const char* help, std::uint64_t span_counts::*field) {
      callbacks.push_back(metrics.counter_callback(
          {.name = name, .help = help}, [this, field] { return static_cast<double>(traces.counts().*field); }));
    };
    watch("telltale_spans_started_total", "Recorded spans begun.", &span_counts::started);
    watch("telltale_spans_exported_total", "Spans delivered to the exporter.", &span_counts::exported);
    watch("telltale_spans_failed_total", "Spans that the exporter could not deliver.", &span_counts::failed);
    watch("telltale_spans_dropped_queue_full_total", "Spans dropped because the queue was full.",
          &span_counts::dropped_queue_full);
    callbacks.push_back(metrics.gauge_callback({.name = "telltale_spans_queued", .help = "Spans waiting for export now."},
                                               [this] { return static_cast<double>(traces.counts().queue_depth); }));
  }

  void watch_log() {
    const auto watch = [this](const char* name, const char* help, auto read) {
      callbacks.push_back(metrics.counter_callback({.name = name, .help = help}, [log = log, read] {
        return static_cast<double>(read(log.statistics()));
      }));
    };
    watch("telltale_log_lines_total", "Log lines written, all levels.", [](const logger_statistics& counts) {
      std::uint64_t lines = 0;
      for (const std::uint64_t of_level : counts.lines) lines += of_level;
      return lines;
    });
    watch("telltale_log_errors_total", "Log lines of level error and fatal.", [](const logger_statistics& counts) {
      return counts.lines[static_cast<std::size_t>(level::error)] + counts.lines[static_cast<std::size_t>(level::fatal)];
    });
    watch("telltale_log_bytes_total", "Bytes of log lines written.", [](const logger_statistics& counts) { return counts.bytes; });
    watch("telltale_log_lines_lost_total", "Log lines that could not be made or written.",
          [](const logger_statistics& counts) { return counts.dropped + counts.lost; });
  }

  handler_sources sources() {
    return {.metrics = [this](snapshot& into) { metrics.collect(into); }, .health = &health, .events = hook};
  }

  void shutdown() noexcept {
    if (is_shut_down.exchange(true)) return;
    health.set_state(service_state::draining);
    traces.shutdown(options.shutdown_timeout);
    const span_counts counts = traces.counts();
    if (const std::uint64_t lost = counts.failed + counts.dropped_queue_full + counts.dropped_at_shutdown; lost > 0) {
      log.warn("spans were lost", kv{"component", "telemetry"}, kv{"exported", counts.exported}, kv{"failed", counts.failed},
               kv{"dropped_queue_full", counts.dropped_queue_full}, kv{"dropped_at_shutdown", counts.dropped_at_shutdown});
    }
    log.flush();
  }

  const telemetry_options options;
  const detail::settings chosen;
  const std::shared_ptr<detail::event_hook> hook = std::make_shared<detail::event_hook>();
  const logger log;
  registry metrics;
  v0::health health;
  tracer traces;
  std::optional<families::process> process;
  std::vector<callback> callbacks;  // before what they read
  std::atomic<bool> is_shut_down = false;
};

telemetry::telemetry(telemetry_options options) {
  detail::settings chosen = detail::finalise(options);
  impl_ = std::make_unique<impl>(std::move(options), std::move(chosen));
}

telemetry::~telemetry() = default;

result<std::unique_ptr<telemetry>> telemetry::try_make(telemetry_options options) {
  try {
    return std::make_unique<telemetry>(std::move(options));
  } catch (const error& problem) {
    return problem;
  }
}

registry& telemetry::metrics() noexcept { return impl_->metrics; }
tracer& telemetry::traces() noexcept { return impl_->traces; }
const logger& telemetry::log() const noexcept { return impl_->log; }
v0::health& telemetry::health() noexcept { return impl_->health; }
const v0::resource& telemetry::resource() const noexcept { return impl_->chosen.resource; }

server telemetry::serve(serve_options options) {
  server_options listening = options.limits;
  listening.address = options.address.empty() ? impl_->chosen.default_address : options.address;
  handler_options served = options.endpoints;
  if (!options.token_file.empty()) served.token_file = options.token_file;
  return server::start(endpoints(std::move(served)), std::move(listening));
}

result<server> telemetry::try_serve(serve_options options) {
  try {
    return serve(std::move(options));
  } catch (const error& problem) {
    return problem;
  }
}

std::shared_ptr<handler> telemetry::endpoints(handler_options options) {
  if (options.token_file.empty() && options.token.empty()) options.token = impl_->chosen.metrics_token;
  return std::make_shared<handler>(impl_->sources(), std::move(options));
}

bool telemetry::flush(std::chrono::milliseconds timeout) noexcept {
  const bool exported = impl_->traces.flush(timeout);
  impl_->log.flush();
  return exported;
}

void telemetry::shutdown() noexcept { impl_->shutdown(); }

}  // namespace v0
}  // namespace telltale
