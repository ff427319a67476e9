#include <telltale/families/labels.hpp>
#include <telltale/families/process.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace telltale {
inline namespace v0 {
namespace families {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

enum class reading : std::size_t {
  cpu,
  cpu_user,
  cpu_system,
  resident,
  virtual_size,
  heap,
  open_fds,
  max_fds,
  threads,
  start_time,
  uptime,
  count
};
using readings = std::array<double, static_cast<std::size_t>(reading::count)>;

double& at(readings& values, reading which) {
  return values[static_cast<std::size_t>(which)];
}

/// The file's text, empty when it cannot be read; /proc's files have no size to ask for.
std::string file_text(const char* path) {
  std::string text;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  std::array<char, 4096> block;
  ssize_t got = 0;
  while ((got = ::read(file, block.data(), block.size())) > 0) text.append(block.data(), static_cast<std::size_t>(got));
  ::close(file);
  return text;
}

double number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  double value = unknown;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The number behind `key` at the beginning of a line.
double number_after(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') return number(text.substr(at + key.size()));
  }
  return unknown;
}

double seconds_on(clockid_t which) {
  timespec now{};
  if (::clock_gettime(which, &now) != 0) return unknown;
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double count_open_fds() {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return unknown;
  double entries = -1;  // the directory's own descriptor
  while (const dirent* entry = ::readdir(directory)) entries += entry->d_name[0] == '.' ? 0 : 1;
  ::closedir(directory);
  return entries;
}

readings read_process() {
  readings values;
  values.fill(unknown);

  // The fields after the command, which may hold spaces and parentheses itself: proc(5) calls the first of them 3.
  const std::string stat = file_text("/proc/self/stat");
  std::string_view rest{stat};
  const std::size_t command_end = rest.rfind(')');
  rest.remove_prefix(command_end == std::string_view::npos ? rest.size() : command_end + 1);
  std::array<double, 53> field;
  field.fill(unknown);
  for (std::size_t i = 3; i < field.size() && !rest.empty(); ++i) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const std::size_t end = std::min(rest.find(' '), rest.size());
    field[i] = number(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  at(values, reading::cpu_user) = field[14] / ticks;
  at(values, reading::cpu_system) = field[15] / ticks;
  at(values, reading::cpu) = (field[14] + field[15]) / ticks;
  at(values, reading::threads) = field[20];
  at(values, reading::virtual_size) = field[23];
  at(values, reading::resident) = field[24] * static_cast<double>(::sysconf(_SC_PAGESIZE));
  const double started_after_boot = field[22] / ticks;
  at(values, reading::uptime) = std::max(0.0, seconds_on(CLOCK_BOOTTIME) - started_after_boot);
  at(values, reading::start_time) = number_after(file_text("/proc/stat"), "btime ") + started_after_boot;

  at(values, reading::heap) = number_after(file_text("/proc/self/status"), "VmData:") * 1024;
  at(values, reading::open_fds) = count_open_fds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) at(values, reading::max_fds) = static_cast<double>(limit.rlim_cur);
  return values;
}

/// Reads once for all metrics of a collection: the metric that asks for the second time begins the next one.
class shared_readings {
 public:
  double get(reading which) {
    const std::lock_guard lock(mutex_);
    bool& given = given_[static_cast<std::size_t>(which)];
    if (given || !filled_) {
      values_ = read_process();
      filled_ = true;
      given_.fill(false);
    }
    given = true;
    return at(values_, which);
  }

 private:
  std::mutex mutex_;
  readings values_{};
  std::array<bool, static_cast<std::size_t>(reading::count)> given_{};
  bool filled_ = false;
};

}  // namespace

process::process(registry& metrics, const process_options& options) {
  readings present = read_process();
  const auto shared = std::make_shared<shared_readings>();

  const auto add = [&](metric_type type, reading which, const std::string& name, const char* help) {
    if (name.empty() || std::isnan(at(present, which))) return;
    const callback_options metric{.name = detail::prefixed(options.prefix, name), .help = help};
    auto read = [shared, which] { return shared->get(which); };
    callbacks_.push_back(type == metric_type::counter ? metrics.counter_callback(metric, std::move(read))
                                                      : metrics.gauge_callback(metric, std::move(read)));
  };

  add(metric_type::counter, reading::cpu, "process_cpu_seconds_total", "User and system CPU time spent.");
  add(metric_type::counter, reading::cpu_user, "process_cpu_user_seconds_total", "User CPU time spent.");
  add(metric_type::counter, reading::cpu_system, "process_cpu_system_seconds_total", "System CPU time spent.");
  add(metric_type::gauge, reading::resident, "process_resident_memory_bytes", "Resident memory.");
  add(metric_type::gauge, reading::virtual_size, "process_virtual_memory_bytes", "Virtual memory.");
  add(metric_type::gauge, reading::heap, "process_heap_bytes", "Private data: heap and mappings.");
  add(metric_type::gauge, reading::open_fds, "process_open_fds", "Open file descriptors.");
  add(metric_type::gauge, reading::max_fds, "process_max_fds", "Most file descriptors that may be open.");
  add(metric_type::gauge, reading::threads, "process_threads", "Threads of the process.");
  add(metric_type::gauge, reading::start_time, "process_start_time_seconds",
      "When the process started, in seconds since the Unix epoch.");
  add(metric_type::gauge, reading::uptime, options.uptime, "How long the process has been running.");
}

}  // namespace families
}  // namespace v0
}  // namespace telltale
