#include <telltale/metrics.hpp>
#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tt = telltale;

namespace {

enum class side { left, right };
using by_side = tt::label<"side", side>;
using by_name = tt::text_label<"name", 16>;

std::uint64_t total_of(const tt::family_snapshot& family) {
  std::uint64_t total = 0;
  for (const tt::series_snapshot& series : family.series) total += series.value.integer() + series.count();
  return total;
}

}  // namespace

TEST_CASE("eight threads lose nothing") {
  tt::registry metrics;
  const auto steps = metrics.counter<by_side>({.name = "steps_total", .help = "Steps."});
  constexpr std::uint64_t each = 200'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (std::uint64_t n = 0; n < each; ++n) steps.with(i % 2 == 0 ? side::left : side::right).inc();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(tt::testing::value(metrics, "steps_total", {{"side", "left"}}) == 4 * each);
  CHECK(tt::testing::value(metrics, "steps_total", {{"side", "right"}}) == 4 * each);
}

TEST_CASE("totals never go down and end exact while threads start, count and exit in their thousands") {
  tt::registry metrics;
  const auto steps = metrics.counter({.name = "steps_total", .help = "Steps."});
  const auto sizes = metrics.histogram({.name = "sizes_bytes", .help = "Sizes.", .buckets = {1, 2, 3}});
  constexpr int waves = 150;
  constexpr int threads_a_wave = 16;
  constexpr int each = 20;
  std::atomic<bool> done = false;
  bool went_down = false;
  bool count_disagreed = false;
  std::thread reader([&] {
    std::uint64_t last_steps = 0;
    std::uint64_t last_sizes = 0;
    tt::snapshot values;
    while (!done) {
      metrics.collect(values);
      const std::uint64_t now_steps = values.find("steps_total", {})->value.integer();
      const tt::series_snapshot& histogram = *values.find("sizes_bytes", {});
      const std::uint64_t now_sizes = histogram.count();
      went_down = went_down || now_steps < last_steps || now_sizes < last_sizes;
      std::uint64_t in_buckets = 0;
      for (const std::uint64_t bucket : histogram.buckets) in_buckets += bucket;
      count_disagreed = count_disagreed || in_buckets != now_sizes;
      last_steps = now_steps;
      last_sizes = now_sizes;
    }
  });
  for (int wave = 0; wave < waves; ++wave) {
    std::vector<std::thread> threads;
    for (int i = 0; i < threads_a_wave; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < each; ++n) {
          steps.inc();
          sizes.observe(n % 4);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  done = true;
  reader.join();
  CHECK_FALSE(went_down);
  CHECK_FALSE(count_disagreed);
  CHECK(tt::testing::value(metrics, "steps_total") == waves * threads_a_wave * each);
  CHECK(tt::testing::observations(metrics, "sizes_bytes") == waves * threads_a_wave * each);
}

TEST_CASE("threads that meet new text values at the same time agree on their series") {
  tt::registry metrics;
  const auto seen = metrics.counter<by_name, by_side>({.name = "seen_total", .help = "Seen."});
  constexpr int rounds = 2000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < rounds; ++n) seen.with(by_name{"name" + std::to_string(n % 40)}, side::left).inc();
    });
  }
  std::thread reader([&] {
    for (int n = 0; n < 50; ++n) (void)metrics.collect();
  });
  for (std::thread& thread : threads) thread.join();
  reader.join();
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("seen_total")->series.size() == 17);  // sixteen names and the overflow
  CHECK(total_of(*values.find("seen_total")) == 4 * rounds);
}

TEST_CASE("registries come and go while threads count through stale handles") {
  std::atomic<bool> done = false;
  std::vector<std::thread> counters;
  tt::counter held;
  tt::family<tt::counter, by_name> open;
  tt::histogram sizes;
  {
    tt::registry first;
    held = first.counter({.name = "held_total", .help = "Held."});
    open = first.counter<by_name>({.name = "open_total", .help = "Open."});
    sizes = first.histogram({.name = "sizes_bytes", .help = "Sizes."});
    for (int i = 0; i < 2; ++i) {
      counters.emplace_back([&] {
        for (int n = 0; !done; ++n) {
          held.inc();
          open.with(by_name{std::to_string(n % 20)}).inc();
          sizes.observe(n % 9);
        }
      });
    }
    for (int n = 0; n < 20; ++n) (void)first.collect();
  }
  for (int round = 0; round < 20; ++round) {
    tt::registry next;
    (void)next.counter({.name = "held_total", .help = "Held."});
    (void)next.counter<by_name>({.name = "open_total", .help = "Open."});
    const auto own = next.histogram({.name = "sizes_bytes", .help = "Sizes."});
    own.observe(1);
    const tt::snapshot values = next.collect();
    CHECK(values.find("held_total", {})->value.integer() == 0);
    CHECK(values.find("open_total")->series.empty());
    CHECK(values.find("sizes_bytes", {})->count() == 1);
  }
  done = true;
  for (std::thread& thread : counters) thread.join();
}

TEST_CASE("collectors come and go while two threads collect: a detached one is not running and does not run again") {
  tt::registry metrics;
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> collected = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      tt::snapshot values;
      while (!stop) {
        metrics.collect(values);
        for (const tt::family_snapshot& family : values.families()) {
          for (const tt::series_snapshot& series : family.series) collected += series.labels.size() + 1;
        }
      }
    });
  }
  std::vector<std::thread> owners;
  std::atomic<int> late = 0;
  for (int i = 0; i < 2; ++i) {
    owners.emplace_back([&, name = "foreign_" + std::to_string(i)] {
      for (int round = 0; round < 300; ++round) {
        auto alive = std::make_unique<std::atomic<bool>>(true);
        {
          const tt::attachment kept = metrics.attach([&late, &name, state = alive.get()](std::vector<tt::foreign_family>& into) {
            if (!*state) ++late;
            into.push_back({.name = name, .series = {{.labels = {{"k", "v"}}}}});
          });
          if (round % 2 == 0) (void)metrics.collect();
        }
        *alive = false;
      }
    });
  }
  for (std::thread& owner : owners) owner.join();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(late == 0);
  CHECK(collected > 0);
  CHECK(metrics.collect().find("foreign_0") == nullptr);
}
