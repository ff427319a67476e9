// What the two servers of this example share as processes: options on the command line, stop signals, and the file
// that tells scripts which ports were taken.
#pragma once

#include <pthread.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace payments {

/// A mistake on the command line: print it and leave with 2.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `--name value` or `--name=value`. Options that are not declared are refused; --help prints the declared ones.
class command_line {
 public:
  struct option {
    std::string_view name;  ///< without the dashes
    std::string_view default_value;
    std::string_view meaning;
  };

  command_line(int argc, char** argv, std::string_view purpose, std::initializer_list<option> options) {
    for (const option& known : options) values_.emplace(known.name, known.default_value);
    for (int i = 1; i < argc; ++i) {
      std::string_view argument = argv[i];
      if (argument == "--help" || argument == "-h") {
        std::printf("%.*s\n\n", static_cast<int>(purpose.size()), purpose.data());
        for (const option& known : options) {
          std::printf("  --%-20.*s %.*s [%.*s]\n", static_cast<int>(known.name.size()), known.name.data(),
                      static_cast<int>(known.meaning.size()), known.meaning.data(),
                      static_cast<int>(known.default_value.size()), known.default_value.data());
        }
        std::exit(0);
      }
      if (!argument.starts_with("--")) throw usage_error("not an option: " + std::string(argument));
      argument.remove_prefix(2);
      const std::size_t equals = argument.find('=');
      const auto found = values_.find(argument.substr(0, equals));
      if (found == values_.end()) throw usage_error("unknown option --" + std::string(argument) + " (see --help)");
      if (equals != std::string_view::npos) {
        found->second = argument.substr(equals + 1);
      } else if (i + 1 < argc) {
        found->second = argv[++i];
      } else {
        throw usage_error("--" + std::string(argument) + " needs a value");
      }
    }
  }

  const std::string& text(std::string_view name) const { return values_.find(name)->second; }

  double number(std::string_view name, double low, double high) const {
    const std::string& value = text(name);
    double parsed = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (problem != std::errc{} || end != value.data() + value.size() || !(parsed >= low && parsed <= high)) {
      throw usage_error("--" + std::string(name) + " must be a number from " + std::to_string(low) + " to " +
                        std::to_string(high) + ", not \"" + value + "\"");
    }
    return parsed;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// "127.0.0.1:8080" as host and port.
inline std::pair<std::string, int> split_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  int port = -1;
  if (colon != std::string::npos) {
    const char* end = address.data() + address.size();
    const auto [stopped, problem] = std::from_chars(address.data() + colon + 1, end, port);
    if (problem != std::errc{} || stopped != end) port = -1;
  }
  if (port < 0 || port > 65535) throw usage_error("not an address (host:port): \"" + address + "\"");
  return {address.substr(0, colon), port};
}

/// Makes SIGINT and SIGTERM wait for `wait_for_stop`. Call it first in `main`: threads inherit it.
class stop_signals {
 public:
  stop_signals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  /// Whether one came within the time.
  bool stopped_within(std::chrono::milliseconds time) const {
    const timespec limit{time.count() / 1000, (time.count() % 1000) * 1'000'000};
    return sigtimedwait(&signals_, nullptr, &limit) > 0;
  }

  /// Returns the signal's name when it has come. A second one then ends the process at once, as people expect.
  const char* wait_for_stop() const {
    int received = 0;
    sigwait(&signals_, &received);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    return received == SIGINT ? "SIGINT" : "SIGTERM";
  }

 private:
  sigset_t signals_;
};

/// Writes "name address" lines, whole or not at all: a script waits until the file is there.
inline void write_port_file(const std::string& path,
                            std::initializer_list<std::pair<std::string_view, std::string_view>> addresses) {
  if (path.empty()) return;
  const std::string unfinished = path + ".new";
  std::ofstream file(unfinished, std::ios::trunc);
  for (const auto& [name, address] : addresses) file << name << ' ' << address << '\n';
  file.close();
  if (!file || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    throw usage_error("cannot write the port file " + path);
  }
}

}  // namespace payments
