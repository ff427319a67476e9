#include <telltale/logging/destination.hpp>

#include "logging/descriptor_sink.hpp"
#include "logging/spdlog_sink.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace telltale {
inline namespace v0 {

namespace {

using ownership = detail::descriptor_sink::ownership;

constexpr std::size_t file_buffer = 64 * 1024;
constexpr std::chrono::seconds file_patience{1};

class descriptor_log_sink final : public detail::spdlog_sink {
 public:
  explicit descriptor_log_sink(std::shared_ptr<detail::descriptor_sink> target)
      : spdlog_sink(target), target_(std::move(target)) {}

  std::uint64_t lost_lines() const noexcept override {
    return spdlog_sink::lost_lines() + target_->lost_lines();
  }

 private:
  std::shared_ptr<detail::descriptor_sink> target_;
};

std::shared_ptr<log_sink> sink_over(int descriptor, ownership owner, std::size_t buffer_size) {
  return std::make_shared<descriptor_log_sink>(
      std::make_shared<detail::descriptor_sink>(descriptor, owner, buffer_size, file_patience));
}

}  // namespace

result<std::shared_ptr<log_sink>> try_make_log_sink(std::string_view destination) {
  if (destination == "stdout") return sink_over(STDOUT_FILENO, ownership::borrowed, 0);
  if (destination == "stderr") return sink_over(STDERR_FILENO, ownership::borrowed, 0);
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
  return sink_over(descriptor, ownership::owned, file_buffer);
}

std::shared_ptr<log_sink> make_log_sink(std::string_view destination) {
  return try_make_log_sink(destination).value();
}

}  // namespace v0
}  // namespace telltale
