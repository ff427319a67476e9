// The tracer: where spans begin. A service has one, owned by `telemetry` and reached with `obs.traces()`; it can
// also be built alone, for instance in a test with `testing::captured_spans`.
//
//   auto span = tracer.start("charge", tt::kv{"amount_minor", 4200});       // current until it ends
//   auto call = tracer.start("POST /v1/charges", {.kind = tt::span_kind::client}, tt::kv{"peer", "stripe"});
#pragma once

#include <telltale/tracing/processor.hpp>
#include <telltale/tracing/sampler.hpp>
#include <telltale/tracing/span.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace telltale {
inline namespace v0 {

namespace detail {
class tracer_core;
}

/// How much a span may hold; what is beyond is dropped and counted on the span.
struct span_limits {
  std::uint32_t attributes = 128;            ///< a span; OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT
  std::uint32_t events = 128;                ///< a span; OTEL_SPAN_EVENT_COUNT_LIMIT
  std::uint32_t links = 128;                 ///< a span; OTEL_SPAN_LINK_COUNT_LIMIT
  std::uint32_t attributes_per_event = 128;  ///< also of a link; OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT
  /// Characters of a text value, the rest is cut off; the default is no limit. OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT
  std::uint32_t value_length = UINT32_MAX;
};

/// The limits that the OTEL_* variables set, laid over the defaults.
TELLTALE_API span_limits span_limits_from_environment(const environment& variables,
                                                      const environment::complaint& complain);

struct tracer_options {
  sampler sampling = sampler::parent_based(sampler::always_on());
  /// Takes the finished spans. Without one nothing is recorded, but spans still have ids, are current and
  /// are passed on with the sampler's decision.
  std::shared_ptr<span_processor> processor{};
  v0::resource resource{};
  span_limits limits{};
  const clock* time = &system_clock();       ///< must outlive every span
  std::optional<std::uint64_t> id_seed{};    ///< for tests alone: ids become a repeatable sequence
};

/// What may be said at the start of a span beside its name and attributes.
struct span_options {
  span_kind kind = span_kind::internal;
  /// The parent; unset, it is what is current on this thread; empty, the span begins a trace of its own.
  std::optional<context> parent{};
  std::span<const span_link> links{};
};

/// Begins spans. Thread safety: all members may be called concurrently. Spans may outlive it: those that end after
/// `shutdown` are counted as dropped. Cost of a span: see docs/performance.md.
class TELLTALE_API tracer {
 public:
  explicit tracer(tracer_options options = {});
  /// Shuts down within 5 seconds unless that was done before.
  ~tracer();
  tracer(const tracer&) = delete;
  tracer& operator=(const tracer&) = delete;

  /// Begins a span and makes it current on this thread until it ends. The name is copied when the span is sampled.
  template <class... Values>
  [[nodiscard]] TELLTALE_SWITCHED span start(std::string_view name, const kv<Values>&... fields) noexcept {
    if constexpr (!detail::enabled) return span{};
    span begun = begin(name, nullptr, true);
    begun.set(fields...);
    return begun;
  }
  template <class... Values>
  [[nodiscard]] TELLTALE_SWITCHED span start(std::string_view name, const span_options& options, const kv<Values>&... fields) noexcept {
    if constexpr (!detail::enabled) return span{};
    span begun = begin(name, &options, true);
    begun.set(fields...);
    return begun;
  }

  /// The same, but what is current stays as it is.
  template <class... Values>
  [[nodiscard]] TELLTALE_SWITCHED span start_detached(std::string_view name, const kv<Values>&... fields) noexcept {
    if constexpr (!detail::enabled) return span{};
    span begun = begin(name, nullptr, false);
    begun.set(fields...);
    return begun;
  }
  template <class... Values>
  [[nodiscard]] TELLTALE_SWITCHED span start_detached(std::string_view name, const span_options& options,
                                    const kv<Values>&... fields) noexcept {
    if constexpr (!detail::enabled) return span{};
    span begun = begin(name, &options, false);
    begun.set(fields...);
    return begun;
  }

  /// Exports everything that ended before the call. False when that did not happen within the time.
  bool flush(std::chrono::nanoseconds timeout) noexcept;
  /// The same, then stops the processor. Idempotent. Later spans keep their ids but are dropped and counted.
  bool shutdown(std::chrono::nanoseconds timeout) noexcept;
  span_counts counts() const noexcept;

 private:
  span begin(std::string_view name, const span_options* options, bool current) noexcept;

  std::shared_ptr<detail::tracer_core> core_;
};

}  // namespace v0
}  // namespace telltale
