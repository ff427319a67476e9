#include "logging/descriptor_sink.hpp"

#include "logging/spdlog_sink.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <poll.h>
#include <unistd.h>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

// How long a full non-blocking pipe may hold up the threads that log.
constexpr int patience_ms = 100;

// Writes as much as it can and returns how much that was; errno tells why it is less than all.
std::size_t write_all(int descriptor, std::string_view text) noexcept {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
    } else if (count == 0) {
      errno = ENOSPC;
      break;
    } else if (errno == EAGAIN) {
      pollfd ready{descriptor, POLLOUT, 0};
      if (::poll(&ready, 1, patience_ms) == 0) {
        errno = EAGAIN;
        break;
      }
    } else if (errno != EINTR) {
      break;
    }
  }
  return written;
}

}  // namespace

descriptor_sink::descriptor_sink(int descriptor, ownership owner, std::size_t buffer_size)
    : descriptor_(descriptor), owner_(owner), buffer_size_(buffer_size) {
  pending_.reserve(buffer_size);
}

descriptor_sink::~descriptor_sink() {
  try {
    flush_();
  } catch (const lines_lost&) {
    // Nobody is left to be told.
  }
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
  if (pending_.size() >= buffer_size_ || message.level >= spdlog::level::warn) flush_();
}

void descriptor_sink::flush_() {
  if (pending_lines_ == 0) return;
  const std::string_view text(pending_.data(), pending_.size());
  if (cut_short_ && write_all(descriptor_, "\n") == 1) cut_short_ = false;
  const std::size_t written = cut_short_ ? 0 : write_all(descriptor_, text);
  const int reason = errno;
  const auto whole = static_cast<std::uint64_t>(std::count(text.begin(), text.begin() + written, '\n'));
  const std::uint64_t lost = pending_lines_ - std::min(whole, pending_lines_);
  const bool all = written == text.size();
  if (written != 0) cut_short_ = text[written - 1] != '\n';
  pending_.clear();
  pending_lines_ = 0;
  if (!all) throw lines_lost(lost, "telltale: log lines could not be written", reason);
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
