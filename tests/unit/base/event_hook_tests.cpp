#include <telltale/detail/event_hook.hpp>
#include <telltale/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

namespace tt = telltale;
using tt::detail::event_hook;
using tt::detail::event_severity;

TEST_CASE("reports reach the handler, and are counted without one") {
  event_hook hook;
  hook.report(event_severity::error, "test", "nobody listens");
  std::string heard;
  hook.install([&](const tt::detail::internal_event& event) { heard = std::string(event.component) + ": " + std::string(event.message); });
  hook.report(event_severity::warning, "test", "hello");
  CHECK(heard == "test: hello");
  hook.install({});
  hook.report(event_severity::warning, "test", "unheard");
  CHECK(heard == "test: hello");
  CHECK(hook.reported() == 3);
}

TEST_CASE("a flood is cut to the burst, and the next window says how many were left out") {
  tt::testing::manual_clock time;
  event_hook hook(time);
  int delivered = 0;
  std::uint64_t suppressed = 0;
  hook.install([&](const tt::detail::internal_event& event) {
    ++delivered;
    suppressed = event.suppressed;
  });
  for (int i = 0; i < event_hook::burst + 30; ++i) hook.report(event_severity::warning, "test", "again");
  CHECK(delivered == event_hook::burst);
  CHECK(suppressed == 0);
  time.advance(event_hook::interval);
  hook.report(event_severity::warning, "test", "later");
  CHECK(delivered == event_hook::burst + 1);
  CHECK(suppressed == 30);
}

TEST_CASE("what the handler throws stays here") {
  event_hook hook;
  hook.install([](const tt::detail::internal_event&) { throw std::runtime_error("the log is full"); });
  hook.report(event_severity::warning, "test", "hello");
  CHECK(hook.reported() == 1);
}
