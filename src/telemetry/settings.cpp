#include "telemetry/settings.hpp"

#include <algorithm>
#include <cctype>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// OTEL_RESOURCE_ATTRIBUTES: key=value,key=value, values percent-encoded. One bad member voids the whole, as the
// specification asks.
void read_resource_attributes(const environment& variables, v0::resource& into, const environment::complaint& complain) {
  const auto text = variables.text("OTEL_RESOURCE_ATTRIBUTES");
  if (!text) return;
  std::vector<v0::resource::entry> read;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view member = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (member.empty()) continue;
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      complain("OTEL_RESOURCE_ATTRIBUTES=" + *text + " is ignored: it must be key=value pairs with commas between them");
      return;
    }
    read.emplace_back(trimmed(member.substr(0, equals)), percent_decoded(trimmed(member.substr(equals + 1))));
  }
  for (const auto& [key, value] : read) into.set(key, value);
}

v0::resource make_resource(const telemetry_options& options, const environment::complaint& complain) {
  v0::resource made;
  made.set("service.name", "unknown_service");
  if (const auto name = options.variables.text("ENVIRONMENT")) made.set("deployment.environment", *name);
  read_resource_attributes(options.variables, made, complain);
  if (const auto name = options.variables.text("OTEL_SERVICE_NAME")) made.set("service.name", *name);
  if (!options.service.empty()) made.set("service.name", options.service);
  if (!options.version.empty()) made.set("service.version", options.version);
  if (!options.deployment.empty()) made.set("deployment.environment", options.deployment);
  return made;
}

// RUST_LOG=info,db=debug: of EnvFilter's rules the one without a target is the level of everything.
std::optional<level> read_rust_log(const environment& variables, const environment::complaint& complain) {
  const auto rules = variables.text("RUST_LOG");
  if (!rules) return std::nullopt;
  std::string_view rest = *rules;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view rule = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (rule.find('=') != std::string_view::npos) continue;
    if (const auto found = parse_level(rule)) return found;
  }
  complain("RUST_LOG=" + *rules + " is ignored and the default is used: it names no level for everything, as in RUST_LOG=info");
  return std::nullopt;
}

level choose_level(const telemetry_options& options, const environment::complaint& complain) {
  if (options.log.threshold) return *options.log.threshold;
  if (const auto chosen = read_level(options.variables, "LOG_LEVEL", complain)) return *chosen;
  if (const auto chosen = read_rust_log(options.variables, complain)) return *chosen;
  if (const auto chosen = read_level(options.variables, "OTEL_LOG_LEVEL", complain)) return *chosen;
  return level::info;
}

// The specification's exporters, of which this version has two.
bool console_exporter_chosen(const environment& variables, const environment::complaint& complain) {
  const auto chosen = variables.text("OTEL_TRACES_EXPORTER");
  if (!chosen || *chosen == "none") return false;
  if (*chosen == "console") return true;
  complain("OTEL_TRACES_EXPORTER=" + *chosen +
           " is ignored and no span is exported: this version knows none and console; give trace_options a file or a "
           "processor for other ways");
  return false;
}

std::string choose_address(const environment& variables, const environment::complaint& complain) {
  std::string host = variables.text("OTEL_EXPORTER_PROMETHEUS_HOST").value_or("127.0.0.1");
  if (host.find(':') != std::string::npos && host.front() != '[') host = "[" + host + "]";
  const std::uint64_t port =
      variables.unsigned_integer("OTEL_EXPORTER_PROMETHEUS_PORT", 0, 65535, complain).value_or(9464);
  return host + ":" + std::to_string(port);
}

}  // namespace

settings finalise(const telemetry_options& options) {
  if (options.shutdown_timeout < std::chrono::milliseconds{0}) {
    throw error(error_code::invalid_option, "telemetry: shutdown_timeout is negative; zero means not to wait");
  }
  settings made;
  const environment& variables = options.variables;
  const environment::complaint complain = [&made](std::string_view sentence) { made.complaints.emplace_back(sentence); };

  made.resource = make_resource(options, complain);
  made.threshold = choose_level(options, complain);
  made.record_traces = !variables.boolean("OTEL_SDK_DISABLED", complain).value_or(false) &&
                       variables.boolean("OTEL_ENABLED", complain).value_or(true);
  made.sampling = options.traces.sampling ? *options.traces.sampling : sampler_from_environment(variables, complain);
  made.batch = options.traces.batch ? *options.traces.batch : batch_options_from_environment(variables, complain);
  made.limits = span_limits_from_environment(variables, complain);
  made.spans_to_console = console_exporter_chosen(variables, complain);
  made.default_address = choose_address(variables, complain);
  if (const auto token = variables.text("API_METRICS_TOKEN")) {
    made.metrics_token = *token;
    complain("API_METRICS_TOKEN is used unless a token file is given, which is safer: it can be rotated, and child processes "
             "do not inherit it");
  }
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
