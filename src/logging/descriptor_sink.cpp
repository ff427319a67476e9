#include "logging/descriptor_sink.hpp"

#include "base/background_thread.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

// How long a full non-blocking pipe may hold up the threads that log.
constexpr int longest_stall_ms = 100;

// Writes as much as it can and returns how much that was.
std::size_t write_all(int descriptor, std::string_view text) noexcept {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
    } else if (count < 0 && errno == EAGAIN) {
      pollfd ready{descriptor, POLLOUT, 0};
      if (::poll(&ready, 1, longest_stall_ms) == 0) break;
    } else if (count == 0 || errno != EINTR) {
      break;
    }
  }
  return written;
}

}  // namespace

descriptor_sink::descriptor_sink(int descriptor, ownership owner, std::size_t buffer_size,
                                 std::chrono::milliseconds patience)
    : descriptor_(descriptor), owner_(owner), buffer_size_(buffer_size), patience_(patience) {
  pending_.reserve(buffer_size);
  join_forks(*this);
}

descriptor_sink::~descriptor_sink() {
  leave_forks(*this);
  if (flusher_) {
    {
      const std::lock_guard lock(mutex_);
      flusher_->stopping = true;
    }
    flusher_->wake.notify_one();
    flusher_->thread.join();
  }
  write_out();
  if (owner_ == ownership::owned) ::close(descriptor_);
}

void descriptor_sink::sink_it_(const spdlog::details::log_msg& message) {
  const std::size_t before = pending_.size();
  try {
    formatter_->format(message, pending_);
  } catch (...) {
    pending_.resize(before);  // never the beginning of a line without its end
    throw;
  }
  ++pending_lines_;
  if (pending_.size() >= buffer_size_ || message.level >= spdlog::level::warn || !start_flusher()) {
    write_out();
  }
}

void descriptor_sink::write_out() noexcept {
  if (pending_lines_ == 0) return;
  const std::string_view text(pending_.data(), pending_.size());
  if (cut_short_ && write_all(descriptor_, "\n") == 1) cut_short_ = false;
  const std::size_t written = cut_short_ ? 0 : write_all(descriptor_, text);
  if (written != 0) cut_short_ = text[written - 1] != '\n';
  if (written != text.size()) {
    const auto whole = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(written), '\n');
    lost_.fetch_add(pending_lines_ - static_cast<std::uint64_t>(whole), std::memory_order_relaxed);
  }
  pending_.clear();
  pending_lines_ = 0;
}

// Started with the first line that waits, in a forked child again; false when there can be no thread.
bool descriptor_sink::start_flusher() noexcept {
  if (flusher_) return true;
  try {
    auto starting = std::make_unique<flusher>();
    starting->thread = start_background_thread("telltale-log", [this, own = starting.get()] { run_flusher(*own); });
    flusher_ = std::move(starting);
    return true;
  } catch (...) {
    return false;
  }
}

void descriptor_sink::run_flusher(flusher& own) {
  std::unique_lock lock(mutex_);
  while (!own.wake.wait_for(lock, patience_, [&] { return own.stopping; })) write_out();
}

void descriptor_sink::before_fork() noexcept {
  mutex_.lock();
  write_out();
}

void descriptor_sink::after_fork_in_child() noexcept {
  // Its thread does not exist here and can be neither joined nor told to stop.
  static_cast<void>(flusher_.release());
  mutex_.unlock();
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
