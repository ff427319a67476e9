#include "opentelemetry_operations.hpp"

#include <opentelemetry/context/context.h>
#include <opentelemetry/sdk/metrics/aggregation/aggregation_config.h>
#include <opentelemetry/sdk/metrics/meter.h>
#include <opentelemetry/sdk/metrics/metric_reader.h>
#include <opentelemetry/sdk/metrics/view/instrument_selector.h>
#include <opentelemetry/sdk/metrics/view/meter_selector.h>
#include <opentelemetry/sdk/metrics/view/view.h>

#include <chrono>
#include <utility>

namespace bench {

namespace {

namespace sdk = opentelemetry::sdk::metrics;

class idle_reader final : public sdk::MetricReader {
 public:
  sdk::AggregationTemporality GetAggregationTemporality(sdk::InstrumentType) const noexcept override {
    return sdk::AggregationTemporality::kCumulative;
  }

 private:
  bool OnForceFlush(std::chrono::microseconds) noexcept override { return true; }
  bool OnShutDown(std::chrono::microseconds) noexcept override { return true; }
};

std::unique_ptr<sdk::View> latency_view() {
  auto settings = std::make_shared<sdk::HistogramAggregationConfig>();
  settings->boundaries_ = tt::buckets::latency();
  settings->record_min_max_ = false;  // neither we nor prometheus-cpp keep them
  return std::make_unique<sdk::View>("held_seconds", "", "s", sdk::AggregationType::kHistogram, std::move(settings));
}

opentelemetry::nostd::string_view attribute(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

opentelemetry_fixture::opentelemetry_fixture() : provider(std::make_unique<sdk::MeterProvider>()) {
  provider->AddMetricReader(std::make_shared<idle_reader>());
  provider->AddView(std::make_unique<sdk::InstrumentSelector>(sdk::InstrumentType::kHistogram, "held_seconds", "s"),
                    std::make_unique<sdk::MeterSelector>("bench", "", ""), latency_view());
  const auto meter = provider->GetMeter("bench");
  counter = meter->CreateUInt64Counter("held");
  text = meter->CreateUInt64Counter("text");
  histogram = meter->CreateDoubleHistogram("held_seconds", "", "s");
}

}  // namespace bench

namespace measured {

void counter_opentelemetry_held(opentelemetry::metrics::Counter<std::uint64_t>& target) { target.Add(1); }
void counter_opentelemetry_lookup(opentelemetry::metrics::Counter<std::uint64_t>& target, std::string_view text,
                                  provider a, outcome b) {
  target.Add(1, {{"merchant", bench::attribute(text)},
                 {"provider", bench::attribute(bench::name(a))},
                 {"outcome", bench::attribute(bench::name(b))}});
}
void histogram_opentelemetry(opentelemetry::metrics::Histogram<double>& target, double value) {
  target.Record(value, opentelemetry::context::Context{});
}

}  // namespace measured
