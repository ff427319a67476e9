// Where TELLTALE_DISABLE is defined, nothing of a call is left: every function here is its ret, alone.
#define TELLTALE_DISABLE 1
#include <telltale/families.hpp>
#include <telltale/telltale.hpp>

#include <array>
#include <string_view>

namespace tt = telltale;

enum class provider { stripe, adyen, checkout };
enum class outcome { approved, declined, failed };

using by_provider = tt::label<"provider", provider>;
using by_outcome = tt::label<"outcome", outcome>;
using by_merchant = tt::text_label<"merchant", 256>;

#define EXPORTED extern "C" [[gnu::visibility("default")]]

// limit: increment 0 no-lock
EXPORTED void increment(const tt::counter& seen) { seen.inc(); }

// limit: increment_by_fraction 0 no-lock
EXPORTED void increment_by_fraction(const tt::double_counter& seen, double amount) { seen.inc(amount); }

// limit: increment_with_exemplars 0 no-lock
EXPORTED void increment_with_exemplars(const tt::exemplar_counter& seen) { seen.inc(); }

// limit: enter_state 0 no-lock
EXPORTED void enter_state(const tt::state_set<outcome>& state, outcome now) { state.set(now); }

// limit: increment_with_exemplar 0 no-lock
EXPORTED void increment_with_exemplar(const tt::exemplar_counter& seen) { seen.inc(); }

// limit: set_state 0 no-lock
EXPORTED void set_state(const tt::state_set<outcome>& ended, outcome now) { ended.set(now); }

// limit: increment_labelled 0 no-lock
EXPORTED void increment_labelled(const tt::family<tt::counter, by_provider, by_outcome>& charges, provider p, outcome o) {
  charges.with(p, o).inc();
}

// limit: increment_text_labelled 0 no-lock
EXPORTED void increment_text_labelled(const tt::family<tt::counter, by_merchant, by_outcome>& charges, const char* merchant,
                                      outcome o) {
  charges.with(by_merchant{merchant}, o).inc();
}

// limit: observe 0 no-lock
EXPORTED void observe(const tt::family<tt::histogram, by_provider>& timing, provider p, double seconds) {
  timing.with(p).observe(seconds);
}

// limit: use_gauge 0 no-lock
EXPORTED void use_gauge(const tt::gauge& level, double value) {
  level.set(value);
  level.add(value);
  level.sub(1);
  level.set_to_current_time();
}

// limit: guard_in_flight 0 no-lock
EXPORTED void guard_in_flight(tt::gauge level) { const tt::in_flight guard{level}; }

// limit: time_a_scope 0 no-lock
EXPORTED void time_a_scope(const tt::family<tt::histogram, by_provider>& timing, provider p) {
  tt::timer timed{timing.with(p)};
}

// limit: span_of_a_scope 0 no-lock
EXPORTED void span_of_a_scope(tt::tracer& traces, const char* payment) {
  auto span = traces.start("charge", tt::kv{"payment_id", payment});
  span.set(tt::kv{"provider", provider::stripe});
  span.add_event("retry", tt::kv{"attempt", 2});
  span.set_status(tt::span_status::error, "refused");
  span.end();
}

// limit: set_on_a_span 0 no-lock
EXPORTED void set_on_a_span(tt::span& span, int amount) {
  span.set(tt::kv{"amount_minor", amount});
  span.add_event("retry", tt::kv{"attempt", 2});
}

// limit: log_a_line 0 no-lock
EXPORTED void log_a_line(const tt::logger& log, const char* payment) {
  log.info("charge approved", tt::kv{"payment_id", payment});
  log.error("charge failed");
}

// limit: through_the_facade 0 no-lock
EXPORTED void through_the_facade(tt::telemetry& obs, const tt::counter& seen) {
  auto span = obs.traces().start("charge");
  obs.log().info("charge approved", tt::kv{"amount_minor", 4200});
  seen.inc();
}

constexpr auto error_outcomes(outcome) { return std::array{outcome::failed}; }

// limit: guard_an_operation 0 no-lock
EXPORTED void guard_an_operation(tt::tracer& traces, const tt::family<tt::counter, by_outcome>& payouts,
                                 const tt::histogram& timing) {
  tt::families::operation payout{traces.start("payout"), payouts, timing};
  payout.span().set(tt::kv{"payment_id", "pay_123"});
  payout.end(outcome::approved);
}

using stripe_calls = tt::families::provider<by_provider, tt::label<"outcome", outcome>>;

// limit: guard_a_provider_call 0 no-lock
EXPORTED void guard_a_provider_call(const stripe_calls& calls, tt::tracer& traces, provider p) {
  auto call = calls.start(traces, p);
  call.end(outcome::approved);
}

// limit: guard_a_request 0 no-lock
EXPORTED void guard_a_request(const tt::families::http<>& http, tt::tracer& traces) {
  auto request = http.start(traces, {.method = tt::families::http_method::get, .route = "/v1/charges"},
                            [](std::string_view) { return std::string_view{}; });
  request.end({200});
}

// limit: count_a_payment 0 no-lock
EXPORTED void count_a_payment(const tt::families::payment<>& payments, long amount) {
  payments.ended(tt::families::payment_status::succeeded, amount, tt::families::by_currency{"EUR"});
}
