// The quick start as a consumer compiles it, with its own check at the end.

#include <telltale/telltale.hpp>

#include <cstdio>

namespace tt = telltale;

enum class provider { stripe, adyen };
enum class outcome { approved, declined, failed };

using by_provider = tt::label<"provider", provider>;
using by_outcome = tt::label<"outcome", outcome>;

int main() {
  tt::telemetry obs{{.service = "payments", .version = "1.4.0"}};

  auto charges = obs.metrics().counter<by_provider, by_outcome>(
      {.name = "charges_total", .help = "Charges by provider and outcome."});
  auto duration = obs.metrics().histogram<by_provider>(
      {.name = "charge_duration_seconds", .help = "Provider call, send to last byte."});

  obs.health().add("database", [] { return tt::healthy(); });
  auto server = obs.serve({.address = "127.0.0.1:0"});

  {
    auto span = obs.traces().start("charge", tt::kv{"amount_minor", 4200});
    tt::timer timed{duration.with(provider::stripe)};
    charges.with(provider::stripe, outcome::approved).inc();
    obs.log().info("charge approved", tt::kv{"payment_id", "pay_123"});
  }

  const tt::snapshot values = obs.metrics().collect();
  const auto* counted = values.find("charges_total", {{"provider", "stripe"}, {"outcome", "approved"}});
  const auto* observed = values.find("charge_duration_seconds", {{"provider", "stripe"}});
  const bool right =
      counted != nullptr && counted->value.integer() == 1 && observed != nullptr && observed->count() == 1;
  std::puts(right ? "counted" : "wrong values");
  return right ? 0 : 1;
}
