#include "logging/spdlog_sink.hpp"

#include <spdlog/formatter.h>

#include <csignal>
#include <utility>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

class finished_line_formatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    out.append(message.payload.begin(), message.payload.end());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<finished_line_formatter>();
  }
};

constexpr spdlog::level::level_enum to_spdlog(level severity) noexcept {
  // spdlog has the same ladder, with "critical" for "fatal".
  static_assert(static_cast<int>(level::trace) == SPDLOG_LEVEL_TRACE);
  static_assert(static_cast<int>(level::fatal) == SPDLOG_LEVEL_CRITICAL);
  return static_cast<spdlog::level::level_enum>(severity);
}

// While it lives, threads are started with all signals blocked: signals belong to the program's own threads.
class signals_blocked {
 public:
  signals_blocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;
  ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// Runs a step of the target's and returns how many lines it lost.
template <class Step>
std::uint64_t losses_of(Step step, std::uint64_t at_hand) noexcept {
  try {
    step();
    return 0;
  } catch (const lines_lost& loss) {
    return loss.count();
  } catch (...) {
    return at_hand;
  }
}

}  // namespace

spdlog_sink::spdlog_sink(std::shared_ptr<spdlog::sinks::sink> target, std::chrono::seconds flush_interval)
    : target_(std::move(target)) {
  target_->set_formatter(std::make_unique<finished_line_formatter>());
  if (flush_interval <= std::chrono::seconds::zero()) return;
  const signals_blocked for_the_thread;
  flusher_ = std::make_unique<spdlog::details::periodic_worker>([this] { flush(); }, flush_interval);
}

void spdlog_sink::write(const log_line& line) noexcept {
  spdlog::details::log_msg message;
  message.level = to_spdlog(line.severity);
  message.time = std::chrono::time_point_cast<spdlog::log_clock::duration>(line.time);
  message.payload = {line.text.data(), line.text.size()};
  const std::uint64_t lost = losses_of([&] { target_->log(message); }, 1);
  if (lost != 0) lost_.fetch_add(lost, std::memory_order_relaxed);
}

void spdlog_sink::flush() noexcept {
  // A foreign sink that cannot flush does not say how many lines that concerns; at least one.
  const std::uint64_t lost = losses_of([&] { target_->flush(); }, 1);
  if (lost != 0) lost_.fetch_add(lost, std::memory_order_relaxed);
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
