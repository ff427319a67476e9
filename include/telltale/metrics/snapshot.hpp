// A snapshot: the values of all metrics of a registry at one collection, as plain data. Encoders, exporters and
// tests read it; nothing in it changes afterwards, and it stays good when the registry is gone. Collecting again
// into the same snapshot reuses its memory, so that a scrape allocates nothing once it has seen its largest size.
//
// Within a histogram, `count()` is always the sum of the buckets. Between metrics there is no common instant: threads
// go on counting while the cells are summed.
#pragma once

#include <telltale/clock.hpp>
#include <telltale/detail/platform.hpp>
#include <telltale/tracing/span_context.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace detail {
struct registry_core;
}

/// `unknown` and `summary` come from attached collectors (metrics/collector.hpp) alone. A counter that one of them gives may
/// lack _total.
/// The type `info` is always 1, its labels are what it says; of a state set's series one is 1, the others 0.
enum class metric_type : std::uint8_t { counter, gauge, histogram, unknown, summary, info, state_set };

/// What is fixed when a family is registered.
struct family_info {
  std::string name;  ///< complete, with the registry's prefix; a counter's ends in _total
  std::string help;  ///< unescaped
  std::string unit;  ///< a base unit that is the suffix of the name (seconds, bytes, ratio ...), or empty
  metric_type type = metric_type::counter;
  std::vector<double> bounds;  ///< histograms: the finite upper bounds, increasing
};

/// A value together with the trace in which it was observed.
struct exemplar {
  struct trace_id trace_id {};
  struct span_id span_id {};
  double value = 0;
  wall_time timestamp{};
};

/// A counter's or gauge's value: integers stay exact past 2^53.
class metric_value {
 public:
  constexpr metric_value() noexcept : integer_(0), integral_(true) {}
  constexpr explicit metric_value(std::uint64_t value) noexcept : integer_(value), integral_(true) {}
  constexpr explicit metric_value(double value) noexcept : real_(value), integral_(false) {}

  constexpr bool is_integer() const noexcept { return integral_; }
  /// Meaningful when is_integer().
  constexpr std::uint64_t integer() const noexcept { return integer_; }
  constexpr double as_double() const noexcept { return integral_ ? static_cast<double>(integer_) : real_; }

 private:
  union {
    std::uint64_t integer_;
    double real_;
  };
  bool integral_;
};

/// One of the quantiles that a summary has computed itself.
struct quantile_value {
  double quantile = 0;  ///< from 0 to 1
  double value = 0;     ///< NaN when nothing was observed lately
};

/// The native part of a histogram: exponential buckets, of which only the window that holds observations is here. Bucket i of
/// schema s is for values above 2^((i-1)/2^s), up to and including 2^(i/2^s).
struct native_histogram {
  int schema = 0;  ///< 0 to 8: 2^schema buckets a doubling; only ever goes down during a series' life
  double zero_threshold = 0;
  std::uint64_t zero_count = 0;            ///< observations not above the threshold
  int first_index = 0;                     ///< of the first of `counts`
  std::span<const std::uint64_t> counts;   ///< not cumulative; the first and the last are not 0

  std::uint64_t count() const noexcept {
    std::uint64_t total = zero_count;
    for (const std::uint64_t bucket : counts) total += bucket;
    return total;
  }
};

/// One time series at the moment of collection.
struct series_snapshot {
  /// Labels as both text formats write them, without braces: `provider="stripe",outcome="approved"`, escaped,
  /// constant labels of the registry first; empty for none. `for_each_label` gives them one by one.
  std::string_view labels;
  metric_value value;  ///< counters, gauges and unknowns
  /// Histograms: observations in each bucket, not cumulative, +Inf last. Summaries: all observations, in one.
  std::span<const std::uint64_t> buckets;
  double sum = 0;                             ///< histograms and summaries
  std::span<const quantile_value> quantiles;  ///< summaries, increasing
  /// Histograms: one a bucket, trace id all zero where there is none; counters that have them: one; or empty.
  std::span<const exemplar> exemplars;
  /// Histograms registered with `native`: those buckets, otherwise null. When they are the only ones, `buckets` is one, +Inf.
  const native_histogram* native = nullptr;
  wall_time created{};                  ///< when the series began; zero for a gauge

  /// Histograms and summaries: the number of observations, which is the +Inf bucket of the text formats.
  std::uint64_t count() const noexcept {
    std::uint64_t total = 0;
    for (const std::uint64_t bucket : buckets) total += bucket;
    return total;
  }
};

/// All series of one name, in the order of their registration or first use.
struct family_snapshot {
  const family_info* info = nullptr;
  std::span<const series_snapshot> series;
};

/// Thread safety: as a container: concurrent reads are fine, collecting into it is a write.
/// Cost: some 104 bytes a series, 8 a bucket, 40 a possible exemplar; move-only.
class TELLTALE_API snapshot {
 public:
  snapshot() = default;
  snapshot(snapshot&&) noexcept = default;
  snapshot& operator=(snapshot&&) noexcept = default;

  std::span<const family_snapshot> families() const noexcept { return families_; }

  /// The family of that name, or null.
  const family_snapshot* find(std::string_view name) const noexcept;

  /// The one series with exactly these labels (in any order), or null.
  using label_list = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  const series_snapshot* find(std::string_view name, label_list labels) const;

 private:
  friend struct detail::registry_core;
  friend struct snapshot_builder;

  std::vector<family_snapshot> families_;
  std::vector<series_snapshot> series_;
  std::vector<std::uint64_t> cells_;
  std::vector<double> sums_;
  std::vector<exemplar> exemplars_;
  std::vector<native_histogram> natives_;
  std::vector<std::uint64_t> native_counts_;
  std::vector<std::size_t> counts_;
  std::vector<std::shared_ptr<const void>> owners_;  // keep the names and label texts alive
};

/// Calls `visit(name, value)` for each label of `series_snapshot::labels`, unescaped. The views are good during the
/// call only. Cost: one pass; a value without escapes is not copied.
template <class Visitor>
void for_each_label(std::string_view labels, Visitor&& visit) {
  std::string unescaped;
  while (!labels.empty()) {
    const std::size_t equals = labels.find('=');
    const std::string_view name = labels.substr(0, equals);
    std::size_t end = equals + 2;  // past ="
    bool escaped = false;
    while (labels[end] != '"') {
      const bool backslash = labels[end] == '\\';
      escaped = escaped || backslash;
      end += backslash ? 2 : 1;
    }
    std::string_view value = labels.substr(equals + 2, end - equals - 2);
    if (escaped) {
      unescaped.clear();
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '\\') {
          unescaped.push_back(value[i]);
        } else {
          ++i;
          unescaped.push_back(value[i] == 'n' ? '\n' : value[i]);
        }
      }
      value = unescaped;
    }
    visit(name, value);
    labels.remove_prefix(end + 1);
    if (!labels.empty()) labels.remove_prefix(1);  // the comma
  }
}

}  // namespace v0
}  // namespace telltale
