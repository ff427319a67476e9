// The options and the environment, merged and checked: what the facade is built from. Options go before variables,
// variables before defaults.
#pragma once

#include <telltale/telemetry.hpp>

#include <string>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace detail {

struct settings {
  v0::resource resource;
  level threshold = level::info;
  bool record_traces = true;
  sampler sampling = sampler::parent_based(sampler::always_on());
  batch_options batch;
  span_limits limits;
  bool spans_to_console = false;
  std::string default_address;
  std::string metrics_token;
  std::vector<std::string> complaints;  // about variables that cannot be used; for the log
};

/// Throws `error` invalid_option for options that make no sense; variables are complained about instead.
settings finalise(const telemetry_options& options);

}  // namespace detail
}  // namespace v0
}  // namespace telltale
