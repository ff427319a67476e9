// Counts where most libraries must not be touched any more: in the destructors of static and thread_local objects, on threads
// that never counted before, before and after the registry is gone. Leaves with 0 when all totals were right; the checks run
// in the destructor of the static object that was made first.
#include <telltale/metrics.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

namespace tt = telltale;

namespace {

enum class step { first, second };
using by_step = tt::label<"step", step>;
using by_name = tt::text_label<"name", 8>;

int failures = 0;

void expect(const char* what, std::uint64_t found, std::uint64_t expected) {
  if (found == expected) return;
  std::fprintf(stderr, "%s: %llu, expected %llu\n", what, static_cast<unsigned long long>(found),
               static_cast<unsigned long long>(expected));
  ++failures;
}

struct instruments {
  tt::counter events;
  tt::family<tt::counter, by_step> steps;
  tt::family<tt::counter, by_name> named;
  tt::histogram sizes;
  tt::gauge level;

  void use() const {
    events.inc();
    steps.with(step::second).inc();
    named.with(by_name{"name"}).inc();
    sizes.observe(1);
    level.add(1);
  }
};

instruments metrics;  // handles: trivially destructible, usable to the very end
std::optional<tt::registry> registry;

void expect_total(const char* when, std::uint64_t expected) {
  const tt::snapshot values = registry->collect();
  expect(when, values.find("events_total", {})->value.integer(), expected);
  expect(when, values.find("steps_total", {{"step", "second"}})->value.integer(), expected);
  expect(when, values.find("named_total", {{"name", "name"}})->value.integer(), expected);
  expect(when, values.find("sizes_bytes", {})->count(), expected);
  expect(when, static_cast<std::uint64_t>(values.find("level", {})->value.as_double()), expected);
}

struct last {
  ~last() {
    // The registry ended before this object did: a new one must not see what is counted through the old handles.
    metrics.use();
    std::thread{[] { metrics.use(); }}.join();
    tt::registry next;
    const tt::counter events = next.counter({.name = "events_total", .help = "Events."});
    metrics.use();
    events.inc();
    expect("a registry made by a static destructor", next.collect().find("events_total", {})->value.integer(), 1);
    std::printf("%s\n", failures == 0 ? "all totals right" : "wrong totals");
    std::fflush(stdout);
    if (failures != 0) std::_Exit(1);
  }
};

struct counts_when_destroyed {
  ~counts_when_destroyed() { metrics.use(); }
};

struct ends_before_the_registry {
  ~ends_before_the_registry() {
    metrics.use();
    expect_total("a static destructor", 6);
    registry.reset();
    metrics.use();
  }
};

last checks_at_the_end;
ends_before_the_registry counts_at_the_end;

}  // namespace

int main() {
  registry.emplace();
  metrics = {registry->counter({.name = "events_total", .help = "Events."}),
             registry->counter<by_step>({.name = "steps_total", .help = "Steps."}),
             registry->counter<by_name>({.name = "named_total", .help = "Named."}),
             registry->histogram({.name = "sizes_bytes", .help = "Sizes."}),
             registry->gauge({.name = "level", .help = "Level."})};

  std::thread{[] {
    thread_local counts_when_destroyed first_use_in_a_destructor;
    (void)first_use_in_a_destructor;
  }}.join();
  expect_total("a thread_local destructor on a thread that never counted", 1);

  std::thread{[] {
    thread_local counts_when_destroyed made_before_the_first_count;
    (void)made_before_the_first_count;
    metrics.use();
    thread_local counts_when_destroyed made_after_it;
    (void)made_after_it;
  }}.join();
  expect_total("thread_local destructors around a thread's first count", 4);

  thread_local counts_when_destroyed of_the_main_thread;  // destroyed before all static objects
  (void)of_the_main_thread;
  return 0;
}
