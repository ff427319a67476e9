// Errors and results. Set-up calls (`telemetry`'s constructor, `serve`, a registration) throw `tt::error`;
// their `try_` twins return `result<T>`. An error carries a number that programs can test, and a sentence
// that names what is wrong, the rule broken and what to do about it. Nothing on a hot path uses either.
#pragma once

#include <telltale/detail/platform.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace telltale {
inline namespace v0 {

/// What went wrong, as a number that stays the same between versions. The hundreds are the area:
/// 1 configuration, 2 metrics registration, 3 network and servers, 4 files.
enum class error_code : int {
  invalid_option = 100,        ///< an option of an aggregate is out of its range
  invalid_environment = 101,   ///< an environment variable has a value that cannot be used
  invalid_name = 200,          ///< a metric or label name breaks the naming rules
  duplicate_name = 201,        ///< the name is registered already, or clashes in OpenMetrics
  invalid_label = 202,         ///< a label name is reserved, repeated or malformed
  invalid_buckets = 203,       ///< bucket bounds are not finite and strictly increasing
  capacity_exhausted = 204,    ///< the process-wide bound on metric cells is reached
  invalid_address = 300,       ///< an address is not host:port, [v6]:port or unix:path
  address_in_use = 301,        ///< another process, or another server of this one, listens there
  address_unavailable = 302,   ///< the address cannot be bound on this machine
  unusable_secret_file = 400,  ///< a token or password file is missing, unreadable, empty or too open
  unusable_file = 401,         ///< a log or span file cannot be opened or written
};

/// The exception of set-up calls.
/// Thread safety: immutable after construction.
class TELLTALE_API error : public std::runtime_error {
 public:
  error(error_code code, const std::string& what_and_remedy);
  ~error() override;

  error_code code() const noexcept { return code_; }

 private:
  error_code code_;
};

/// A value, or the error that explains why there is none. What `try_` functions return.
/// Thread safety: that of the value inside.
template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(v0::error problem) : state_(std::in_place_index<1>, std::move(problem)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value; throws the `error` when there is none.
  T& value() & {
    throw_if_error();
    return std::get<0>(state_);
  }
  const T& value() const& {
    throw_if_error();
    return std::get<0>(state_);
  }
  T&& value() && {
    throw_if_error();
    return std::get<0>(std::move(state_));
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The error. Only when `has_value()` is false; otherwise throws std::bad_variant_access.
  const v0::error& error() const { return std::get<1>(state_); }

 private:
  void throw_if_error() const {
    if (const auto* problem = std::get_if<1>(&state_)) throw *problem;
  }

  std::variant<T, v0::error> state_;
};

/// For calls that succeed without a value.
template <>
class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(v0::error problem) : problem_(std::move(problem)) {}

  bool has_value() const noexcept { return !problem_; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (problem_) throw *problem_;
  }
  const v0::error& error() const { return problem_.value(); }

 private:
  std::optional<v0::error> problem_;
};

}  // namespace v0
}  // namespace telltale
