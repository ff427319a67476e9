// A family: one metric name, and a series for each combination of its labels. `with()` turns label values into the
// handle of one series. For enum labels that is arithmetic on an index, so nothing needs caching; with text labels it is a
// look-up in a table that is read without a lock.
#pragma once

#include <telltale/detail/cells.hpp>
#include <telltale/metrics/label.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace telltale {
inline namespace v0 {

class registry;

namespace detail {

struct text_table;

inline constexpr std::uint32_t no_series = static_cast<std::uint32_t>(-1);

/// The index of the series with these text values and this combination of enum values, made when it is new; past the
/// bounds, the index of an overflow series; `no_series` when the registry is gone.
TELLTALE_API std::uint32_t find_series(text_table& table, std::uint32_t enum_index,
                                       std::span<const std::string_view> texts) noexcept;
/// The same for the most frequent case: one text label.
TELLTALE_API std::uint32_t find_series(text_table& table, std::uint32_t enum_index, std::string_view text) noexcept;

/// Takes the series out of collection for good; false when there is none.
TELLTALE_API bool remove_series(text_table& table, std::uint32_t enum_index, std::span<const std::string_view> texts) noexcept;

}  // namespace detail

/// Series of one `Instrument` (counter, gauge, histogram, state_set ...) by `Labels`. A handle: trivially copyable and
/// destructible, made by a registry, safe to use for as long as the process lives.
/// Thread safety: `with` from any thread at any time.
/// Cost: enum labels: four instructions a label. Text labels: a hash and a probe, some hundred instructions; the first
/// use of a combination takes a mutex and allocates.
template <class Instrument, class... Labels>
class family {
  static_assert(sizeof...(Labels) > 0, "a family needs at least one label");
  static_assert(detail::names_are_distinct<Labels...>(), "a label's name stands twice in this family: drop or rename one");
  static constexpr bool has_text = (Labels::is_text || ...);
  static constexpr std::size_t text_count = (static_cast<std::size_t>(Labels::is_text) + ...);

 public:
  using location = typename Instrument::location;

  /// Every series counts into nothing.
  family() noexcept = default;

  /// The series with these label values, one for each label in the family's order: an enumerator (or the label itself)
  /// for an enum label, `by_merchant{text}` for a text label. A value that is no enumerator (a cast) gives a handle
  /// whose updates are stored nowhere and counted in `telltale_metric_rejected_total`.
  template <class... Values>
  TELLTALE_INLINE Instrument with(Values... values) const noexcept {
    static_assert(sizeof...(Values) == sizeof...(Labels),
                  "with() takes one value for each label of the family, in the family's order");
    if constexpr (sizeof...(Values) == sizeof...(Labels)) {
      constexpr bool accepted = (detail::label_accepts<Labels, Values>() && ...);
      static_assert(accepted,
                    "with(): a value does not belong to the label at its place. An enum label takes an enumerator of "
                    "its own enum; a text label is written by name: by_merchant{text}. Check the order, too");
      if constexpr (accepted && detail::enabled) return find(Labels(values)...);
      if constexpr (!detail::enabled) return Instrument{};
    }
  }

  /// Removes the series with these label values from the family; false when there is none. Handles of it count into nothing
  /// from now on; a later `with` of the same values makes a new series that begins at 0. Only for families with text
  /// labels: a series over enums always exists. Each removal spends one of the `max_series` rows of the family, because a
  /// row is never used under a handle of another series.
  /// Cost: a mutex and a look-up.
  template <class... Values>
  bool remove(Values... values) const noexcept {
    static_assert(has_text, "remove() is for families with a text label: a series over enum labels always exists");
    static_assert(sizeof...(Values) == sizeof...(Labels) && (detail::label_accepts<Labels, Values>() && ...),
                  "remove() takes what with() takes: one value for each label of the family, in the family's order");
    return find_and_remove(Labels(values)...);
  }

 private:
  friend class registry;

  TELLTALE_INLINE family(location where, detail::text_table* table) noexcept : where_(where), table_(table) {}

  TELLTALE_INLINE Instrument find(const Labels&... labels) const noexcept {
    if (!(in_range(labels) && ...)) [[unlikely]] return Instrument::rejecting(where_);
    std::uint32_t index = 0;
    ((index = index * detail::dense_size<Labels>() + index_of(labels)), ...);
    if constexpr (has_text) {
      if (table_ == nullptr) [[unlikely]] return Instrument{};
      std::array<std::string_view, text_count> texts;
      std::size_t next = 0;
      (collect_text(labels, texts, next), ...);
      if constexpr (text_count == 1) {
        index = detail::find_series(*table_, index, texts[0]);
      } else {
        index = detail::find_series(*table_, index, texts);
      }
      if (index == detail::no_series) [[unlikely]] return Instrument{};
    }
    return Instrument{where_, index};
  }

  bool find_and_remove(const Labels&... labels) const noexcept {
    if (table_ == nullptr || !(in_range(labels) && ...)) return false;
    std::uint32_t index = 0;
    ((index = index * detail::dense_size<Labels>() + index_of(labels)), ...);
    std::array<std::string_view, text_count> texts;
    std::size_t next = 0;
    (collect_text(labels, texts, next), ...);
    return detail::remove_series(*table_, index, texts);
  }

  template <class Label>
  TELLTALE_INLINE static constexpr bool in_range(const Label& label) noexcept {
    if constexpr (Label::is_text) {
      return true;
    } else {
      return label.in_range();
    }
  }

  template <class Label>
  TELLTALE_INLINE static constexpr std::uint32_t index_of(const Label& label) noexcept {
    if constexpr (Label::is_text) {
      return 0;
    } else {
      return label.index();
    }
  }

  template <class Label>
  TELLTALE_INLINE static void collect_text(const Label& label, std::array<std::string_view, text_count>& texts,
                                           std::size_t& next) noexcept {
    if constexpr (Label::is_text) texts[next++] = label.value;
  }

  location where_{};
  detail::text_table* table_ = nullptr;
};

}  // namespace v0
}  // namespace telltale
