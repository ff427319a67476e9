// The registry: where metrics are made, and where their values are collected. It can be built alone, without the
// facade; nothing about it is global. Registration is checked at once, on the caller's thread: a name that breaks the
// rules of docs/naming.md throws an error that names the metric, the rule and the remedy.
//
//   tt::registry metrics;
//   auto charges = metrics.counter<by_provider, by_outcome>({.name = "charges_total", .help = "Charges."});
//   charges.with(provider::stripe, outcome::approved).inc();
//
// The registry adds metrics about itself: `telltale_metric_rejected_total{metric}`, updates that were not stored because
// a label was out of range or a value NaN, infinite or negative, and `telltale_metric_overflow_total{metric,label}`,
// look-ups that ended in an overflow series because `label` had reached its bound (`*`: the family had).
#pragma once

#include <telltale/metrics/collector.hpp>
#include <telltale/metrics/counter.hpp>
#include <telltale/metrics/family.hpp>
#include <telltale/metrics/gauge.hpp>
#include <telltale/metrics/histogram.hpp>
#include <telltale/metrics/label.hpp>
#include <telltale/metrics/snapshot.hpp>
#include <telltale/metrics/state_set.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace detail {
class event_hook;
struct registry_core;
struct callback_record;
}  // namespace detail

/// What every metric of a registry shares.
struct registry_options {
  /// Put before every name, with an underscore between: "payflux" gives payflux_charges_total. Default: none.
  std::string prefix{};
  /// Labels with one value for all series. Default: none. Prefer the scrape configuration's for what the deployment
  /// knows (instance, region).
  std::vector<std::pair<std::string, std::string>> constant_labels{};
  /// Where creation times and idleness are read; must outlive the registry.
  const clock* time = &system_clock();
};

/// What a metric is called and what it means.
struct metric_options {
  /// snake_case, base unit as suffix; a counter's ends in _total. docs/naming.md has the rules and the reasons.
  std::string name;
  /// One sentence; required.
  std::string help;
  /// Families with text labels: the most series, overflow series not counted. 1 to 1,000,000.
  std::size_t max_series = 2'000;
  /// Families with text labels: a series whose value has not changed for this long leaves the scrape, and comes back, with
  /// its value, when it changes. Zero: never. Looked at when collecting; updates pay nothing.
  std::chrono::seconds hide_idle_after{0};
};

/// Native (exponential) buckets: no bounds to choose, a constant relative error, and only what is used is sent. Prometheus
/// takes them in its protobuf format, OTLP as exponential histograms.
struct native_buckets {
  /// 2^resolution buckets a doubling, 0 to 8: a bucket is 9% wide at 3, 2.2% at 5, 0.27% at 8.
  int resolution = 3;
  /// The most populated buckets a series sends. When it has more, its next scrape halves its resolution, for good. At
  /// least one a doubling of the range.
  std::uint32_t max_buckets = 160;
  /// The range, as powers of two, -1000 to 1000. Values up to 2^lowest_exponent count as zero, values above
  /// 2^highest_exponent go to the last bucket. Default: a nanosecond to five centuries. A series has (highest - lowest) *
  /// 2^resolution cells, of which pages that are never touched cost addresses only.
  int lowest_exponent = -30;
  int highest_exponent = 34;
};

struct histogram_options {
  std::string name;
  std::string help;
  /// Inclusive upper bounds, finite, strictly increasing, 1 to 200; +Inf is added. See `tt::buckets`. With `native`, may be
  /// empty: the text formats then show the +Inf bucket alone.
  std::vector<double> buckets = telltale::v0::buckets::latency();
  /// Native buckets beside the others, or instead of them. Default: none. With both, an observation that is under way may be
  /// in one of them only.
  std::optional<native_buckets> native{};
  /// Whether observations under a sampled span leave their trace id. Costs nothing while unsampled.
  bool exemplars = true;
  std::size_t max_series = 2'000;
  std::chrono::seconds hide_idle_after{0};  ///< as in metric_options
};

/// A metric whose value is asked for at each collection.
struct callback_options {
  std::string name;
  std::string help;
  /// How long a collection waits for this callback before it goes on without it. 1 ms to 1 minute.
  std::chrono::milliseconds deadline{1'000};
};

/// A registered scrape-time callback; unregisters when destroyed. When the destructor returns, the callback is not
/// running and will not run again. Destroy it from anywhere, except under a lock that the callback takes.
/// Thread safety: move and destroy from one thread at a time.
class [[nodiscard]] TELLTALE_API callback {
 public:
  callback() noexcept = default;
  callback(callback&& other) noexcept = default;
  callback& operator=(callback&& other) noexcept;
  ~callback();

 private:
  friend class registry;
  explicit callback(std::shared_ptr<detail::callback_record> record) noexcept;
  std::shared_ptr<detail::callback_record> record_;
};

/// Makes metrics and collects their values.
/// Thread safety: all members may be called concurrently. Counting threads never wait for a registration or a
/// collection; a thread's first count, and the growth of its cells, may wait for the summing of some thousand cells.
/// Cost: see docs/performance.md; memory: 8 bytes a cell a thread that touched it, plus names and labels.
class TELLTALE_API registry {
 public:
  explicit registry(registry_options options = {});
  /// `hook` hears of overflowing families and failing callbacks.
  registry(registry_options options, std::shared_ptr<detail::event_hook> hook);
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;
  /// Handles stay safe to use: they count into nothing from now on.
  ~registry();

  // Each makes one metric: the instrument itself without labels, a `family` of it with labels. Series over enum labels
  // exist, at 0, from here on. All throw `tt::error`: invalid_name, duplicate_name, invalid_label, invalid_buckets,
  // capacity_exhausted.
  template <class... Labels>
  auto counter(const metric_options& options) {
    return add<v0::counter, Labels...>(kind::counter, options);
  }
  /// A counter of `tt::exemplar_counter`: increments under a sampled span leave its trace id.
  template <class... Labels>
  auto counter_with_exemplars(const metric_options& options) {
    return add<v0::exemplar_counter, Labels...>(kind::exemplar_counter, options);
  }
  template <class... Labels>
  auto double_counter(const metric_options& options) {
    return add<v0::double_counter, Labels...>(kind::double_counter, options);
  }
  template <class... Labels>
  auto gauge(const metric_options& options) {
    return add<v0::gauge, Labels...>(kind::gauge, options);
  }
  template <class... Labels>
  auto histogram(const histogram_options& options) {
    return add<v0::histogram, Labels...>(
        kind::histogram, {options.name, options.help, options.max_series, options.hide_idle_after}, &options);
  }

  /// A `tt::state_set<Enum>`, or a family of them by enum labels. The states stand in a label named as the metric.
  template <class Enum, class... Labels>
  auto state_set(const metric_options& options) {
    static_assert(!(Labels::is_text || ...), "a state set's further labels are enum labels: all its series exist at once");
    return add<v0::state_set<Enum>, Labels...>(kind::state_set, options, nullptr, label<"state", Enum>::values());
  }

  /// Constant facts as labels of a metric that is always 1: version, revision, compiler. The name ends in _info.
  void info(const metric_options& options, const std::vector<std::pair<std::string, std::string>>& labels);

  /// A gauge whose value is asked for at each collection, on a thread of the collection's own, with no lock held but the
  /// callback's. When it throws, returns a value that is not finite, or takes longer than its deadline, that costs its own
  /// sample, is counted in `telltale_metric_callback_errors_total` and reported; until it returns it is not asked again.
  v0::callback gauge_callback(const callback_options& options, std::function<double()> read);
  /// The same for a counter, which must never go down.
  v0::callback counter_callback(const callback_options& options, std::function<double()> read);

  /// Shows what `source` gives at each collection beside this registry's own metrics, made valid: see
  /// metrics/collector.hpp. Throws `tt::error` (invalid_option) when it is empty.
  attachment attach(collector source);

  /// Collects all metrics into `target`, reusing its memory. Collections run one at a time.
  void collect(snapshot& target) const;
  snapshot collect() const {
    snapshot values;
    collect(values);
    return values;
  }

 private:
  enum class kind : std::uint8_t { counter, exemplar_counter, double_counter, gauge, state_set, histogram };

  struct registration {
    v0::counter::location counter;
    v0::exemplar_counter::location exemplar_counter;
    v0::gauge::location gauge;
    v0::histogram::location histogram;
    detail::text_table* table = nullptr;
  };

  registration add_family(kind what, const metric_options& options, const histogram_options* details,
                          std::span<const detail::label_spec> labels, std::span<const std::string_view> states);
  v0::callback add_callback(metric_type type, const callback_options& options, std::function<double()> read);

  template <class Instrument, class... Labels>
  auto add(kind what, const metric_options& options, const histogram_options* details = nullptr,
           std::span<const std::string_view> states = {}) {
    using location = typename Instrument::location;
    const std::array<detail::label_spec, sizeof...(Labels)> labels{detail::make_label_spec<Labels>()...};
    const registration made = add_family(what, options, details, labels, states);
    const location where = [&] {
      if constexpr (std::is_same_v<location, v0::gauge::location>) {
        return made.gauge;
      } else if constexpr (std::is_same_v<location, v0::histogram::location>) {
        return made.histogram;
      } else if constexpr (std::is_same_v<location, v0::exemplar_counter::location>) {
        return made.exemplar_counter;
      } else {
        return made.counter;
      }
    }();
    if constexpr (sizeof...(Labels) == 0) {
      return Instrument{where, 0};
    } else {
      return family<Instrument, Labels...>{where, made.table};
    }
  }

  std::shared_ptr<detail::registry_core> core_;
};

}  // namespace v0
}  // namespace telltale
