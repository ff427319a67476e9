// The bridge to prometheus-cpp from an install prefix: theirs on ours, and ours on theirs.

#include <telltale/exposition/prometheus.hpp>

#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstdio>
#include <memory>
#include <string>

namespace tt = telltale;

int main() {
  auto theirs = std::make_shared<prometheus::Registry>();
  prometheus::BuildCounter().Name("refunds_total").Help("Refunds.").Register(*theirs).Add({}).Increment();

  tt::registry metrics;
  auto charges = metrics.counter({.name = "charges_total", .help = "Charges."});
  charges.inc();
  const tt::attachment attached = metrics.attach(tt::prometheus_collector(theirs));

  const std::string text = prometheus::TextSerializer().Serialize(tt::registry_collectable(metrics).Collect());
  const bool right = text.find("\ncharges_total 1\n") != std::string::npos &&
                     text.find("\nrefunds_total 1\n") != std::string::npos;
  std::puts(right ? "bridged" : text.c_str());
  return right ? 0 : 1;
}
