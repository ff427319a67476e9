#include <telltale/logging.hpp>
#include <telltale/testing/captured_logs.hpp>
#include <telltale/testing/manual_clock.hpp>
#include <telltale/tracing/span_context.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

namespace tt = telltale;

TEST_CASE("a log line, byte for byte") {
  const tt::testing::manual_clock clock;
  tt::testing::captured_logs logs;
  const tt::logger log = logs.logger({.service = "defy-api", .time_source = &clock});

  tt::span_context context;
  context.trace_id.bytes = {0x7a, 0x5f, 0x1b, 0x5f, 0x1d, 0x6e, 0x4c, 0x2a,
                            0x8a, 0x4f, 0x0c, 0x3d, 0x2e, 0x1b, 0x0a, 0x99};
  context.span_id.bytes = {0xb9, 0xb8, 0xc0, 0xf2, 0xe1, 0xa3, 0xd4, 0xc5};
  tt::detail::this_thread.current = &context;
  log.info("SEP24 webhook processed", tt::kv{"provider", "anchor"}, tt::kv{"external_id", "abc123"},
           tt::kv{"status", "completed"}, tt::kv{"amount_minor", 4200}, tt::kv{"ratio", 0.5},
           tt::kv{"retried", false}, tt::kv{"took", std::chrono::microseconds{12500}});
  tt::detail::this_thread.current = nullptr;
  log.warn("line\nbreak \"quoted\"");

  REQUIRE(logs.lines().size() == 2);
  CHECK(logs.lines()[0] ==
        R"({"ts":"2025-09-09T12:34:56.789Z","level":"info","msg":"SEP24 webhook processed",)"
        R"("service":"defy-api","trace_id":"7a5f1b5f1d6e4c2a8a4f0c3d2e1b0a99",)"
        R"("span_id":"b9b8c0f2e1a3d4c5","provider":"anchor","external_id":"abc123",)"
        R"("status":"completed","amount_minor":4200,"ratio":0.5,"retried":false,"took":0.0125})");
  CHECK(logs.lines()[1] ==
        R"({"ts":"2025-09-09T12:34:56.789Z","level":"warn","msg":"line\nbreak \"quoted\"",)"
        R"("service":"defy-api"})");
}
