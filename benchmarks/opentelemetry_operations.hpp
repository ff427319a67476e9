// The same operations in opentelemetry-cpp, in a library of their own: it is built where that package is installed, and
// nothing else knows of it.
#pragma once

#include "operations.hpp"

#include <opentelemetry/metrics/sync_instruments.h>
#include <opentelemetry/nostd/unique_ptr.h>
#include <opentelemetry/sdk/metrics/meter_provider.h>

#include <memory>
#include <string_view>

namespace bench {

/// Its SDK's provider, with a reader that reads only when asked to, which nobody does: no thread of it runs beside what
/// is measured.
struct opentelemetry_fixture {
  std::unique_ptr<opentelemetry::sdk::metrics::MeterProvider> provider;
  opentelemetry::nostd::unique_ptr<opentelemetry::metrics::Counter<std::uint64_t>> counter;
  opentelemetry::nostd::unique_ptr<opentelemetry::metrics::Counter<std::uint64_t>> text;
  opentelemetry::nostd::unique_ptr<opentelemetry::metrics::Histogram<double>> histogram;

  opentelemetry_fixture();
};

}  // namespace bench

namespace measured {

void counter_opentelemetry_held(opentelemetry::metrics::Counter<std::uint64_t>& target);
// Attributes are given with each call, so this is its look-up.
void counter_opentelemetry_lookup(opentelemetry::metrics::Counter<std::uint64_t>& target, std::string_view text,
                                  provider a, outcome b);
void histogram_opentelemetry(opentelemetry::metrics::Histogram<double>& target, double value);

}  // namespace measured
