// The labels of the packs. A pack is a template over its label list, so that a team keeps its own label names: labels
// can be renamed, dropped and put in another order. Each label is filled by its type, from what the pack is told:
//
//   tt::label<"psp", psp>             from a `psp`: an enumerator fills the label over its enum
//   tt::text_label<"bank", 64>        from the label itself, by_bank{name}: as in `family::with`
//   route_label<"path">, ...          from a fact that a pack knows; the pack's header lists its facts
//
// A label that nothing fills, or that two values could fill, is a compile error. Every list may be empty.
//
// An enum becomes an outcome, the last thing known about an operation, when its namespace says which of its values are
// errors of the operation. The first of these is what is recorded when an exception passes or when nothing was said;
// all of them mark the span as failed. A refusal (a declined card) is an outcome like any other and no error:
//
//   enum class result { paid, refused, failed, timeout };
//   constexpr auto error_outcomes(result) { return std::array{result::failed, result::timeout}; }
#pragma once

#include <telltale/metrics.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace telltale {
inline namespace v0 {
namespace families {

/// A label list, where a pack takes more than one.
template <class... Labels>
struct labels {};

}  // namespace families

namespace detail {

/// What an operation asks of its outcome; empty for a type that is none.
template <class T>
struct outcome_traits {};

// Found in the enum's own namespace, so that the enum may be called what it likes.
template <class T>
concept names_its_errors = requires(T value) {
  error_outcomes(value)[0] == value;
};

template <names_its_errors Enum>
struct outcome_traits<Enum> {
  static constexpr auto errors = error_outcomes(Enum{});
  static constexpr Enum failed = errors[0];
  static constexpr bool is_error(Enum value) noexcept {
    return std::find(errors.begin(), errors.end(), value) != errors.end();
  }
};

template <class T>
concept outcome = requires {
  outcome_traits<T>::failed;
};

// ---- Lists ----

template <class Default, class... Labels>
struct labels_or {
  using type = families::labels<Labels...>;
};
template <class Default>
struct labels_or<Default> {
  using type = Default;
};

template <class Label>
constexpr bool is_outcome_label() noexcept {
  if constexpr (requires { typename Label::value_type; }) {
    return outcome<typename Label::value_type>;
  } else {
    return false;
  }
}

template <class Left, class Right>
struct join_labels;
template <class... Left, class... Right>
struct join_labels<families::labels<Left...>, families::labels<Right...>> {
  using type = families::labels<Left..., Right...>;
};

/// The labels that are outcome labels, or those that are not.
template <bool Outcomes, class List>
struct select_labels {
  using type = families::labels<>;
};
template <bool Outcomes, class First, class... Rest>
struct select_labels<Outcomes, families::labels<First, Rest...>> {
  using rest = typename select_labels<Outcomes, families::labels<Rest...>>::type;
  using type = std::conditional_t<is_outcome_label<First>() == Outcomes,
                                  typename join_labels<families::labels<First>, rest>::type, rest>;
};
template <class List>
using outcome_labels = typename select_labels<true, List>::type;
template <class List>
using start_labels = typename select_labels<false, List>::type;

/// The outcome that a list speaks of; `Default` when it has no outcome label.
template <class List, class Default>
struct outcome_in {
  using type = Default;
};
template <class First, class... Rest, class Default>
struct outcome_in<families::labels<First, Rest...>, Default> {
  static constexpr auto choose() noexcept {
    if constexpr (is_outcome_label<First>()) {
      return std::type_identity<typename First::value_type>{};
    } else {
      return std::type_identity<typename outcome_in<families::labels<Rest...>, Default>::type>{};
    }
  }
  using type = typename decltype(choose())::type;
};

// ---- Filling ----

template <class Label, class Value>
constexpr bool fills() noexcept {
  if constexpr (requires { typename Label::fact; }) {
    return std::is_same_v<typename Label::fact, Value>;
  } else {
    return label_accepts<Label, Value>();
  }
}

template <class Label, class... Values>
constexpr std::size_t fillers() noexcept {
  return (std::size_t{0} + ... + static_cast<std::size_t>(fills<Label, Values>()));
}

template <class Label, class First, class... Rest>
constexpr Label filled_by_first(const First& first, const Rest&... rest) noexcept {
  if constexpr (fills<Label, First>()) {
    return Label(first);
  } else {
    return filled_by_first<Label>(rest...);
  }
}

template <class Label, class... Values>
constexpr Label fill(const Values&... values) noexcept {
  constexpr std::size_t count = fillers<Label, Values...>();
  static_assert(
      count > 0,
      "nothing that this pack knows fills one of its labels: pass an enumerator of the label's enum, pass a text "
      "label by name (by_bank{text}), or drop the label from the pack's list");
  static_assert(count < 2, "two values could fill one label of this pack: give each label a type of its own");
  return filled_by_first<Label>(values...);
}

/// An instrument without labels, or its family with them.
template <class Instrument, class List>
struct series;

template <class Instrument, class... Labels>
struct series<Instrument, families::labels<Labels...>> {
  using type = std::conditional_t<sizeof...(Labels) == 0, Instrument, family<Instrument, Labels...>>;

  template <class... Values>
  TELLTALE_SWITCHED static Instrument find(const type& from, [[maybe_unused]] const Values&... values) noexcept {
    if constexpr (sizeof...(Labels) == 0) {
      return from;
    } else {
      return from.with(fill<Labels>(values...)...);
    }
  }
};

template <class Instrument, class List>
using series_of = typename series<Instrument, List>::type;

// ---- Registering; an empty name leaves a metric out, and its handle writes into nothing ----

inline std::string prefixed(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "_" + name;
}

template <class... Labels>
series_of<counter, families::labels<Labels...>> add_counter(registry& metrics, families::labels<Labels...>,
                                                            const std::string& prefix, const std::string& name,
                                                            const char* help) {
  if (name.empty()) return {};
  return metrics.counter<Labels...>({.name = prefixed(prefix, name), .help = help});
}

template <class... Labels>
series_of<gauge, families::labels<Labels...>> add_gauge(registry& metrics, families::labels<Labels...>,
                                                        const std::string& prefix, const std::string& name,
                                                        const char* help) {
  if (name.empty()) return {};
  return metrics.gauge<Labels...>({.name = prefixed(prefix, name), .help = help});
}

template <class... Labels>
series_of<histogram, families::labels<Labels...>> add_histogram(registry& metrics, families::labels<Labels...>,
                                                                const std::string& prefix, const std::string& name,
                                                                const char* help, const std::vector<double>& buckets) {
  if (name.empty()) return {};
  return metrics.histogram<Labels...>({.name = prefixed(prefix, name), .help = help, .buckets = buckets});
}

// ---- Label values as text, for span names and comparisons ----

template <class Label>
constexpr std::string_view label_text(const Label& label) noexcept {
  if constexpr (Label::is_text) {
    return label.value;
  } else {
    return label.in_range() ? Label::values()[label.index()] : std::string_view{};
  }
}

/// Whether one of the labels is filled by a `Value`.
template <class Value, class... Labels>
constexpr bool filled_in(families::labels<Labels...>) noexcept {
  return (fills<Labels, Value>() || ...);
}

/// The text of the label that the value fills; empty when there is none.
template <class... Labels, class Value>
constexpr std::string_view text_in(families::labels<Labels...>, const Value& value) noexcept {
  std::string_view text;
  const auto look = [&]<class Label>(std::type_identity<Label>) {
    if constexpr (fills<Label, Value>()) text = label_text(Label(value));
  };
  (look(std::type_identity<Labels>{}), ...);
  return text;
}

/// A span's name, put together without allocation; what does not fit is cut off.
class short_text {
 public:
  void append_word(std::string_view word) noexcept {
    if (size_ > 0 && size_ < text_.size()) text_[size_++] = ' ';
    size_ += word.copy(text_.data() + size_, text_.size() - size_);
  }
  bool empty() const noexcept { return size_ == 0; }
  std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 128> text_;
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
