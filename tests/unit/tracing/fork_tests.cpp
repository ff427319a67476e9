// ThreadSanitizer does not support threads in the child of a process that had several, and AddressSanitizer's allocator
// does not survive a fork while another thread (here the exporter's) allocates: all of this runs in every other build.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)

#include "exporters_for_tests.hpp"

#include <telltale/tracing.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tt = telltale;
using namespace std::chrono_literals;

namespace {

// Runs `child` in a forked process and returns what it wrote; fails when it does not end well within its time.
template <class Child>
std::string in_child(Child child) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::alarm(30);
    const std::string said = child();
    const auto written = ::write(ends[1], said.data(), said.size());
    ::_exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[256];
  for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) said.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  return said;
}

}  // namespace

TEST_CASE("A child exports its own spans, and none of those that were waiting in the parent") {
  auto shared = std::make_shared<exporters::control>();
  tt::tracer tracer{{.processor = std::make_shared<tt::batch_span_processor>(std::make_unique<exporters::driven>(shared),
                                                                             tt::batch_options{.delay = 1h})}};
  { auto span = tracer.start("parent's"); }
  const std::string said = in_child([&] {
    { auto span = tracer.start("child's"); }
    if (!tracer.flush(20s)) return std::string("flush failed");
    std::string names = std::to_string(shared->children) + " child:";
    for (const std::string& name : shared->names) names += " " + name;
    const auto counts = tracer.counts();
    names += counts.started == 1 && counts.exported == 1 ? ", counted from zero" : ", wrong counts";
    return tracer.shutdown(20s) ? names : std::string("shutdown failed");
  });
  CHECK(said == "1 child: child's, counted from zero");
  REQUIRE(tracer.flush(30s));
  CHECK(shared->names == std::vector<std::string>{"parent's"});
}

TEST_CASE("A child that never traces shuts down at once") {
  auto shared = std::make_shared<exporters::control>();
  tt::tracer tracer{{.processor = std::make_shared<tt::batch_span_processor>(std::make_unique<exporters::driven>(shared))}};
  CHECK(in_child([&] { return std::string(tracer.shutdown(20s) ? "ok" : "failed"); }) == "ok");
}

TEST_CASE("A span that is open at a fork is the parent's to export, and stays current in the child") {
  auto shared = std::make_shared<exporters::control>();
  tt::tracer tracer{{.processor = std::make_shared<tt::batch_span_processor>(std::make_unique<exporters::driven>(shared),
                                                                             tt::batch_options{.delay = 1h})}};
  auto span = tracer.start("open");
  const std::string said = in_child([&] {
    auto child = tracer.start("child's");
    const bool same_trace = child.context().trace_id == span.context().trace_id;
    child.end();
    span.end();
    if (!tracer.flush(20s)) return std::string("flush failed");
    return std::to_string(shared->names.size()) + " exported, " + std::to_string(tracer.counts().dropped_after_fork) +
           " left to the parent" + (same_trace ? "" : ", another trace");
  });
  CHECK(said == "1 exported, 1 left to the parent");
  span.end();
  REQUIRE(tracer.flush(30s));
  CHECK(shared->names == std::vector<std::string>{"open"});
}

TEST_CASE("Parent and child draw different ids") {
  tt::tracer tracer;
  (void)tracer.start("seeds this thread");
  const std::string childs = in_child([&] { return tracer.start("a").context().trace_id.to_string(); });
  CHECK(childs.size() == 32);
  CHECK(childs != tracer.start("a").context().trace_id.to_string());
}

TEST_CASE("A fork while other threads trace never leaves the child with a lock that nobody holds") {
  auto shared = std::make_shared<exporters::control>();
  tt::tracer tracer{{.processor = std::make_shared<tt::batch_span_processor>(std::make_unique<exporters::driven>(shared),
                                                                             tt::batch_options{.delay = 1ms})}};
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < 2; ++i) {
    busy.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) auto span = tracer.start("busy", tt::kv{"a", 1});
    });
  }
  for (int i = 0; i < 20; ++i) {
    // The exporter's own lock may be held at the fork (what after_fork_in_child is for), so only ours are used here.
    CHECK(in_child([&] {
            for (int n = 0; n < 10; ++n) auto span = tracer.start("child's", tt::kv{"a", 1});
            return std::to_string(tracer.counts().started);
          }) == "10");
  }
  stop = true;
  for (std::thread& each : busy) each.join();
}

#endif
