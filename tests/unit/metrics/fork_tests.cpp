// ThreadSanitizer does not support threads in the child of a process that had several: all of this runs in every other
// build.
#if !defined(__SANITIZE_THREAD__)

#include "unit/metrics/example_labels.hpp"

#include <telltale/testing/values.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tt = telltale;
using namespace example;
using tt::testing::value;

namespace {

// Runs `child` in a forked process; true when it returned true within its time.
template <class Child>
bool holds_in_child(Child child) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::alarm(30);
    ::_exit(child() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("a child keeps the counts of its birth and counts on, and the parent does not notice") {
  tt::registry metrics;
  const auto charges = metrics.counter<by_provider>({.name = "charges_total", .help = "Charges."});
  charges.with(provider::stripe).inc(3);
  std::thread([&] { charges.with(provider::stripe).inc(4); }).join();
  CHECK(holds_in_child([&] {
    charges.with(provider::stripe).inc(10);
    std::thread([&] { charges.with(provider::stripe).inc(20); }).join();
    return value(metrics, "charges_total", {{"provider", "stripe"}}) == 37;
  }));
  CHECK(value(metrics, "charges_total", {{"provider", "stripe"}}) == 7);
}

// AddressSanitizer's allocator does not survive a fork while another thread allocates.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TELLTALE_ADDRESS_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define TELLTALE_ADDRESS_SANITIZED
#endif
#if !defined(TELLTALE_ADDRESS_SANITIZED)
TEST_CASE("a fork in the middle of everything leaves no lock behind in the child") {
  tt::registry metrics;
  const auto seen = metrics.counter<by_merchant, by_outcome>({.name = "seen_total", .help = "Seen."});
  std::atomic<bool> done = false;
  std::vector<std::thread> busy;
  busy.emplace_back([&] {
    while (!done) (void)metrics.collect();
  });
  busy.emplace_back([&] {
    for (int n = 0; !done; ++n) {
      tt::registry other;
      other.counter<by_merchant>({.name = "other_total", .help = "Other."}).with(by_merchant{std::to_string(n)}).inc();
    }
  });
  busy.emplace_back([&] {
    while (!done) std::thread([&] { seen.with(by_merchant{"a"}, outcome::failed).inc(); }).join();
  });
  for (int round = 0; round < 40; ++round) {
    CHECK(holds_in_child([&] {
      tt::registry own;
      own.counter({.name = "own_total", .help = "Own."}).inc();
      (void)metrics.collect();
      seen.with(by_merchant{"b"}, outcome::approved).inc();
      std::thread([&] { seen.with(by_merchant{"c"}, outcome::approved).inc(); }).join();
      return value(own, "own_total") == 1;
    }));
  }
  done = true;
  for (std::thread& thread : busy) thread.join();
}

#endif

TEST_CASE("a callback may fork") {
  tt::registry metrics;
  bool held = false;
  const auto registered = metrics.gauge_callback({.name = "forking_ratio", .help = "Forks."}, [&] {
    held = holds_in_child([] { return true; });
    return 1.0;
  });
  CHECK(value(metrics, "forking_ratio") == 1);
  CHECK(held);
}

#endif
