#include "unit/families/fixture.hpp"

#include <telltale/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>

using families::settlement_status;
using families::presets::twinkle_settlement_type;
using namespace std::chrono_literals;

TEST_CASE("a settlement is counted by status and type, and timed by status") {
  observed seen;
  const families::presets::twinkle_settlement settlements{seen.metrics,
                                                          families::presets::twinkle_settlement_options()};
  settlements.start(seen.traces, twinkle_settlement_type::direct).end(settlement_status::success);
  CHECK(value(seen.metrics, "twinkle_settlements_total", {{"status", "success"}, {"type", "direct"}}) == 1);
  CHECK(value(seen.metrics, "twinkle_settlements_total", {{"status", "failure"}, {"type", "paywall"}}) == 0);
  CHECK(observations(seen.metrics, "twinkle_settlement_duration_seconds", {{"status", "success"}}) == 1);
  const tt::span_data& span = seen.spans.only("settlement");
  CHECK(seen.text(span, "type") == "direct");
  CHECK(seen.text(span, "status") == "success");
  CHECK(span.status == tt::span_status::unset);
}

TEST_CASE("a settlement that an exception leaves is a failure; a pending one is none") {
  observed seen;
  const families::settlement<> settlements{seen.metrics};
  settlements.start(seen.traces).end(settlement_status::pending);
  CHECK(seen.spans.only("settlement").status == tt::span_status::unset);
  seen.spans.clear();
  CHECK_THROWS([&] {
    auto work = settlements.start(seen.traces);
    throw std::runtime_error("bank is closed");
  }());
  CHECK(value(seen.metrics, "settlements_total", {{"status", "failure"}}) == 1);
  CHECK(value(seen.metrics, "settlements_total", {{"status", "pending"}}) == 1);
  CHECK(seen.spans.only("settlement").status == tt::span_status::error);
}

TEST_CASE("the oldest item's age grows at each scrape while nobody settles") {
  observed seen;
  tt::testing::manual_clock time;
  const families::settlement<> settlements{seen.metrics, {}, time};
  CHECK(value(seen.metrics, "settlement_oldest_unsettled_age_seconds") == 0);
  settlements.waiting(3, time.wall_now() - 60s);
  CHECK(value(seen.metrics, "settlement_backlog") == 3);
  CHECK(value(seen.metrics, "settlement_oldest_unsettled_age_seconds") == 60);
  time.advance(1h);
  CHECK(value(seen.metrics, "settlement_oldest_unsettled_age_seconds") == 3660);
  settlements.waiting(0, {});
  CHECK(value(seen.metrics, "settlement_backlog") == 0);
  CHECK(value(seen.metrics, "settlement_oldest_unsettled_age_seconds") == 0);
}

TEST_CASE("an oldest item from the future, by another machine's clock, has the age 0") {
  observed seen;
  tt::testing::manual_clock time;
  const families::settlement<> settlements{seen.metrics, {}, time};
  settlements.waiting(1, time.wall_now() + 10s);
  CHECK(value(seen.metrics, "settlement_oldest_unsettled_age_seconds") == 0);
}

TEST_CASE("the ledger's imbalance is told by currency, with its sign") {
  observed seen;
  const families::settlement<> settlements{seen.metrics};
  settlements.imbalance(-250, families::by_currency{"EUR"});
  settlements.imbalance(0, families::by_currency{"JPY"});
  CHECK(value(seen.metrics, "ledger_imbalance_minor", {{"currency", "EUR"}}) == -250);
  CHECK(value(seen.metrics, "ledger_imbalance_minor", {{"currency", "JPY"}}) == 0);
}

TEST_CASE("a settlement pack and its registry may go in either order") {
  auto metrics = std::make_unique<tt::registry>();
  auto first = std::make_unique<families::settlement<>>(*metrics);
  first.reset();
  CHECK(metrics->collect().find("settlement_oldest_unsettled_age_seconds") == nullptr);
  auto other = std::make_unique<tt::registry>();
  families::settlement<> survivor{*other};
  other.reset();
  survivor.waiting(1, tt::wall_time{});
}
