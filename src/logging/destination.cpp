#include <telltale/logging/destination.hpp>

#include "logging/descriptor_sink.hpp"
#include "logging/spdlog_sink.hpp"

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace telltale {
inline namespace v0 {

namespace {

using ownership = detail::descriptor_sink::ownership;

constexpr std::size_t file_buffer = 64 * 1024;
constexpr std::chrono::seconds file_flush_interval{1};
constexpr std::chrono::seconds no_flushing{0};

std::shared_ptr<log_sink> standard_stream(int descriptor) {
  return std::make_shared<detail::spdlog_sink>(
      std::make_shared<detail::descriptor_sink>(descriptor, ownership::borrowed, 0), no_flushing);
}

}  // namespace

result<std::shared_ptr<log_sink>> try_make_log_sink(std::string_view destination) {
  if (destination == "stdout") return standard_stream(STDOUT_FILENO);
  if (destination == "stderr") return standard_stream(STDERR_FILENO);
  if (destination.empty()) {
    return error(error_code::invalid_option,
                 "the log destination is empty: it must be stdout, stderr or the path of a file");
  }
  const std::string path(destination);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return error(error_code::unusable_file,
                 "the log file " + path + " cannot be opened for appending (" +
                     std::generic_category().message(errno) +
                     "): create its folder and let this process write there, or log to stdout");
  }
  return std::shared_ptr<log_sink>(std::make_shared<detail::spdlog_sink>(
      std::make_shared<detail::descriptor_sink>(descriptor, ownership::owned, file_buffer),
      file_flush_interval));
}

std::shared_ptr<log_sink> make_log_sink(std::string_view destination) {
  return try_make_log_sink(destination).value();
}

}  // namespace v0
}  // namespace telltale
