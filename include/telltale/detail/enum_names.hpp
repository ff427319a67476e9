// The names of an enum's enumerators, found at compile time: what makes `label<"provider", provider>` print
// `provider="stripe"` without a table written by hand. The compiler spells each candidate value in
// __PRETTY_FUNCTION__ ("provider::stripe" for an enumerator, "(provider)7" for none); one function is instantiated
// for each enum, with all candidates at once, which keeps the cost of compilation low.
//
// Standard C++20 has no reflection; GCC and Clang both document the text that is parsed here well enough
// that tests/unit/metrics/label_tests.cpp holds them to it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

namespace telltale {
inline namespace v0 {

/// Other spellings for an enum's names: specialise with an array, one entry an enumerator in order of value:
///   template <> inline constexpr std::array<std::string_view, 2> tt::enum_names<method>{"GET", "POST"};
template <class Enum>
inline constexpr std::array<std::string_view, 0> enum_names{};

namespace detail {

// Only scoped enums are looked at: casting an arbitrary number to an unscoped one may be undefined.
template <class T>
inline constexpr bool is_scoped_enum = std::is_enum_v<T> && !std::is_convertible_v<T, int>;

// Candidates looked at: values below and above are not found (an enum for labels has far fewer).
inline constexpr int first_candidate = -8;
inline constexpr int candidate_count = 8 + 256;

template <class Enum, Enum... Values>
constexpr std::string_view spell_values() noexcept {
  return __PRETTY_FUNCTION__;
}

template <class Enum>
constexpr bool is_candidate(int value) noexcept {
  using underlying = std::underlying_type_t<Enum>;
  if constexpr (std::is_same_v<underlying, bool>) {
    return value == 0 || value == 1;
  } else {
    return std::in_range<underlying>(value);
  }
}

// A value that the underlying type cannot hold is replaced by 0 and ignored by the parser.
template <class Enum>
constexpr Enum candidate(int value) noexcept {
  return is_candidate<Enum>(value) ? static_cast<Enum>(value) : static_cast<Enum>(0);
}

// Where each candidate's name stands in the text of spell_values; size 0 where the value names no enumerator.
// (Plain numbers: GCC 12 cannot constant-initialise a large array of string_views here.)
struct name_positions {
  std::uint32_t begin[candidate_count]{};
  std::uint16_t size[candidate_count]{};
};

template <class Enum, std::size_t... I>
constexpr std::string_view spell_candidates(std::index_sequence<I...>) noexcept {
  return spell_values<Enum, candidate<Enum>(static_cast<int>(I) + first_candidate)...>();
}

template <class Enum>
constexpr name_positions find_names(std::string_view text) noexcept {
  name_positions found;
  // GCC:   "... [with Enum = E; Enum ...Values = {(E)-8, ..., E::a}; ...]"
  // Clang: "... [Enum = E, Values = <(E)-8, ..., E::a>]"
  const std::size_t marker = text.find("Values = ");
  std::size_t at = marker + std::string_view{"Values = "}.size() + 1;
  for (std::size_t i = 0; i < candidate_count; ++i) {
    while (at < text.size() && text[at] == ' ') ++at;
    std::size_t end = at;
    std::size_t last_colon = std::string_view::npos;
    int depth = 0;  // commas inside <> or () of a qualified name do not separate values
    while (end < text.size()) {
      const char c = text[end];
      if (c == '<' || c == '(' || c == '{') ++depth;
      if (depth == 0 && (c == ',' || c == '}' || c == '>')) break;
      if (c == '>' || c == ')' || c == '}') --depth;
      if (depth == 0 && c == ':') last_colon = end;
      ++end;
    }
    // A scoped enumerator is always qualified; a cast, "(E)7" or "((anonymous namespace)::E)7", has no :: of its own.
    const bool is_enumerator = last_colon != std::string_view::npos;
    if (is_enumerator && is_candidate<Enum>(static_cast<int>(i) + first_candidate)) {
      const std::size_t begin = last_colon + 1;
      found.begin[i] = static_cast<std::uint32_t>(begin);
      found.size[i] = static_cast<std::uint16_t>(end - begin);
    }
    at = end + 1;
  }
  return found;
}

template <class Enum>
struct reflection {
  static constexpr std::string_view text = spell_candidates<Enum>(std::make_index_sequence<candidate_count>{});
  static constexpr name_positions positions = find_names<Enum>(text);

  /// The name of a candidate, by index; empty when there is none.
  static constexpr std::string_view name(std::size_t index) noexcept {
    return text.substr(positions.begin[index], positions.size[index]);
  }

  static constexpr std::size_t count() noexcept {
    std::size_t names = 0;
    for (const auto size : positions.size) names += size == 0 ? 0 : 1;
    return names;
  }
};

/// How many enumerators, each value counted once.
template <class Enum>
inline constexpr std::size_t enumerator_count = reflection<Enum>::count();

template <class Enum>
constexpr bool enumerators_start_at_zero_without_gaps() noexcept {
  for (std::size_t i = 0; i < enumerator_count<Enum>; ++i) {
    if (reflection<Enum>::name(static_cast<std::size_t>(-first_candidate) + i).empty()) return false;
  }
  return enumerator_count<Enum> > 0;
}

template <class Enum>
constexpr auto make_dense_names() noexcept {
  std::array<std::string_view, enumerator_count<Enum>> names{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if constexpr (enum_names<Enum>.size() == enumerator_count<Enum>) {
      names[i] = enum_names<Enum>[i];
    } else {
      names[i] = reflection<Enum>::name(static_cast<std::size_t>(-first_candidate) + i);
    }
  }
  return names;
}

/// The names by value, for an enum that is contiguous from zero.
template <class Enum>
inline constexpr auto dense_names = make_dense_names<Enum>();

/// The name of any enumerator, empty for a value that has none.
template <class Enum>
constexpr std::string_view enumerator_name(Enum value) noexcept {
  const auto raw = static_cast<std::underlying_type_t<Enum>>(value);
  if constexpr (enumerators_start_at_zero_without_gaps<Enum>()) {
    const auto index = static_cast<std::size_t>(raw);
    return index < dense_names<Enum>.size() ? dense_names<Enum>[index] : std::string_view{};
  } else {
    if (std::cmp_less(raw, first_candidate) || std::cmp_greater_equal(raw, first_candidate + candidate_count)) return {};
    return reflection<Enum>::name(static_cast<std::size_t>(static_cast<int>(raw) - first_candidate));
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
