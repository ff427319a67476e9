#include <telltale/logging.hpp>
#include <telltale/testing/captured_logs.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tt = telltale;
using nlohmann::json;

namespace {

constexpr int thread_count = 8;
constexpr int lines_each = 2000;

template <class Work>
void on_threads(Work work) {
  std::vector<std::thread> threads;
  for (int index = 0; index < thread_count; ++index) threads.emplace_back([&work, index] { work(index); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("lines of many threads are whole, complete, and in order within a thread") {
  std::string folder = (std::filesystem::temp_directory_path() / "telltale-log-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/service.log";
  {
    const tt::logger log(tt::make_log_sink(path), {.service = "payments"});
    on_threads([&](int index) {
      const tt::logger own = log;
      const std::string padding(static_cast<std::size_t>(index) * 100, 'x');
      for (int n = 0; n < lines_each; ++n) {
        // Levels that write through and levels that gather, and a flush now and then.
        own.log(n % 97 == 0 ? tt::level::warn : tt::level::info, "working \"hard\"\n", tt::kv{"thread", index},
                tt::kv{"n", n}, tt::kv{"padding", padding});
        if (n % 501 == 0) own.flush();
      }
    });
    CHECK(log.statistics().lost == 0);
    CHECK(log.statistics().dropped == 0);
  }
  std::array<int, thread_count> next{};
  int lines = 0;
  bool in_order = true;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text); ++lines) {
    const json line = json::parse(text);
    const auto index = line["thread"].get<std::size_t>();
    in_order = in_order && line["n"] == next[index]++;
  }
  std::filesystem::remove_all(folder);
  CHECK(in_order);
  CHECK(lines == thread_count * lines_each);
}

TEST_CASE("levels, statistics, flush and shutdown may meet lines on other threads") {
  tt::testing::captured_logs logs;
  const tt::logger log = logs.logger();
  on_threads([&](int index) {
    for (int n = 0; n < lines_each; ++n) {
      if (index == 0) log.set_level(n % 2 == 0 ? tt::level::debug : tt::level::warn);
      if (index == 1 && n % 16 == 0) log.flush();
      if (index == 2) static_cast<void>(log.statistics());
      if (index == 3 && n == lines_each / 2) log.shutdown();
      log.error("m", tt::kv{"n", n});
    }
  });
  const tt::logger_statistics numbers = log.statistics();
  const std::uint64_t written = numbers.lines[static_cast<std::size_t>(tt::level::error)];
  CHECK(written + numbers.dropped == std::uint64_t{thread_count} * lines_each);
  CHECK(logs.lines().size() == written);
}

TEST_CASE("a child forked while other threads log can log itself") {
  const tt::logger log(tt::make_log_sink("/dev/null"));
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; ++index) {
    threads.emplace_back([&] {
      while (!done) log.warn("m");
    });
  }
  int failures = 0;
  for (int n = 0; n < 20; ++n) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(30);  // a child that hangs is a failure, not a test that hangs
      for (int line = 0; line < 10; ++line) log.warn("child");
      log.flush();
      ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    failures += status == 0 ? 0 : 1;
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
}
