#include "unit/families/fixture.hpp"

#include <catch2/catch.hpp>

#include <cstdint>

using families::by_currency;
using families::payment_status;

enum class currency { eur, jpy };
template <>
inline constexpr std::array<std::string_view, 2> tt::enum_names<currency>{"EUR", "JPY"};

TEST_CASE("payments are counted by status from the start, their amounts by currency") {
  observed seen;
  const families::payment<> payments{seen.metrics};
  CHECK(value(seen.metrics, "payments_total", {{"status", "failed"}}) == 0);
  payments.ended(payment_status::succeeded, 4200, by_currency{"EUR"});
  payments.ended(payment_status::succeeded, 800, by_currency{"EUR"});
  payments.ended(payment_status::declined, 5000, by_currency{"JPY"});
  CHECK(value(seen.metrics, "payments_total", {{"status", "succeeded"}}) == 2);
  CHECK(value(seen.metrics, "payments_total", {{"status", "declined"}}) == 1);
  CHECK(value(seen.metrics, "payment_amount_minor_total", {{"status", "succeeded"}, {"currency", "EUR"}}) == 5000);
  CHECK(value(seen.metrics, "payment_amount_minor_total", {{"status", "declined"}, {"currency", "JPY"}}) == 5000);
}

TEST_CASE("amounts stay exact past 2^53, and a negative one takes nothing away") {
  observed seen;
  const families::payment<> payments{seen.metrics};
  constexpr std::int64_t large = (std::int64_t{1} << 53) + 1;
  payments.ended(payment_status::succeeded, large, by_currency{"EUR"});
  payments.ended(payment_status::succeeded, -5, by_currency{"EUR"});
  const tt::snapshot values = seen.metrics.collect();
  const auto* amount = values.find("payment_amount_minor_total", {{"status", "succeeded"}, {"currency", "EUR"}});
  REQUIRE(amount != nullptr);
  CHECK(amount->value.integer() == static_cast<std::uint64_t>(large));
  CHECK(value(seen.metrics, "payments_total", {{"status", "succeeded"}}) == 2);
}

TEST_CASE("currencies as an enum have their series from the start") {
  observed seen;
  const families::payment<tt::label<"currency", currency>> payments{seen.metrics};
  payments.ended(payment_status::succeeded, 100, currency::jpy);
  CHECK(value(seen.metrics, "payment_amount_minor_total", {{"status", "succeeded"}, {"currency", "JPY"}}) == 100);
  CHECK(value(seen.metrics, "payment_amount_minor_total", {{"status", "succeeded"}, {"currency", "EUR"}}) == 0);
}

TEST_CASE("a team's own payment statuses and further labels are taken") {
  observed seen;
  const families::payment<by_currency, tt::label<"result", psp_call>, by_psp> payments{seen.metrics};
  payments.ended(psp_call::refund, 100, by_currency{"EUR"}, psp::adyen);
  CHECK(value(seen.metrics, "payments_total", {{"result", "refund"}, {"provider", "adyen"}}) == 1);
  CHECK(value(seen.metrics, "payment_amount_minor_total",
              {{"result", "refund"}, {"provider", "adyen"}, {"currency", "EUR"}}) == 100);
}

TEST_CASE("revenue is what succeeded in one currency, and nothing else") {
  observed seen;
  const families::presets::a8n_payment payments{seen.metrics, families::presets::a8n_payment_options("USD")};
  payments.ended(payment_status::succeeded, 1999, by_currency{"USD"});
  payments.ended(payment_status::succeeded, 500, by_currency{"EUR"});
  payments.ended(payment_status::failed, 700, by_currency{"USD"});
  CHECK(value(seen.metrics, "revenue_cents_total") == 1999);
}

TEST_CASE("payments in a state are set, idempotent repetitions counted") {
  observed seen;
  const families::payment<> payments{seen.metrics};
  payments.in_state(families::payment_state::captured).set(12);
  payments.idempotency_replay();
  payments.idempotency_replay();
  payments.idempotency_conflict();
  CHECK(value(seen.metrics, "payments_in_state", {{"state", "captured"}}) == 12);
  CHECK(value(seen.metrics, "payments_in_state", {{"state", "created"}}) == 0);
  CHECK(value(seen.metrics, "payment_idempotency_replays_total") == 2);
  CHECK(value(seen.metrics, "payment_idempotency_conflicts_total") == 1);
}
