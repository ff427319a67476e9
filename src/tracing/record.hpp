// A span while it is being recorded: the `span_data` that exporters will see, and the memory behind its views.
// Records are recycled, with their memory, so that a span in the steady state allocates nothing.
#pragma once

#include "base/fork.hpp"

#include <telltale/tracing/tracer.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Text and lists of one span. What it gives out stays where it is until `clear`.
class span_arena {
 public:
  span_arena() noexcept = default;
  span_arena(const span_arena&) = delete;
  span_arena& operator=(const span_arena&) = delete;

  /// Both throw std::bad_alloc.
  std::string_view copy(std::string_view text) {
    char* copied = reinterpret_cast<char*>(at_);
    if (text.size() <= static_cast<std::size_t>(end_ - at_)) {
      at_ += text.size();
    } else {
      copied = reinterpret_cast<char*>(take(text.size(), 1));
    }
    std::copy_n(text.data(), text.size(), copied);
    return {copied, text.size()};
  }
  std::span<attribute> make_list(std::size_t size);
  void clear() noexcept;

 private:
  std::byte* take(std::size_t size, std::size_t alignment);

  static constexpr std::size_t block_size = 2048;

  alignas(attribute) std::byte first_[512];
  std::byte* at_ = first_;
  std::byte* end_ = first_ + sizeof first_;
  std::vector<std::unique_ptr<std::byte[]>> more_;
};

struct span_record : span_data {
  std::shared_ptr<tracer_core> core;
  steady_time begun{};
  std::uint32_t forks = 0;      // fork_count() at the start
  int uncaught_exceptions = 0;  // at the start
  std::vector<attribute> attribute_list;
  std::vector<span_event> event_list;
  std::vector<span_link> link_list;
  span_arena arena;
  span_record* next = nullptr;  // in the pool

  void set(std::span<const attribute> fields) noexcept;
  void add_event(std::string_view event_name, std::span<const attribute> fields) noexcept;
  void add_link(const span_link& link) noexcept;
  void set_status(span_status wanted, std::string_view description) noexcept;
  void rename(std::string_view wanted) noexcept;
  /// Fills in the views that exporters read.
  void seal(steady_time ended) noexcept;
  /// Forgets the span and keeps the memory.
  void clear() noexcept;

 private:
  attribute_value keep(const attribute_value& value);
  std::span<const attribute> keep(std::span<const attribute> fields);
};

/// What spans and their tracer share. Lives as long as any of them.
class tracer_core final : public std::enable_shared_from_this<tracer_core>, fork_participant {
 public:
  explicit tracer_core(tracer_options options);
  ~tracer_core();
  tracer_core(const tracer_core&) = delete;
  tracer_core& operator=(const tracer_core&) = delete;

  const tracer_options& options() const noexcept { return options_; }

  /// An empty record, counted as started; null when there is no memory.
  span_record* take() noexcept;
  void give(span_record* record) noexcept;
  void count_drop_after_fork() noexcept;
  span_counts counts() const noexcept;

  /// 64 bits for an id that are the next of a sequence: for tests that asked for one, and when a thread has no
  /// random numbers because there is no memory.
  std::uint64_t sequence_bits() noexcept;

 private:
  void before_fork() noexcept override { mutex_.lock(); }
  void after_fork_in_parent() noexcept override { mutex_.unlock(); }
  void after_fork_in_child() noexcept override;

  static constexpr std::size_t max_spare = 2048;

  const tracer_options options_;
  std::atomic<std::uint64_t> id_sequence_;
  mutable std::mutex mutex_;
  span_record* spare_ = nullptr;
  std::size_t spare_count_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t dropped_after_fork_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
