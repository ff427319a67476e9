// The environment, read once. Components do not call getenv: the facade takes an `environment` and finalises its
// options from it, so that a test can pass its own and nothing changes behind a running program's back.
// `known_variables()` is the one list of the variables that telltale understands; docs/configuration.md prints it.
#pragma once

#include <telltale/detail/platform.hpp>
#include <telltale/result.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {

/// Environment variables as a value. An empty variable counts as unset, as OpenTelemetry asks.
/// Thread safety: immutable after construction. Cost: a copy of the variables it was made from.
class TELLTALE_API environment {
 public:
  /// No variables at all.
  environment() = default;
  /// The given ones, for tests.
  explicit environment(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}
  /// A copy of the process's environment now.
  static environment process();

  std::optional<std::string> text(std::string_view name) const;

  // Each of these returns nothing when the variable is unset or cannot be read as what is asked for; in the
  // second case it calls `complain` with a sentence that names the variable, the value, the rule and what is used
  // instead. (The OpenTelemetry specification asks for a warning and the default, not for a failure.)
  using complaint = std::function<void(std::string_view sentence)>;
  std::optional<bool> boolean(std::string_view name, const complaint& complain) const;  ///< true or false, any case
  std::optional<double> number(std::string_view name, double low, double high, const complaint& complain) const;
  std::optional<std::uint64_t> unsigned_integer(std::string_view name, std::uint64_t low, std::uint64_t high,
                                                const complaint& complain) const;
  std::optional<std::chrono::milliseconds> milliseconds(std::string_view name, const complaint& complain) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// One variable that telltale reads.
struct variable_info {
  std::string_view name;
  std::string_view meaning;
  std::string_view default_value;
};

/// All of them, in the order in which the documentation lists them.
TELLTALE_API std::span<const variable_info> known_variables() noexcept;

}  // namespace v0
}  // namespace telltale
