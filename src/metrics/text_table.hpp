// The look-up behind `family::with` for text labels: from the texts and the combination of enum values to the index of a
// series. Reading takes no lock; adding does. All of it is bounded: the distinct values of each label, the series of the
// family, and the length of a text.
#pragma once

#include "metrics/page_memory.hpp"

#include <telltale/detail/cells.hpp>
#include <telltale/metrics/family.hpp>
#include <telltale/metrics/label.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace telltale {
inline namespace v0 {
namespace detail {

/// What values beyond a bound are counted under.
inline constexpr std::string_view overflow_value = "_other";
/// Longer texts are cut, at a character.
inline constexpr std::size_t max_text_bytes = 128;
inline constexpr std::size_t max_text_labels = 8;

/// A text, or the texts and enum combination of a series, copied into memory that stays mapped.
struct text_key {
  std::uint32_t enum_index;
  unsigned char rest[1];  // the size of each text (max_text_bytes fits into a byte), then all texts, one after the other

  const char* texts(std::size_t count) const noexcept { return reinterpret_cast<const char*>(rest + count); }
};

/// An open-addressing table from keys to numbers. `tag` is written last and is never 0 in a used entry.
struct key_table {
  struct entry {
    std::atomic<std::uint32_t> tag;  // the hash's upper half; the lower half says where to look
    std::atomic<std::uint32_t> index;
    std::atomic<const text_key*> key;
  };
  static_assert(sizeof(entry) == 16);

  entry* entries;
  std::uint64_t mask;

  bool allocate(page_memory& memory, std::size_t most) noexcept;
  std::uint32_t find(std::uint64_t hash, std::uint32_t enum_index, std::span<const std::string_view> texts) const noexcept;
  /// Under the table's mutex. The entry of this key, made with `no_series` as its index when it is new; null when there
  /// is no memory.
  entry* claim(page_memory& memory, std::uint64_t hash, std::uint32_t enum_index,
               std::span<const std::string_view> texts) noexcept;
};

/// Who turns a new combination into a series: the family inside the registry.
class series_maker {
 public:
  virtual ~series_maker() = default;
  /// Makes the next series; its index is the number of series made before.
  virtual void make_series(std::uint32_t enum_index, std::span<const std::string_view> texts) = 0;
  /// The series is not collected any more. Its row is not used again.
  virtual void remove_series(std::uint32_t index) noexcept = 0;
  /// The first time that `label` (null: the family as a whole) overflows.
  virtual void report_overflow(const label_spec* label) noexcept = 0;
  virtual page_memory& memory() noexcept = 0;
};

/// Lives in kept memory: handles read it for ever.
struct text_table {
  key_table series;
  key_table values[max_text_labels];                     // the distinct values of each text label
  label_spec labels[max_text_labels];                    // names and bounds of the text labels
  std::atomic<std::uint32_t> value_counts[max_text_labels];
  std::atomic<std::uint32_t> series_count;
  std::uint32_t max_series;
  std::uint32_t room;  // rows, those of overflow series included
  std::uint32_t text_count;
  std::uint64_t seed;
  slot overflow;                      // a cell for each text label, then one for the family
  std::atomic<bool> reported[max_text_labels + 1];
  std::atomic<series_maker*> maker;   // null once the registry is gone; changed under `text_mutex`
};

/// Once a process, before the first table, and without any lock that takes part in forks.
void prepare_text_tables_for_forks();

/// Makes a table for these text labels, with room for `max_series` series and `overflow_series` more.
/// Null when there is no memory.
text_table* make_text_table(series_maker& maker, std::span<const label_spec> text_labels, std::uint32_t max_series,
                            std::uint32_t overflow_series, slot overflow) noexcept;

/// From now on the table makes nothing; when this returns, `maker` is not in use.
void retire_text_table(text_table& table) noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace telltale
