// Samplers decide, when a trace begins, whether its spans are recorded. The default is OpenTelemetry's
// "parentbased_always_on": a request follows the caller's decision, and a trace that begins here is recorded.
#pragma once

#include <telltale/config.hpp>
#include <telltale/tracing/span_context.hpp>

#include <array>
#include <bit>
#include <cstdint>

namespace telltale {
inline namespace v0 {

/// Which traces are recorded. Thread safety: an immutable value. Cost: a decision is some ten instructions, no call.
class sampler {
 public:
  static constexpr sampler always_on() noexcept { return sampler{0, false}; }
  static constexpr sampler always_off() noexcept { return sampler{never, false}; }

  /// This share of all traces, from 0 to 1; outside values are clamped, NaN counts as 0. The decision is taken from the
  /// low 56 bits of the trace id, as W3C Trace Context level 2 and OpenTelemetry's consistent sampling define it, so
  /// that every service with the same ratio keeps the same traces, and one with a greater ratio keeps those and more.
  TELLTALE_API static sampler ratio(double share) noexcept;

  /// The parent's decision where there is a parent, here or in another process; otherwise `root` decides.
  static constexpr sampler parent_based(const sampler& root) noexcept { return sampler{root.threshold_, true}; }

  /// Whether a span is recorded. `parent` is null or invalid for the first span of a trace.
  constexpr bool decide(const trace_id& trace, const span_context* parent) const noexcept {
    if (follows_parent_ && parent != nullptr && parent->valid()) return parent->sampled();
    auto low = std::bit_cast<std::array<std::uint64_t, 2>>(trace.bytes)[1];
    if constexpr (std::endian::native == std::endian::little) low = __builtin_bswap64(low);
    return (low & (never - 1)) >= threshold_;
  }

 private:
  static constexpr std::uint64_t never = std::uint64_t{1} << 56;

  constexpr sampler(std::uint64_t threshold, bool follows_parent) noexcept
      : threshold_(threshold), follows_parent_(follows_parent) {}

  std::uint64_t threshold_;  // a trace is kept when its low 56 bits are not below this
  bool follows_parent_;
};

/// The sampler that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG name: always_on, always_off, traceidratio,
/// parentbased_always_on, parentbased_always_off or parentbased_traceidratio (the argument is a ratio from 0 to 1,
/// default 1). Unset: parentbased_always_on. For an unknown name or a bad ratio `complain` is called and the
/// default is used.
TELLTALE_API sampler sampler_from_environment(const environment& variables, const environment::complaint& complain);

}  // namespace v0
}  // namespace telltale
