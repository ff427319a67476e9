// Registries with many series, the same in each library: a merchant (text) by provider by outcome, sixteen series a
// merchant.
#pragma once

#include "operations.hpp"

#include <prometheus/registry.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// Numbers of one to seven digits, as counters have them.
inline std::uint64_t value_of(std::size_t series) {
  const std::uint64_t mixed = (series + 1) * 0x9e3779b97f4a7c15u;
  return (mixed >> 32) % 9'999'999 >> (mixed % 20);
}

template <class Visit>
void for_each_series(std::size_t count, Visit visit) {
  for (std::size_t i = 0; i < count; ++i) {
    visit(i, merchant_name(i / 16), static_cast<provider>(i / 4 % 4), static_cast<outcome>(i % 4));
  }
}

struct our_counters {
  tt::registry registry;

  explicit our_counters(std::size_t count) {
    const auto family = registry.counter<by_merchant, by_provider, by_outcome>(
        {.name = "charges_total", .help = "Charges.", .max_series = count});
    for_each_series(count, [&](std::size_t i, const std::string& merchant, provider a, outcome b) {
      family.with(by_merchant{merchant}, a, b).inc(value_of(i));
    });
  }
};

struct our_histograms {
  tt::registry registry;

  explicit our_histograms(std::size_t count) {
    const auto family = registry.histogram<by_merchant, by_provider, by_outcome>(
        {.name = "charge_seconds", .help = "Charges.", .max_series = count});
    for_each_series(count, [&](std::size_t i, const std::string& merchant, provider a, outcome b) {
      const tt::histogram series = family.with(by_merchant{merchant}, a, b);
      for (std::size_t n = 0; n < 8; ++n) series.observe(0.003 * static_cast<double>((i + n * n * n) % 1000));
    });
  }
};

struct their_counters {
  prometheus::Registry registry;

  explicit their_counters(std::size_t count) {
    auto& family = prometheus::BuildCounter().Name("charges_total").Help("Charges.").Register(registry);
    for_each_series(count, [&](std::size_t i, const std::string& merchant, provider a, outcome b) {
      family.Add({{"merchant", merchant}, {"provider", std::string(name(a))}, {"outcome", std::string(name(b))}})
          .Increment(static_cast<double>(value_of(i)));
    });
  }
};

struct their_histograms {
  prometheus::Registry registry;

  explicit their_histograms(std::size_t count) {
    auto& family = prometheus::BuildHistogram().Name("charge_seconds").Help("Charges.").Register(registry);
    for_each_series(count, [&](std::size_t i, const std::string& merchant, provider a, outcome b) {
      auto& series = family.Add(
          {{"merchant", merchant}, {"provider", std::string(name(a))}, {"outcome", std::string(name(b))}},
          prometheus::Histogram::BucketBoundaries(tt::buckets::latency()));
      for (std::size_t n = 0; n < 8; ++n) series.Observe(0.003 * static_cast<double>((i + n * n * n) % 1000));
    });
  }
};

}  // namespace bench
