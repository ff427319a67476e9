#include <telltale/logging.hpp>
#include <telltale/result.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tt = telltale;
using nlohmann::json;

namespace {

// A folder that is gone when the test is.
class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "telltale-log-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// A standard descriptor leads into a pipe while this lives.
class redirected {
 public:
  explicit redirected(int descriptor) : descriptor_(descriptor), before_(::dup(descriptor)) {
    std::fflush(nullptr);
    if (::pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("pipe failed");
    ::dup2(pipe_[1], descriptor_);
  }
  redirected(const redirected&) = delete;
  redirected& operator=(const redirected&) = delete;
  ~redirected() {
    restore();
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  // One read takes what is there: with one write a line, everything that was written.
  std::string read_available() const {
    char buffer[65536];
    const ssize_t size = ::read(pipe_[0], buffer, sizeof buffer);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
  }
  void restore() {
    if (before_ < 0) return;
    ::dup2(before_, descriptor_);
    ::close(before_);
    before_ = -1;
  }

 private:
  int descriptor_;
  int before_;
  int pipe_[2];
};

std::vector<json> parsed_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("a standard stream gets each line at once, ended by a newline") {
  const auto [name, descriptor] = GENERATE(table<std::string, int>({{"stdout", 1}, {"stderr", 2}}));
  std::string first;
  std::string second;
  {
    redirected stream(descriptor);
    const tt::logger log(tt::make_log_sink(name), {.service = "payments"});
    log.info("one");
    first = stream.read_available();
    log.info("two");
    second = stream.read_available();
  }
  REQUIRE(first.ends_with("}\n"));
  CHECK(json::parse(first)["msg"] == "one");
  CHECK(json::parse(second)["msg"] == "two");
}

TEST_CASE("a full pipe loses lines and counts them, and logging resumes") {
  std::uint64_t lost = 0;
  std::uint64_t lost_later = 0;
  {
    redirected stream(1);
    const tt::logger log(tt::make_log_sink("stdout"));
    const std::string long_text(40'000, 'x');  // the pipe holds 64 KiB
    log.info(long_text);
    log.info(long_text);
    lost = log.statistics().lost;
    while (!stream.read_available().empty()) {
    }
    log.info("resumed");
    const std::string rest = stream.read_available();
    lost_later = log.statistics().lost;
    stream.restore();
    // The line that was cut short is ended before the next one begins.
    REQUIRE(rest.starts_with("\n{"));
    CHECK(json::parse(rest)["msg"] == "resumed");
  }
  CHECK(lost == 1);
  CHECK(lost_later == 1);
}

TEST_CASE("a file has every line after flush, and a second logger appends to it") {
  const temporary_folder folder;
  const std::string path = folder / "service.log";
  const tt::logger log(tt::make_log_sink(path));
  log.info("one", tt::kv{"n", 1});
  log.info("two", tt::kv{"n", 2});
  log.flush();
  CHECK(parsed_lines(path).size() == 2);
  {
    const tt::logger second(tt::make_log_sink(path));
    second.info("three", tt::kv{"n", 3});
  }
  const std::vector<json> lines = parsed_lines(path);  // the destructor wrote the last
  REQUIRE(lines.size() == 3);
  CHECK(lines[2]["n"] == 3);
}

TEST_CASE("a line of level warn is in the file at once, with those before it") {
  const temporary_folder folder;
  const std::string path = folder / "service.log";
  const tt::logger log(tt::make_log_sink(path));
  log.info("one");
  log.warn("two");
  const std::vector<json> lines = parsed_lines(path);
  REQUIRE(lines.size() >= 2);
  CHECK(lines[0]["msg"] == "one");
  CHECK(lines[1]["level"] == "warn");
}

TEST_CASE("a quiet file gets its lines without a flush") {
  const temporary_folder folder;
  const std::string path = folder / "service.log";
  const tt::logger log(tt::make_log_sink(path));
  log.info("alone");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (parsed_lines(path).empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  CHECK(parsed_lines(path).size() == 1);
}

TEST_CASE("shutdown leaves every line in the file") {
  const temporary_folder folder;
  const std::string path = folder / "service.log";
  const tt::logger log(tt::make_log_sink(path));
  log.info("one");
  log.shutdown();
  log.info("two");
  CHECK(parsed_lines(path).size() == 1);
  CHECK(log.statistics().dropped == 1);
}

TEST_CASE("lines that a full disk refuses are counted, each one") {
  const tt::logger log(tt::make_log_sink("/dev/full"));
  log.info("one");
  log.info("two");
  log.flush();
  CHECK(log.statistics().lost == 2);
  log.error("three");
  CHECK(log.statistics().lost == 3);
}

TEST_CASE("a forked child logs to the same file, and what was logged before the fork is there once") {
  const temporary_folder folder;
  const std::string path = folder / "service.log";
  {
    const tt::logger log(tt::make_log_sink(path));
    log.info("before");
    const pid_t child = ::fork();
    if (child == 0) {
      log.warn("child");
      ::_exit(log.statistics().lost == 0 ? 0 : 1);
    }
    REQUIRE(child > 0);
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    log.info("parent");
  }
  std::vector<std::string> messages;
  for (const json& line : parsed_lines(path)) messages.push_back(line["msg"]);
  CHECK(messages == std::vector<std::string>{"before", "child", "parent"});
}

TEST_CASE("a file that cannot be opened is refused with its path, the reason and the remedy") {
  const temporary_folder folder;
  const std::string path = folder / "missing/service.log";
  const auto sink = tt::try_make_log_sink(path);
  REQUIRE_FALSE(sink);
  CHECK(sink.error().code() == tt::error_code::unusable_file);
  CHECK(std::string(sink.error().what()) ==
        "telltale error 401: the log file " + path +
            " cannot be opened for appending (No such file or directory): create its folder and let this "
            "process write there, or log to stdout");
  CHECK_THROWS_AS(tt::make_log_sink(path), tt::error);
  CHECK(tt::try_make_log_sink("").error().code() == tt::error_code::invalid_option);
}

TEST_CASE("a log file is not readable for everybody") {
  const temporary_folder folder;
  const std::string path = folder / "service.log";
  const auto sink = tt::make_log_sink(path);
  const auto mode = std::filesystem::status(path).permissions();
  CHECK((mode & std::filesystem::perms::others_all) == std::filesystem::perms::none);
}
