// A target that defines TELLTALE_DISABLE links with one that does not: the one counts nothing, the other everything, whatever
// comes first.

#include "work.hpp"

#include <cstdint>
#include <cstdio>
#include <memory>

namespace {

// Counts the spans that end.
class counting_processor final : public tt::span_processor {
 public:
  void on_end(tt::finished_span) noexcept override { ++ended_; }
  bool flush(std::chrono::nanoseconds) noexcept override { return true; }
  bool shutdown(std::chrono::nanoseconds) noexcept override { return true; }
  tt::span_counts counts() const noexcept override { return {.queued = ended_}; }

 private:
  std::uint64_t ended_ = 0;
};

bool wrong(const char* what, double found, double expected) {
  if (found == expected) return false;
  std::printf("%s: %g, expected %g\n", what, found, expected);
  return true;
}

}  // namespace

int main() {
  tt::registry registry;
  const instruments metrics{
      registry.counter({.name = "events_total", .help = "Events."}),
      registry.double_counter({.name = "work_seconds_total", .help = "Work."}),
      registry.gauge({.name = "level", .help = "Level."}),
      registry.histogram({.name = "duration_seconds", .help = "Duration."}),
      registry.counter<by_outcome>({.name = "payouts_total", .help = "Payouts."}),
      registry.counter<by_name>({.name = "named_total", .help = "Named."}),
  };
  const auto processor = std::make_shared<counting_processor>();
  tt::tracer traces{{.processor = processor}};

  int failures = 0;
  const auto expect = [&](double times) {
    const tt::snapshot values = registry.collect();
    failures += wrong("events", values.find("events_total", {})->value.as_double(), times);
    failures += wrong("work", values.find("work_seconds_total", {})->value.as_double(), times * 0.5);
    failures += wrong("level", values.find("level", {})->value.as_double(), times * 2);
    failures += wrong("observations", static_cast<double>(values.find("duration_seconds", {})->count()), times * 3);
    failures += wrong("payouts", values.find("payouts_total", {{"outcome", "approved"}})->value.as_double(), times);
    failures += wrong("names", static_cast<double>(values.find("named_total")->series.size()), times > 0 ? 1 : 0);
    failures += wrong("spans", static_cast<double>(processor->counts().queued), times * 2);
  };
  quiet_work(metrics, traces);
  expect(0);
  counting_work(metrics, traces);
  expect(1);
  quiet_work(metrics, traces);
  expect(1);
  counting_work(metrics, traces);
  expect(2);
  std::printf("%d failures\n", failures);
  return failures;
}
