// Attributes: `tt::kv{"amount_minor", 4200}`. One way to say key and value for log fields, span attributes and
// error context. A `kv` is a view: it lives in the argument list of the call that takes it and owns nothing, so
// that a call which turns out to be below the level or unsampled has paid nothing.
//
// Keys are string literals in practice; values are bool, integers, floating point, text, enums (their
// enumerator's name), std::chrono durations (seconds) and system-clock time points (RFC 3339). Anything else
// is a compile error that says so.
#pragma once

#include <telltale/detail/enum_names.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace telltale {
inline namespace v0 {

/// A value without an owner: a tag and up to 16 bytes. Text is referenced, not copied.
/// Thread safety: a value type. Cost: three words on the stack.
class attribute_value {
 public:
  enum class kind : std::uint8_t { boolean, integer, unsigned_integer, real, text, duration, time };

  constexpr attribute_value(bool value) noexcept : kind_(kind::boolean), boolean_(value) {}
  constexpr attribute_value(std::signed_integral auto value) noexcept : kind_(kind::integer), integer_(value) {}
  constexpr attribute_value(std::unsigned_integral auto value) noexcept
      : kind_(kind::unsigned_integer), unsigned_(value) {}
  constexpr attribute_value(std::floating_point auto value) noexcept
      : kind_(kind::real), real_(static_cast<double>(value)) {}
  constexpr attribute_value(std::string_view value) noexcept : kind_(kind::text), text_(value) {}
  constexpr attribute_value(std::chrono::nanoseconds value) noexcept
      : kind_(kind::duration), integer_(value.count()) {}
  constexpr attribute_value(std::chrono::sys_time<std::chrono::nanoseconds> value) noexcept
      : kind_(kind::time), integer_(value.time_since_epoch().count()) {}

  constexpr kind type() const noexcept { return kind_; }

  // Each accessor is meaningful for its own kind only.
  constexpr bool as_bool() const noexcept { return boolean_; }
  constexpr std::int64_t as_int() const noexcept { return integer_; }
  constexpr std::uint64_t as_unsigned() const noexcept { return unsigned_; }
  constexpr double as_double() const noexcept { return real_; }
  constexpr std::string_view as_text() const noexcept { return text_; }
  constexpr std::chrono::nanoseconds as_duration() const noexcept { return std::chrono::nanoseconds{integer_}; }
  constexpr std::chrono::sys_time<std::chrono::nanoseconds> as_time() const noexcept {
    return std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{integer_}};
  }

 private:
  kind kind_;
  union {
    bool boolean_;
    std::int64_t integer_;
    std::uint64_t unsigned_;
    double real_;
    std::string_view text_;
  };
};

/// Key and value with the type erased: what crosses into compiled code.
struct attribute {
  std::string_view key;
  attribute_value value;
};

namespace detail {

template <class T>
constexpr bool is_character =
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
    std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

template <class T>
constexpr attribute_value to_attribute_value(const T& value) noexcept {
  if constexpr (std::is_same_v<T, const char*> || std::is_same_v<T, char*>) {
    return value ? std::string_view{value} : std::string_view{"(null)"};
  } else if constexpr (std::convertible_to<const T&, std::string_view>) {
    return std::string_view{value};
  } else if constexpr (std::is_same_v<T, bool> || (std::integral<T> && !is_character<T>) || std::floating_point<T>) {
    return value;
  } else if constexpr (is_scoped_enum<T>) {
    const std::string_view name = enumerator_name(value);
    if (!name.empty()) return name;
    return static_cast<std::int64_t>(value);
  } else if constexpr (requires { std::chrono::duration_cast<std::chrono::nanoseconds>(value); }) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(value);
  } else if constexpr (requires { std::chrono::time_point_cast<std::chrono::nanoseconds>(value).time_since_epoch(); } &&
                       requires { typename T::clock; requires std::same_as<typename T::clock, std::chrono::system_clock>; }) {
    return std::chrono::sys_time<std::chrono::nanoseconds>{
        std::chrono::duration_cast<std::chrono::nanoseconds>(value.time_since_epoch())};
  } else {
    static_assert(sizeof(T) == 0,
                  "tt::kv takes bool, integers, floating point, text, enums, std::chrono durations and "
                  "system_clock time points: convert the value to one of these first");
    return false;
  }
}

}  // namespace detail

/// A key and a value, as log calls and spans take them. Text is referenced: do not keep a `kv` beyond the
/// full expression in which it was made from a temporary.
template <class T>
struct kv {
  constexpr kv(std::string_view k, T v) noexcept(std::is_nothrow_move_constructible_v<T>)
      : key(k), value(std::move(v)) {}

  std::string_view key;
  T value;

  /// The type-erased view; text in it lives as long as this `kv`'s argument does.
  constexpr operator attribute() const noexcept { return {key, detail::to_attribute_value(value)}; }
};

// Text is held as a view; everything else by value.
kv(std::string_view, const char*) -> kv<std::string_view>;
kv(std::string_view, const std::string&) -> kv<std::string_view>;
kv(std::string_view, std::string_view) -> kv<std::string_view>;
template <class T>
kv(std::string_view, T) -> kv<T>;

}  // namespace v0
}  // namespace telltale
