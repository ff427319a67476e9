#include "work.hpp"

#include <chrono>

void WORK(const instruments& metrics, tt::tracer& traces) {
  metrics.events.inc();
  metrics.work.inc(0.5);
  metrics.level.add(2);
  const tt::in_flight guard{metrics.level};
  metrics.duration.observe(std::chrono::milliseconds{250});
  {
    tt::timer timed{metrics.duration};
  }
  metrics.named.with(by_name{"name"}).inc();
  auto span = traces.start("work", tt::kv{"amount_minor", 4200});
  span.add_event("retry", tt::kv{"attempt", 2});
  span.end();
  tt::families::operation payout{traces.start("payout"), metrics.payouts, metrics.duration};
  payout.end(outcome::approved);
}
