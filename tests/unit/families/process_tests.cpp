#include "unit/families/fixture.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>

TEST_CASE("the process tells of itself what the system knows") {
  observed seen;
  const families::process process{seen.metrics};
  const auto read = [&](std::string_view name) { return value(seen.metrics, name); };
  CHECK(read("process_resident_memory_bytes") > 1e6);
  CHECK(read("process_virtual_memory_bytes") > read("process_resident_memory_bytes"));
  CHECK(read("process_heap_bytes") > 1e4);
  CHECK(read("process_open_fds") >= 3);
  CHECK(read("process_max_fds") >= read("process_open_fds"));
  CHECK(read("process_threads") >= 1);
  CHECK(read("process_cpu_seconds_total") >= 0);
  CHECK(read("uptime_seconds") >= 0);

  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(read("process_start_time_seconds") > now - 3600);
  CHECK(read("process_start_time_seconds") < now + 2);  // the boot time is in whole seconds

  const tt::snapshot values = seen.metrics.collect();
  CHECK(values.find("process_cpu_seconds_total")->info->type == tt::metric_type::counter);
  CHECK(values.find("process_resident_memory_bytes")->info->unit == "bytes");
  for (const tt::series_snapshot& errors : values.find("telltale_metric_callback_errors_total")->series) {
    CHECK(errors.value.integer() == 0);
  }
}

TEST_CASE("CPU time is the sum of user and system time, all read at one moment") {
  observed seen;
  const families::process process{seen.metrics};
  const tt::snapshot values = seen.metrics.collect();
  const auto read = [&](std::string_view name) { return values.find(name, {})->value.as_double(); };
  CHECK(read("process_cpu_seconds_total") ==
        Approx(read("process_cpu_user_seconds_total") + read("process_cpu_system_seconds_total")));
}

TEST_CASE("each collection reads the process anew") {
  observed seen;
  const families::process process{seen.metrics};
  const double before = value(seen.metrics, "process_open_fds");
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  CHECK(value(seen.metrics, "process_open_fds") == before + 1);
  ::close(file);
  CHECK(value(seen.metrics, "process_open_fds") == before);
}

TEST_CASE("the process metrics go when the pack goes") {
  observed seen;
  std::optional<families::process> process{std::in_place, seen.metrics, families::process_options{.prefix = "node"}};
  CHECK(seen.has("node_process_threads"));
  process.reset();
  CHECK_FALSE(seen.has("node_process_threads"));
}
