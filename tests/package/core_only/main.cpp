// Metrics with the core component alone: no facade, no third-party code.

#include <telltale/metrics.hpp>
#include <telltale/version.hpp>

#include <cstdio>

namespace tt = telltale;

enum class provider { stripe, adyen };
enum class outcome { approved, declined, failed };

using by_provider = tt::label<"provider", provider>;
using by_outcome = tt::label<"outcome", outcome>;

int main() {
  tt::registry metrics;
  auto charges = metrics.counter<by_provider, by_outcome>(
      {.name = "charges_total", .help = "Charges by provider and outcome."});
  auto duration = metrics.histogram<by_provider>(
      {.name = "charge_duration_seconds", .help = "Provider call, send to last byte."});

  charges.with(provider::stripe, outcome::approved).inc();
  duration.with(provider::stripe).observe(0.25);

  const tt::snapshot values = metrics.collect();
  const auto* counted = values.find("charges_total", {{"provider", "stripe"}, {"outcome", "approved"}});
  const auto* untouched = values.find("charges_total", {{"provider", "adyen"}, {"outcome", "failed"}});
  const auto* observed = values.find("charge_duration_seconds", {{"provider", "stripe"}});
  const bool right = counted != nullptr && counted->value.integer() == 1 && untouched != nullptr &&
                     untouched->value.integer() == 0 && observed != nullptr && observed->count() == 1;
  const std::string_view version = tt::version();
  std::printf("telltale %.*s: %s\n", static_cast<int>(version.size()), version.data(), right ? "counted" : "wrong values");
  return right ? 0 : 1;
}
