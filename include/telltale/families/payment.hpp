// Payments, by how they ended, and how much money they moved. a8n asked for payments_total{status} and its alert on
// failed ones; the rest is what people who run payments watch.
//
//   metric                               type     labels            unit
//   payments_total                       counter  status            payment attempts
//   payment_amount_minor_total           counter  status, currency  minor units (cents) of the currency
//   payments_in_state                    gauge    state             payments
//   payment_idempotency_replays_total    counter  -                 requests answered from an earlier one
//   payment_idempotency_conflicts_total  counter  -                 same key, different request
//   (revenue, off unless named)          counter  -                 minor units of one currency, succeeded payments
//
//   tt::families::payment<> payments{obs.metrics()};
//   payments.ended(tt::families::payment_status::succeeded, 4200, tt::families::by_currency{"EUR"});
//   payments.in_state(tt::families::payment_state::captured).set(rows);
//
// Money is an integer in minor units and has a currency; currencies are never summed. Ids and amounts are no labels.
// What fills a label: the status, the currency, and further values given to `ended`.
#pragma once

#include <telltale/families/labels.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {
namespace families {

/// How a payment attempt ended. A decline is an answer; `failed` means that it broke, here or at the provider.
enum class payment_status : std::uint8_t { succeeded, declined, failed };

/// Where a payment is on its way.
enum class payment_state : std::uint8_t { created, authorized, captured, settled, refunded, canceled };

using by_payment_status = label<"status", payment_status>;
using by_payment_state = label<"state", payment_state>;
/// ISO 4217, or the asset's symbol. An enum is better where the currencies are fixed.
using by_currency = text_label<"currency", 64>;

struct payment_options {
  /// Put before each name, with an underscore. Default: none.
  std::string prefix{};
  // An empty name leaves the metric out.
  std::string payments = "payments_total";
  std::string amount = "payment_amount_minor_total";
  std::string in_state = "payments_in_state";
  std::string idempotency_replays = "payment_idempotency_replays_total";
  std::string idempotency_conflicts = "payment_idempotency_conflicts_total";
  /// A counter of the amounts with one status and one currency, for dashboards that expect one number. Default: none.
  std::string revenue{};
  // As the labels spell them.
  std::string revenue_status = "succeeded";
  std::string revenue_currency{};
};

/// The pack; `payment` below is how it is spelled. Handles, safe for as long as the process lives, and two short texts.
/// Thread safety: all members may be called concurrently.
/// Cost of a payment: two or three increments; a text currency adds a look-up.
template <class PaymentLabels, class AmountLabels, class StateLabel = by_payment_state>
class basic_payment {
  using payments_series = detail::series<counter, PaymentLabels>;
  using amount_series = detail::series<counter, AmountLabels>;

 public:
  using state = typename StateLabel::value_type;

  /// Throws `error`: a name is registered already or breaks the rules of docs/naming.md.
  explicit basic_payment(registry& metrics, const payment_options& options = {})
      : payments_(detail::add_counter(metrics, PaymentLabels{}, options.prefix, options.payments,
                                      "Payment attempts, by how they ended.")),
        amount_(detail::add_counter(metrics, AmountLabels{}, options.prefix, options.amount,
                                    "Amounts of payments in minor units of the currency.")),
        in_state_(detail::add_gauge(metrics, labels<StateLabel>{}, options.prefix, options.in_state,
                                    "Payments that are in this state now.")),
        replays_(detail::add_counter(metrics, labels<>{}, options.prefix, options.idempotency_replays,
                                     "Requests answered with the stored answer of an earlier one.")),
        conflicts_(detail::add_counter(metrics, labels<>{}, options.prefix, options.idempotency_conflicts,
                                       "Requests that reused an idempotency key for something else.")),
        revenue_(detail::add_counter(metrics, labels<>{}, options.prefix, options.revenue,
                                     "Amounts of succeeded payments in minor units of one currency.")),
        revenue_status_(options.revenue_status),
        revenue_currency_(options.revenue_currency) {}

  /// A payment attempt ended. `status` is an enumerator of the status label. `amount_minor` is in minor units of the
  /// currency; a negative amount counts as 0 (a refund has a status of its own). `currency` is the enumerator of its
  /// label, or the text label by name: by_currency{"EUR"}.
  template <class Status, class Currency, class... Values>
  TELLTALE_SWITCHED void ended(const Status& status, std::int64_t amount_minor, const Currency& currency,
             const Values&... values) const noexcept {
    static_assert(detail::filled_in<Currency>(AmountLabels{}),
                  "families::payment: the labels of the amount need one for the currency, because currencies are never "
                  "summed; pass its enumerator, or the text label by name: by_currency{\"EUR\"}");
    if constexpr (!detail::enabled) return;
    const auto amount = static_cast<std::uint64_t>(amount_minor > 0 ? amount_minor : 0);
    payments_series::find(payments_, status, currency, values...).inc();
    amount_series::find(amount_, status, currency, values...).inc(amount);
    if (!revenue_currency_.empty() && detail::text_in(AmountLabels{}, currency) == revenue_currency_ &&
        detail::text_in(AmountLabels{}, status) == revenue_status_) {
      revenue_.inc(amount);
    }
  }

  /// Set it from where the payments are stored: a count kept here would begin at 0 with each start of the process.
  TELLTALE_SWITCHED gauge in_state(state which) const noexcept { return in_state_.with(which); }

  TELLTALE_SWITCHED void idempotency_replay() const noexcept { replays_.inc(); }
  TELLTALE_SWITCHED void idempotency_conflict() const noexcept { conflicts_.inc(); }

 private:
  typename payments_series::type payments_;
  typename amount_series::type amount_;
  family<gauge, StateLabel> in_state_;
  counter replays_;
  counter conflicts_;
  counter revenue_;
  std::string revenue_status_;
  std::string revenue_currency_;
};

/// The pack over the labels of payments_total, and the currency's: `payment<>` has status, and currency as text.
template <class CurrencyLabel = by_currency, class... Labels>
using payment =
    basic_payment<typename detail::labels_or<labels<by_payment_status>, Labels...>::type,
                  typename detail::join_labels<typename detail::labels_or<labels<by_payment_status>, Labels...>::type,
                                               labels<CurrencyLabel>>::type>;

namespace presets {
/// a8n: payments_total{status} and revenue_cents_total, which is in one currency.
using a8n_payment = payment<>;
inline payment_options a8n_payment_options(const std::string& currency) {
  return {.revenue = "revenue_cents_total", .revenue_currency = currency};
}
}  // namespace presets

}  // namespace families
}  // namespace v0
}  // namespace telltale
