// Calls to others and what they send back: payment providers, banks, blockchain nodes. `provider` is for the calls that
// this service makes, `webhooks` for the events that come in. All five reference services call somebody;
// monero-marketplace counts RPC calls and their failures, defy its PSPs and their events.
//
//   metric                             type       labels                        unit
//   provider_requests_total            counter    provider, operation, outcome  calls
//   provider_request_duration_seconds  histogram  provider, operation           seconds, with exemplars
//   (failures, off unless named)       counter    provider, operation           calls that ended in an error
//   provider_event_total               counter    provider                      webhooks
//   provider_event_lag_seconds         histogram  provider                      seconds from the event to us
//
//   enum class psp { stripe, adyen };
//   enum class psp_call { charge, capture, refund };
//   tt::families::provider<tt::label<"provider", psp>, tt::label<"operation", psp_call>, tt::families::by_outcome>
//       calls{obs.metrics()};
//
//   auto call = calls.start(obs.traces(), psp::stripe, psp_call::charge);
//   tt::inject([&](std::string_view name, std::string_view value) { request.set_header(name, value); });
//   const auto answer = client.send(request);        // throws: outcome="failed", span error
//   call.end(answer.ok ? tt::families::provider_outcome::approved : tt::families::provider_outcome::declined);
//
// What fills a label: the values given to `start`, and the outcome. Watch each provider's approval ratio against its
// own baseline: approved over all, by (provider).
#pragma once

#include <telltale/families/operation.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace families {

/// How a call ended. A decline is the provider's answer; `failed` and `timeout` mean that there was no usable answer.
enum class provider_outcome : std::uint8_t { approved, declined, failed, timeout };
constexpr auto error_outcomes(provider_outcome) {
  return std::array{provider_outcome::failed, provider_outcome::timeout};
}

using by_provider = text_label<"provider", 64>;
using by_operation = text_label<"operation", 64>;
using by_outcome = label<"outcome", provider_outcome>;

struct provider_options {
  /// Put before each name, with an underscore. Default: none.
  std::string prefix{};
  // An empty name leaves the metric out.
  std::string requests = "provider_requests_total";
  std::string duration = "provider_request_duration_seconds";
  /// A counter of errors alone, for queries that divide two counters. Default: none, the outcome label says it.
  std::string failures{};
  /// Seconds.
  std::vector<double> buckets = telltale::v0::buckets::provider();
};

/// The pack; `provider` below is how it is spelled. A struct of handles: cheap to copy, safe for as long as the process
/// lives.
/// Thread safety: all members may be called concurrently.
/// Cost of a call: a client span, an observation and an increment (two with `failures`); with enum labels and an
/// unsampled span some 0.1 us in all.
template <class RequestLabels, class DurationLabels = detail::start_labels<RequestLabels>>
class basic_provider {
  using failure_labels = detail::start_labels<RequestLabels>;
  using requests_series = detail::series<counter, RequestLabels>;
  using duration_series = detail::series<histogram, DurationLabels>;
  using failures_series = detail::series<counter, failure_labels>;

 public:
  /// The enum of the outcome label in the list; `provider_outcome` when there is none.
  using outcome = typename detail::outcome_in<RequestLabels, provider_outcome>::type;

  /// Throws `error`: a name is registered already or breaks the rules of docs/naming.md.
  explicit basic_provider(registry& metrics, const provider_options& options = {})
      : handles_{detail::add_counter(metrics, RequestLabels{}, options.prefix, options.requests,
                                     "Calls to providers, by how they ended."),
                 detail::add_histogram(metrics, DurationLabels{}, options.prefix, options.duration,
                                       "Provider call, from the start to the last byte.", options.buckets),
                 detail::add_counter(metrics, failure_labels{}, options.prefix, options.failures,
                                     "Calls to providers that failed.")} {}

  struct handles {
    typename requests_series::type requests;
    typename duration_series::type duration;
    typename failures_series::type failures;
  };

  template <class... Values>
  struct record : handles {
    record(const handles& from, const Values&... values) noexcept : handles(from), known(values...) {}

    TELLTALE_SWITCHED void operator()(v0::span& traced, outcome ended, std::chrono::nanoseconds elapsed) const noexcept {
      traced.set(kv{"outcome", ended});
      std::apply(
          [&](const Values&... values) {
            duration_series::find(this->duration, values..., ended).observe(elapsed);
            requests_series::find(this->requests, values..., ended).inc();
            if (!detail::outcome_traits<outcome>::is_error(ended)) return;
            failures_series::find(this->failures, values...).inc();
          },
          known);
    }

    std::tuple<Values...> known;
  };

  /// A call in progress; `end(outcome)` is given its outcome. Without it: the outcome's `failed`.
  template <class... Values>
  using guard = operation<outcome, record<Values...>>;

  /// Begins a client span and makes it current, so that `tt::inject` carries it to the provider. One value for each
  /// label but the outcome, in any order: an enumerator, or a text label by name, whose text is referenced until the
  /// call ends. The span is named by these values ("stripe charge") and has them as attributes under the labels' names.
  template <class... Values>
  TELLTALE_SWITCHED guard<Values...> start(tracer& traces, const Values&... values) const noexcept {
    return begin(failure_labels{}, traces, values...);
  }

 private:
  template <class... Labels, class... Values>
  TELLTALE_SWITCHED guard<Values...> begin(labels<Labels...>, tracer& traces, const Values&... values) const noexcept {
    if constexpr (!detail::enabled) return guard<Values...>{v0::span{}, record<Values...>{handles_, values...}};
    detail::short_text name;
    (name.append_word(detail::label_text(detail::fill<Labels>(values...))), ...);
    v0::span begun =
        traces.start(name.empty() ? std::string_view{"provider call"} : name.view(), {.kind = span_kind::client},
                     kv{Labels::name(), detail::fill<Labels>(values...).value}...);
    return guard<Values...>{std::move(begun), record<Values...>{handles_, values...}};
  }

  handles handles_;
};

/// The pack over your own labels; `provider<>` has provider and operation as text, and outcome.
template <class... Labels>
using provider =
    basic_provider<typename detail::labels_or<labels<by_provider, by_operation, by_outcome>, Labels...>::type>;

struct webhook_options {
  /// Put before each name, with an underscore. Default: none.
  std::string prefix{};
  // An empty name leaves the metric out.
  std::string events = "provider_event_total";
  std::string lag = "provider_event_lag_seconds";
  /// Seconds.
  std::vector<double> buckets = telltale::v0::buckets::exponential(0.25, 4, 10);  // to 18 hours
};

/// Events that providers send. A struct of handles.
/// Thread safety: all members may be called concurrently.
/// Cost: an increment and an observation.
template <class EventLabels, class LagLabels = EventLabels>
class basic_webhooks {
  using events_series = detail::series<counter, EventLabels>;
  using lag_series = detail::series<histogram, LagLabels>;

 public:
  /// Throws `error`: a name is registered already or breaks the rules of docs/naming.md.
  explicit basic_webhooks(registry& metrics, const webhook_options& options = {})
      : events_(detail::add_counter(metrics, EventLabels{}, options.prefix, options.events,
                                    "Events received from providers.")),
        lag_(detail::add_histogram(metrics, LagLabels{}, options.prefix, options.lag,
                                   "From the provider's event time to its arrival here.", options.buckets)) {}

  /// An event came whose time is not known.
  template <class... Values>
  TELLTALE_SWITCHED void received(const Values&... values) const noexcept {
    events_series::find(events_, values...).inc();
  }

  /// An event came that happened at `event_time`, by the provider's clock, now being `now` by ours. When the clocks
  /// disagree so far that the event lies in the future, the lag counts as 0.
  template <class... Values>
  TELLTALE_SWITCHED void received_after(wall_time event_time, wall_time now, const Values&... values) const noexcept {
    received(values...);
    lag_series::find(lag_, values...).observe(std::max(now - event_time, wall_time::duration::zero()));
  }

 private:
  typename events_series::type events_;
  typename lag_series::type lag_;
};

/// The pack over your own labels; `webhooks<>` has provider, as text.
template <class... Labels>
using webhooks = basic_webhooks<typename detail::labels_or<labels<by_provider>, Labels...>::type>;

namespace presets {

/// monero-marketplace: rpc_calls_total and rpc_calls_failed_total, without labels.
using monero_rpc = basic_provider<labels<>>;
inline provider_options monero_rpc_options() {
  return {.requests = "rpc_calls_total", .duration = "rpc_call_duration_seconds", .failures = "rpc_calls_failed_total"};
}

/// defy's PSP: inter_http_duration_seconds without labels; use with a `by_event` of your own for the webhooks:
/// inter_webhook_total{event}.
using defy_inter = basic_provider<labels<>>;
inline provider_options defy_inter_options() {
  return {.prefix = "inter", .requests = "http_requests_total", .duration = "http_duration_seconds"};
}
inline webhook_options defy_inter_webhook_options() {
  return {.prefix = "inter", .events = "webhook_total", .lag = "webhook_lag_seconds"};
}

/// defy's anchor: anchor_sep12_put_total and anchor_sep24_deposit_total, whose {ok,err} are values of one label: a
/// label for each value could not be summed.
enum class anchor_result : std::uint8_t { ok, err };
constexpr auto error_outcomes(anchor_result) {
  return std::array{anchor_result::err};
}
using defy_anchor = basic_provider<labels<label<"result", anchor_result>>>;
inline provider_options defy_anchor_options(const std::string& operation) {
  return {.prefix = "anchor", .requests = operation + "_total", .duration = operation + "_latency_seconds"};
}
/// defy's anchor_tx_status_total{status}, with an enum of its own, and sep24_webhook_latency_seconds without labels.
template <class Status>
using defy_anchor_webhooks = basic_webhooks<labels<label<"status", Status>>, labels<>>;
inline webhook_options defy_anchor_webhook_options() {
  return {.events = "anchor_tx_status_total", .lag = "sep24_webhook_latency_seconds"};
}

}  // namespace presets

}  // namespace families
}  // namespace v0
}  // namespace telltale
