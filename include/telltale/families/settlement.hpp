// Settlements, what still waits for one, and whether the books balance. twinkle-backend asked for the first two
// metrics, with its prefix and types; the gauges are what tells of settlements that never happen.
//
//   metric                                    type       labels    unit
//   settlements_total                         counter    status    settlements
//   settlement_duration_seconds               histogram  status    seconds, with exemplars
//   settlement_backlog                        gauge      -         items that wait
//   settlement_oldest_unsettled_age_seconds   gauge      -         seconds, at the scrape; 0 when nothing waits
//   ledger_imbalance_minor                    gauge      currency  minor units (cents); anything but 0 is wrong
//
//   tt::families::settlement<tt::families::by_settlement_status, tt::label<"type", kind>>
//       settlements{obs.metrics(), {.prefix = "twinkle"}};
//
//   auto work = settlements.start(obs.traces(), kind::subscription);
//   pay_out(batch);                                        // throws: status="failure", span error
//   work.end(tt::families::settlement_status::success);
//   settlements.waiting(rows, oldest_created_at);
//
// What fills a label: the values given to `start`, and the status. A histogram of durations only sees what was settled:
// alert on the age of the oldest item, which goes on growing while the worker stands still.
#pragma once

#include <telltale/families/operation.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace families {

/// How a settlement run ended; `pending` when it was handed on and its end will be known later.
enum class settlement_status : std::uint8_t { success, failure, pending };
constexpr auto error_outcomes(settlement_status) {
  return std::array{settlement_status::failure};
}

using by_settlement_status = label<"status", settlement_status>;

struct settlement_options {
  /// Put before each name, with an underscore. Default: none.
  std::string prefix{};
  // An empty name leaves the metric out.
  std::string settlements = "settlements_total";
  std::string duration = "settlement_duration_seconds";
  std::string backlog = "settlement_backlog";
  std::string oldest_age = "settlement_oldest_unsettled_age_seconds";
  std::string imbalance = "ledger_imbalance_minor";
  /// Seconds. For settlements that take days: `tt::buckets::settlement()`.
  std::vector<double> buckets = telltale::v0::buckets::provider();
};

/// The pack; `settlement` below is how it is spelled. Owns the callback that tells the oldest item's age: keep it as
/// long as the metric should be there, and destroy it before the registry or after, as it comes.
/// Thread safety: all members may be called concurrently.
/// Cost of a settlement: a span, an observation and an increment.
template <class SettlementLabels, class DurationLabels, class CurrencyLabel>
class basic_settlement {
  using settlements_series = detail::series<counter, SettlementLabels>;
  using duration_series = detail::series<histogram, DurationLabels>;
  using imbalance_series = detail::series<gauge, labels<CurrencyLabel>>;

 public:
  /// The enum of the outcome label in the list; `settlement_status` when there is none.
  using status = typename detail::outcome_in<SettlementLabels, settlement_status>::type;

  /// `time` tells the age of the oldest item and must outlive this object. Throws `error`: a name is registered already
  /// or breaks the rules of docs/naming.md.
  explicit basic_settlement(registry& metrics, const settlement_options& options = {},
                            const clock& time = system_clock())
      : handles_{detail::add_counter(metrics, SettlementLabels{}, options.prefix, options.settlements,
                                     "Settlements, by how they ended."),
                 detail::add_histogram(metrics, DurationLabels{}, options.prefix, options.duration,
                                       "Settlement, from its start to its end.", options.buckets)},
        backlog_(detail::add_gauge(metrics, labels<>{}, options.prefix, options.backlog,
                                   "Items that wait for their settlement.")),
        imbalance_(detail::add_gauge(metrics, labels<CurrencyLabel>{}, options.prefix, options.imbalance,
                                     "Debits less credits in minor units of the currency; must be 0.")),
        oldest_(std::make_shared<std::atomic<std::int64_t>>(nothing_waits)) {
    if (options.oldest_age.empty()) return;
    oldest_age_ = metrics.gauge_callback({.name = detail::prefixed(options.prefix, options.oldest_age),
                                          .help = "How long the oldest item has been waiting for its settlement."},
                                         [oldest = oldest_, now = &time] {
                                           const std::int64_t since = oldest->load(std::memory_order_relaxed);
                                           if (since == nothing_waits) return 0.0;
                                           const auto age =
                                               now->wall_now().time_since_epoch() - std::chrono::nanoseconds{since};
                                           return std::max(0.0, std::chrono::duration<double>(age).count());
                                         });
  }

  struct handles {
    typename settlements_series::type settlements;
    typename duration_series::type duration;
  };

  template <class... Values>
  struct record : handles {
    record(const handles& from, const Values&... values) noexcept : handles(from), known(values...) {}

    TELLTALE_SWITCHED void operator()(v0::span& traced, status ended, std::chrono::nanoseconds elapsed) const noexcept {
      traced.set(kv{"status", ended});
      std::apply(
          [&](const Values&... values) {
            duration_series::find(this->duration, values..., ended).observe(elapsed);
            settlements_series::find(this->settlements, values..., ended).inc();
          },
          known);
    }

    std::tuple<Values...> known;
  };

  /// A settlement in progress; `end(status)` is given how it ended. Without it: failure.
  template <class... Values>
  using guard = operation<status, record<Values...>>;

  /// Begins the span "settlement" and makes it current. One value for each label but the status, in any order: an
  /// enumerator, or a text label by name, whose text is referenced until the end.
  template <class... Values>
  TELLTALE_SWITCHED guard<Values...> start(tracer& traces, const Values&... values) const noexcept {
    return begin(detail::start_labels<SettlementLabels>{}, traces, values...);
  }

  /// How many items wait, and since when the oldest does (when it was created). Say it after each look at the queue;
  /// with no items the time does not matter.
  TELLTALE_SWITCHED void waiting(std::uint64_t items, wall_time oldest) const noexcept {
    if constexpr (!detail::enabled) return;
    backlog_.set(static_cast<double>(items));
    oldest_->store(items == 0 ? nothing_waits : oldest.time_since_epoch().count(), std::memory_order_relaxed);
  }

  /// Debits less credits, in minor units; exact to 2^53. The currency is the label's enumerator, or by_currency{"EUR"}.
  template <class Currency>
  TELLTALE_SWITCHED void imbalance(std::int64_t amount_minor, const Currency& currency) const noexcept {
    imbalance_series::find(imbalance_, currency).set(static_cast<double>(amount_minor));
  }

 private:
  static constexpr std::int64_t nothing_waits = INT64_MIN;

  template <class... Labels, class... Values>
  TELLTALE_SWITCHED guard<Values...> begin(labels<Labels...>, tracer& traces, const Values&... values) const noexcept {
    return guard<Values...>{traces.start("settlement", kv{Labels::name(), detail::fill<Labels>(values...).value}...),
                            record<Values...>{handles_, values...}};
  }

  handles handles_;
  gauge backlog_;
  typename imbalance_series::type imbalance_;
  std::shared_ptr<std::atomic<std::int64_t>> oldest_;
  callback oldest_age_;
};

/// The pack over your own labels of settlements_total; `settlement<>` has status. The duration has the status alone.
template <class... Labels>
using settlement =
    basic_settlement<typename detail::labels_or<labels<by_settlement_status>, Labels...>::type,
                     detail::outcome_labels<typename detail::labels_or<labels<by_settlement_status>, Labels...>::type>,
                     text_label<"currency", 64>>;

namespace presets {
/// twinkle-backend: twinkle_settlements_total{status,type}, twinkle_settlement_duration_seconds{status}.
enum class twinkle_settlement_type : std::uint8_t { paywall, subscription, direct };
using twinkle_settlement = settlement<by_settlement_status, label<"type", twinkle_settlement_type>>;
inline settlement_options twinkle_settlement_options() {
  return {.prefix = "twinkle"};
}
}  // namespace presets

}  // namespace families
}  // namespace v0
}  // namespace telltale
