// A service that still counts with prometheus-cpp, and begins to use telltale. Both sets of metrics are on both
// endpoints: telltale's, in the format that the scraper asks for, and prometheus-cpp's Exposer. Then:
//   curl http://127.0.0.1:9464/metrics
//   curl http://127.0.0.1:9465/metrics
#include <telltale/exposition/prometheus.hpp>
#include <telltale/telltale.hpp>

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/registry.h>

#include <iostream>
#include <memory>

namespace tt = telltale;

enum class outcome { approved, declined };

int main() {
  tt::telemetry obs{{.service = "migrating"}};
  auto charges = obs.metrics().counter<tt::label<"outcome", outcome>>(
      {.name = "charges_total", .help = "Charges by outcome."});

  auto theirs = std::make_shared<prometheus::Registry>();
  auto& refunds = prometheus::BuildCounter().Name("refunds_total").Help("Refunds.").Register(*theirs).Add({});

  // Theirs on ours: until `attached` ends.
  const auto attached = obs.metrics().attach(tt::prometheus_collector(theirs));
  auto server = obs.serve({.address = "127.0.0.1:9464"});

  // Ours on theirs. Ours shows theirs already, so nothing else is registered with this Exposer.
  auto ours = std::make_shared<tt::registry_collectable>(obs.metrics());
  prometheus::Exposer exposer("127.0.0.1:9465");
  exposer.RegisterCollectable(ours);

  charges.with(outcome::approved).inc();
  refunds.Increment();
  std::cout << "Press Enter to stop.\n";
  std::cin.get();
}
