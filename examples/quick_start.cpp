// The first program that one writes with telltale: metrics with typed labels, a span, a log line, a health check, and
// an endpoint for Prometheus. It charges once and ends; nothing in it cleans up, because nothing needs to.
#include <telltale/telltale.hpp>

namespace tt = telltale;

enum class provider { stripe, adyen };
enum class outcome { approved, declined, failed };

using by_provider = tt::label<"provider", provider>;  // values are the enumerators' names
using by_outcome = tt::label<"outcome", outcome>;

int main() {
  tt::telemetry obs{{.service = "payments", .version = "1.4.0"}};  // and OTEL_*, LOG_LEVEL, ...

  auto charges = obs.metrics().counter<by_provider, by_outcome>(
      {.name = "charges_total", .help = "Charges by provider and outcome."});
  auto duration = obs.metrics().histogram<by_provider>(
      {.name = "charge_duration_seconds", .help = "Provider call, send to last byte."});

  obs.health().add("database", [] { return tt::healthy(); });
  auto server = obs.serve({.address = "127.0.0.1:9464"});

  auto span = obs.traces().start("charge", tt::kv{"amount_minor", 4200});  // current until it ends
  {
    tt::timer timed{duration.with(provider::stripe)};
    // call the provider here
  }
  charges.with(provider::stripe, outcome::approved).inc();
  obs.log().info("charge approved", tt::kv{"payment_id", "pay_123"});
}
