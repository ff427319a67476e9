// Labels are types. A closed set of values is an enum, `label<"provider", provider>`: its values are the
// enumerators' names, found at compile time, and a family over such labels is a dense table in which every series
// exists from the start. An open set is `text_label<"merchant", 256>`: its values are only known at run time, are
// interned once and bounded in number; what comes after the bound is counted under `_other`.
//
// There is no way from a string, an id or an amount to a label by accident: an enum label takes its own enum only, and
// a text label is constructed explicitly, by its own name: `by_merchant{name}`.
#pragma once

#include <telltale/detail/enum_names.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace telltale {
inline namespace v0 {

/// A string literal as a template argument.
template <std::size_t Size>
struct fixed_string {
  consteval fixed_string(const char (&literal)[Size]) { std::copy_n(literal, Size, text); }
  constexpr std::string_view view() const noexcept { return {text, Size - 1}; }

  char text[Size]{};
};

namespace detail {

/// [a-zA-Z_][a-zA-Z0-9_]*, not beginning with two underscores: the rule of both text formats.
constexpr bool is_label_name(std::string_view name) noexcept {
  if (name.empty() || name.starts_with("__")) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
  }
  return true;
}

constexpr bool is_reserved_label(std::string_view name) noexcept { return name == "le" || name == "quantile"; }

template <fixed_string Name>
constexpr void check_label_name() noexcept {
  static_assert(is_label_name(Name.view()),
                "a label's name is letters, digits and underscores, does not begin with a digit, and does not begin "
                "with two underscores");
  static_assert(!is_reserved_label(Name.view()),
                "the labels le and quantile belong to histograms and summaries: choose another name");
}

}  // namespace detail

/// A label over a closed set of values: the enumerators of `Enum`, which must be a scoped enumeration, contiguous from
/// zero. Other spellings than the enumerators' own are given by specialising `tt::enum_names<Enum>`.
/// Cost: a range check and a multiplication by a constant.
template <fixed_string Name, class Enum>
struct label {
  static_assert(detail::is_scoped_enum<Enum>,
                "tt::label<\"name\", E>: E must be an enum class; for values known only at run time use "
                "tt::text_label<\"name\", N>");
  static_assert(detail::enumerators_start_at_zero_without_gaps<Enum>(),
                "tt::label: the enumerators must be 0, 1, 2, ... without a gap (remove the explicit values)");
  static_assert(enum_names<Enum>.size() == 0 || enum_names<Enum>.size() == detail::enumerator_count<Enum>,
                "tt::enum_names<E> must give exactly one name for each enumerator, in order of value");

  using value_type = Enum;
  static constexpr bool is_text = false;
  static constexpr std::size_t size = detail::enumerator_count<Enum>;

  static constexpr std::string_view name() noexcept {
    detail::check_label_name<Name>();
    return Name.view();
  }
  static constexpr std::span<const std::string_view> values() noexcept { return detail::dense_names<Enum>; }

  constexpr label(Enum chosen) noexcept : value(chosen) {}

  /// Whether the value is an enumerator, and not the product of a cast.
  constexpr bool in_range() const noexcept { return raw() < size; }
  /// Position in the table; meaningful when in_range().
  constexpr std::uint32_t index() const noexcept { return static_cast<std::uint32_t>(raw()); }

  Enum value;

 private:
  constexpr auto raw() const noexcept {
    using underlying = std::underlying_type_t<Enum>;
    if constexpr (std::is_same_v<underlying, bool>) {
      return static_cast<unsigned char>(value);
    } else {
      return static_cast<std::make_unsigned_t<underlying>>(value);
    }
  }
};

/// A label over an open set of values, at most `MaxValues` different ones in a family; further ones share the
/// value `_other`. For values that are few by nature (a merchant's short name, a route pattern), never for ids, amounts,
/// addresses or anything about a person.
/// Cost: constructing it is free; the family's look-up hashes the text, see docs/performance.md.
template <fixed_string Name, std::size_t MaxValues>
struct text_label {
  static_assert(MaxValues >= 1 && MaxValues <= 65536, "tt::text_label<\"name\", N>: N is from 1 to 65536");

  static constexpr bool is_text = true;
  static constexpr std::size_t max_values = MaxValues;

  static constexpr std::string_view name() noexcept {
    detail::check_label_name<Name>();
    return Name.view();
  }

  /// References the text; it is copied when the value is seen for the first time.
  constexpr explicit text_label(std::string_view text) noexcept : value(text) {}

  std::string_view value;
};

namespace detail {

// What with() takes for a label: the label itself, or, for an enum label, its enumerator.
template <class Label, class Value>
constexpr bool label_accepts() noexcept {
  if constexpr (std::is_same_v<Label, Value>) {
    return true;
  } else if constexpr (Label::is_text) {
    return false;
  } else {
    return std::is_same_v<typename Label::value_type, Value>;
  }
}

template <class... Labels>
constexpr bool names_are_distinct() noexcept {
  const std::array<std::string_view, sizeof...(Labels)> names{Labels::name()...};
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) return false;
    }
  }
  return true;
}

/// A label as compiled code sees it: the enum's values, or the bound of a text label.
struct label_spec {
  std::string_view name;
  std::span<const std::string_view> values;  // empty for a text label
  std::size_t max_values;                    // of a text label
};

template <class Label>
constexpr label_spec make_label_spec() noexcept {
  if constexpr (Label::is_text) {
    return {Label::name(), {}, Label::max_values};
  } else {
    return {Label::name(), Label::values(), 0};
  }
}

template <class Label>
constexpr std::uint32_t dense_size() noexcept {
  if constexpr (Label::is_text) {
    return 1;
  } else {
    return static_cast<std::uint32_t>(Label::size);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
