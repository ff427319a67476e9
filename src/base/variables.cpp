#include <telltale/config.hpp>

namespace telltale {
inline namespace v0 {

namespace {

constexpr variable_info variables[] = {
    {"OTEL_SERVICE_NAME", "The service's name, unless the program gives one.", "unknown_service"},
    {"OTEL_RESOURCE_ATTRIBUTES", "key=value pairs with commas between them: service.version, deployment.environment ...", ""},
    {"ENVIRONMENT", "deployment.environment, unless given otherwise.", ""},
    {"OTEL_SDK_DISABLED", "true: no span is recorded. Metrics and logs go on.", "false"},
    {"OTEL_ENABLED", "false means the same as OTEL_SDK_DISABLED=true.", "true"},
    {"LOG_LEVEL", "trace, debug, info, warn, error, fatal or off.", "info"},
    {"RUST_LOG", "Used when LOG_LEVEL is unset: the rule without a target, as in info,db=debug.", ""},
    {"OTEL_LOG_LEVEL", "Used when LOG_LEVEL and RUST_LOG are unset.", ""},
    {"OTEL_TRACES_EXPORTER", "none, or console: spans as JSON lines on standard output.", "none"},
    {"OTEL_TRACES_SAMPLER",
     "always_on, always_off, traceidratio, or one of these with parentbased_ before it.", "parentbased_always_on"},
    {"OTEL_TRACES_SAMPLER_ARG", "The share of traces for traceidratio, from 0 to 1.", "1.0"},
    {"OTEL_BSP_SCHEDULE_DELAY", "Milliseconds between two exports of spans.", "5000"},
    {"OTEL_BSP_MAX_QUEUE_SIZE", "Spans waiting at most; further ones are dropped and counted.", "2048"},
    {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "Spans in one export at most.", "512"},
    {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "Attributes of a span at most.", "128"},
    {"OTEL_SPAN_EVENT_COUNT_LIMIT", "Events of a span at most.", "128"},
    {"OTEL_SPAN_LINK_COUNT_LIMIT", "Links of a span at most.", "128"},
    {"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "Attributes of an event or a link at most.", "128"},
    {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "Characters of a text value at most.", "no limit"},
    {"OTEL_ATTRIBUTE_COUNT_LIMIT", "Used where the limits above are unset.", "128"},
    {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "Used where OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT is unset.", "no limit"},
    {"OTEL_EXPORTER_PROMETHEUS_HOST", "The address that telemetry::serve binds, unless the program gives one.", "127.0.0.1"},
    {"OTEL_EXPORTER_PROMETHEUS_PORT", "Its port; 0 takes a free one.", "9464"},
    {"API_METRICS_TOKEN", "The bearer token of /metrics and /health. A file is safer: serve_options::token_file.", ""},
};

}  // namespace

std::span<const variable_info> known_variables() noexcept { return variables; }

}  // namespace v0
}  // namespace telltale
