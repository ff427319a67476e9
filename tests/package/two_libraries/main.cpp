// A program and two shared libraries count into one registry, from threads that pass through all three: totals are exact.

#include "work.hpp"

#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

int main() {
  constexpr std::uint64_t threads = 8;
  constexpr std::uint64_t each = 20'000;
  tt::registry registry;
  const instruments metrics{registry.counter({.name = "shared_total", .help = "Counted anywhere."}),
                            registry.counter<by_place>({.name = "places_total", .help = "Counted, by place."}),
                            registry.histogram({.name = "sizes_bytes", .help = "Sizes."})};
  std::vector<std::thread> workers;
  for (std::uint64_t i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (std::uint64_t n = 0; n < each; ++n) {
        metrics.shared.inc();
        metrics.by.with(place::program).inc();
        count_left(metrics, place::left);
        count_right(metrics, place::right);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();

  const tt::snapshot values = registry.collect();
  const std::uint64_t shared = values.find("shared_total", {})->value.integer();
  bool right = shared == 3 * threads * each && values.find("sizes_bytes", {})->count() == 2 * threads * each;
  for (const char* where : {"program", "left", "right"}) {
    right = right && values.find("places_total", {{"place", where}})->value.integer() == threads * each;
  }
  std::printf("%llu counted: %s\n", static_cast<unsigned long long>(shared), right ? "exact" : "wrong");
  return right ? 0 : 1;
}
