#include "metrics/exemplar_cell.hpp"

#include <telltale/metrics/counter.hpp>
#include <telltale/metrics/histogram.hpp>

#include <bit>
#include <cstring>

#include <time.h>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

constexpr std::uint32_t least_interval_ms = 100;

// The coarse clocks are a read of shared memory, a quarter of the cost of the exact ones, and good to some 4 ms: enough
// to say when an exemplar was taken.
std::uint64_t coarse_ns(clockid_t which) noexcept {
  timespec now{};
  ::clock_gettime(which, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

#if defined(__x86_64__)
// Units of 2^16 ticks of the processor's counter: some 20 us. One instruction, where even a coarse clock takes a call.
std::uint32_t ticks() noexcept { return static_cast<std::uint32_t>(__builtin_ia32_rdtsc() >> 16); }

// Within 100 ms at any frequency that this counter has: how long after one look at the clock the next one is worth it.
constexpr std::uint32_t least_ticks = 1024;
#endif

}  // namespace

void exemplar_cell::write(const span_context& trace, double value) noexcept {
#if defined(__x86_64__)
  const std::uint32_t tick = ticks();
  const std::uint32_t last_check = checked.load(std::memory_order_relaxed);
  if (last_check != 0 && tick - last_check < least_ticks) return;
  checked.store(tick, std::memory_order_relaxed);
#endif
  // Zero means never written, so the clock is kept away from it.
  const auto now_ms = static_cast<std::uint32_t>(coarse_ns(CLOCK_MONOTONIC_COARSE) / 1'000'000u) | 1u;
  const std::uint32_t last = written_ms.load(std::memory_order_relaxed);
  if (last != 0 && now_ms - last < least_interval_ms) return;

  std::uint32_t even = sequence.load(std::memory_order_relaxed);
  if ((even & 1u) != 0) return;  // another thread is writing: its exemplar is as good
  if (!sequence.compare_exchange_strong(even, even + 1, std::memory_order_acquire, std::memory_order_relaxed)) return;
  written_ms.store(now_ms, std::memory_order_relaxed);
  std::array<std::uint64_t, 5> image{};
  std::memcpy(image.data(), trace.trace_id.bytes.data(), 16);
  std::memcpy(image.data() + 2, trace.span_id.bytes.data(), 8);
  image[3] = std::bit_cast<std::uint64_t>(value);
  image[4] = coarse_ns(CLOCK_REALTIME_COARSE);
  // Release on each word: a reader that sees one of them also sees the odd sequence number.
  for (std::size_t i = 0; i < image.size(); ++i) words[i].store(image[i], std::memory_order_release);
  sequence.store(even + 2, std::memory_order_release);
}

exemplar exemplar_cell::read() const noexcept {
  for (int attempt = 0; attempt < 16; ++attempt) {
    const std::uint32_t before = sequence.load(std::memory_order_acquire);
    if (before == 0) return {};
    if ((before & 1u) != 0) continue;
    std::array<std::uint64_t, 5> image;
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = words[i].load(std::memory_order_acquire);
    if (sequence.load(std::memory_order_relaxed) != before) continue;
    exemplar result;
    std::memcpy(result.trace_id.bytes.data(), image.data(), 16);
    std::memcpy(result.span_id.bytes.data(), image.data() + 2, 8);
    result.value = std::bit_cast<double>(image[3]);
    result.timestamp = wall_time{std::chrono::nanoseconds{static_cast<std::int64_t>(image[4])}};
    return result;
  }
  return {};  // being rewritten without pause: the next scrape will have one
}

void record_exemplar(const histogram_layout& layout, slot bucket, double value, const span_context& trace) noexcept {
  if (layout.exemplars == nullptr || (bucket & rejecting) != 0) return;
  layout.exemplars[bucket - layout.first].write(trace, value);
}

const counter_exemplars exemplars_of_nothing{};

void record_exemplar(const counter_exemplars& of, slot where, std::uint64_t amount, const span_context& trace) noexcept {
  if (of.cells == nullptr || (where & rejecting) != 0) return;
  of.cells[where - of.first].write(trace, static_cast<double>(amount));
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
