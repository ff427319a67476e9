#include <telltale/testing/captured_logs.hpp>

#include <atomic>
#include <mutex>
#include <utility>

namespace telltale {
inline namespace v0 {
namespace testing {

class captured_logs::capturing_sink final : public log_sink {
 public:
  void write(const log_line& line) noexcept override {
    const std::lock_guard lock(mutex_);
    try {
      lines_.emplace_back(line.text);
    } catch (...) {
      ++lost_;
    }
  }
  void flush() noexcept override {}
  std::uint64_t lost_lines() const noexcept override { return lost_; }

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    lines_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::atomic<std::uint64_t> lost_{0};
};

captured_logs::captured_logs() : sink_(std::make_shared<capturing_sink>()) {}
captured_logs::~captured_logs() = default;

std::shared_ptr<log_sink> captured_logs::sink() const noexcept { return sink_; }

logger captured_logs::logger(logger_options options) const {
  return v0::logger(sink_, std::move(options));
}

std::vector<std::string> captured_logs::lines() const { return sink_->lines(); }

std::vector<std::string> captured_logs::containing(std::string_view text) const {
  std::vector<std::string> found = sink_->lines();
  std::erase_if(found, [&](const std::string& line) { return line.find(text) == std::string::npos; });
  return found;
}

void captured_logs::clear() { sink_->clear(); }

}  // namespace testing
}  // namespace v0
}  // namespace telltale
