#include "unit/families/fixture.hpp"

#include <catch2/catch.hpp>

TEST_CASE("each step of an escrow is counted under the name that the dashboards divide by") {
  observed seen;
  const families::escrow<> escrows{seen.metrics};
  for (int i = 0; i < 4; ++i) escrows.created();
  for (int i = 0; i < 3; ++i) escrows.funded();
  escrows.completed();
  for (int i = 0; i < 2; ++i) escrows.disputed();
  escrows.resolved(families::dispute_winner::buyer);
  escrows.resolved(families::dispute_winner::vendor);
  escrows.resolved(families::dispute_winner::vendor);
  CHECK(value(seen.metrics, "escrows_created_total") == 4);
  CHECK(value(seen.metrics, "escrows_funded_total") == 3);
  CHECK(value(seen.metrics, "escrows_completed_total") == 1);
  CHECK(value(seen.metrics, "escrows_disputed_total") == 2);
  CHECK(value(seen.metrics, "escrows_resolved_total") == 3);
  CHECK(value(seen.metrics, "disputes_buyer_won_total") == 1);
  CHECK(value(seen.metrics, "disputes_vendor_won_total") == 2);
}

TEST_CASE("an escrow pack with a label of the team's has it on every counter") {
  observed seen;
  const families::escrow<by_psp> escrows{seen.metrics, {.prefix = "shop"}};
  escrows.created(psp::adyen);
  escrows.resolved(families::dispute_winner::buyer, psp::adyen);
  CHECK(value(seen.metrics, "shop_escrows_created_total", {{"provider", "adyen"}}) == 1);
  CHECK(value(seen.metrics, "shop_escrows_created_total", {{"provider", "stripe"}}) == 0);
  CHECK(value(seen.metrics, "shop_disputes_buyer_won_total", {{"provider", "adyen"}}) == 1);
}
