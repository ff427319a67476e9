#include "unit/metrics/current_span.hpp"
#include "unit/metrics/example_labels.hpp"

#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

namespace tt = telltale;
using namespace example;

namespace {

tt::exemplar exemplar_of(const tt::registry& metrics, tt::snapshot::label_list labels) {
  const tt::snapshot values = metrics.collect();
  const auto exemplars = values.find("charges_total", labels)->exemplars;
  REQUIRE(exemplars.size() == 1);
  return exemplars[0];
}

}  // namespace

TEST_CASE("a counter that asked for exemplars keeps the sampled span's ids and the amount") {
  tt::registry metrics;
  const auto charges =
      metrics.counter_with_exemplars<by_provider>({.name = "charges_total", .help = "Charges."});
  charges.with(provider::adyen).inc();
  CHECK_FALSE(exemplar_of(metrics, {{"provider", "adyen"}}).trace_id.valid());
  {
    const current_span span(1);
    charges.with(provider::adyen).inc(3);
    charges.with(provider::adyen).inc(5);  // within 100 ms of the first: not kept
    const tt::exemplar kept = exemplar_of(metrics, {{"provider", "adyen"}});
    CHECK(kept.trace_id == span.context().trace_id);
    CHECK(kept.span_id == span.context().span_id);
    CHECK(kept.value == 3);
  }
  CHECK_FALSE(exemplar_of(metrics, {{"provider", "stripe"}}).trace_id.valid());
  CHECK(tt::testing::value(metrics, "charges_total", {{"provider", "adyen"}}) == 9);
}

TEST_CASE("an unsampled span leaves no exemplar on a counter") {
  tt::registry metrics;
  const auto charges = metrics.counter_with_exemplars({.name = "charges_total", .help = "Charges."});
  const current_span span(0);
  charges.inc();
  CHECK_FALSE(exemplar_of(metrics, {}).trace_id.valid());
}

TEST_CASE("a plain counter has no exemplars") {
  tt::registry metrics;
  const auto charges = metrics.counter({.name = "charges_total", .help = "Charges."});
  const current_span span(1);
  charges.inc();
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("charges_total", {})->exemplars.empty());
}

TEST_CASE("counters with exemplars and nothing behind them count into nothing") {
  const current_span span(1);
  tt::exemplar_counter charges;
  charges.inc();
  tt::family<tt::exemplar_counter, by_provider> none;
  none.with(provider::stripe).inc();
  none.with(static_cast<provider>(77)).inc();
  {
    tt::registry metrics;
    charges = metrics.counter_with_exemplars({.name = "charges_total", .help = "Charges."});
    const auto family = metrics.counter_with_exemplars<by_provider>({.name = "refunds_total", .help = "Refunds."});
    family.with(static_cast<provider>(77)).inc(5);
    CHECK(tt::testing::value(metrics, "telltale_metric_rejected_total", {{"metric", "refunds_total"}}) == 1);
  }
  charges.inc();
}
