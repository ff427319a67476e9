// Processors: what happens to a span between its end and its export. The one that services use is
// `batch_span_processor`: a bounded queue and one thread of its own, so that the code which ends a span never
// waits for a network or a disk.
#pragma once

#include <telltale/config.hpp>
#include <telltale/detail/event_hook.hpp>
#include <telltale/tracing/exporter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace telltale {
inline namespace v0 {

namespace detail {
class batch_state;
struct recycle_span {
  TELLTALE_API void operator()(const span_data* span) const noexcept;
};
}  // namespace detail

/// Owns one finished span; destroying it gives its memory back for the next one.
using finished_span = std::unique_ptr<const span_data, detail::recycle_span>;

/// Totals since the start. Every recorded span is counted once in what became of it:
/// started = still open + dropped_after_fork + queue_depth + being exported + exported + failed + the other dropped_*.
struct span_counts {
  std::uint64_t started = 0;                 ///< recorded spans begun (spans that are not sampled are not recorded)
  std::uint64_t queued = 0;                  ///< accepted by the processor
  std::uint64_t exported = 0;                ///< delivered to the exporter, which said success
  std::uint64_t failed = 0;                  ///< the exporter said failure or threw
  std::uint64_t dropped_queue_full = 0;      ///< ended while the queue was full
  std::uint64_t dropped_after_shutdown = 0;  ///< ended after shutdown
  std::uint64_t dropped_at_shutdown = 0;     ///< still queued, or being exported, when a shutdown ran out of time
  std::uint64_t dropped_after_fork = 0;      ///< open at a fork and ended in the child: they are the parent's to export
  std::uint64_t queue_depth = 0;             ///< waiting now
};

/// What a tracer hands finished spans to. Thread safety: all members may be called concurrently.
class TELLTALE_API span_processor {
 public:
  virtual ~span_processor();

  /// Takes one finished span. Must not block for long: runs on the thread that ended the span.
  virtual void on_end(finished_span span) noexcept = 0;
  /// Exports everything that ended before the call. False when that did not happen within the time.
  virtual bool flush(std::chrono::nanoseconds timeout) noexcept = 0;
  /// The same, then stops; later spans are dropped and counted. The first call does the work, later ones wait with it.
  virtual bool shutdown(std::chrono::nanoseconds timeout) noexcept = 0;
  virtual span_counts counts() const noexcept = 0;
};

/// Each option: unit, default, OpenTelemetry's variable.
struct batch_options {
  std::size_t max_queue = 2048;                      ///< spans waiting at most; OTEL_BSP_MAX_QUEUE_SIZE
  std::size_t max_batch = 512;                       ///< spans an export, cut to max_queue; OTEL_BSP_MAX_EXPORT_BATCH_SIZE
  std::chrono::milliseconds delay{5000};             ///< longest wait before an export; OTEL_BSP_SCHEDULE_DELAY
  std::shared_ptr<detail::event_hook> problems{};    ///< told when exports fail or spans are dropped
};

/// The options with what the OTEL_BSP_* variables say laid over `defaults`.
TELLTALE_API batch_options batch_options_from_environment(const environment& variables,
                                                          const environment::complaint& complain,
                                                          batch_options defaults = {});

/// A bounded queue and one thread ("telltale-spans") that exports when a batch is full or the delay has passed. A
/// full queue drops the newest span and counts it; `on_end` never waits for the exporter. An exporter that throws
/// is counted; one that blocks for ever costs its thread, which shutdown leaves behind at its deadline together with
/// everything that it uses. The thread does not trace itself.
///
/// Fork: the child starts with an empty queue (the parent exports what was waiting), counts from zero, and a
/// thread of its own that starts with its first span. Cost: an uncontended mutex a span; the queue's memory.
class TELLTALE_API batch_span_processor final : public span_processor {
 public:
  /// Throws `error` invalid_option when there is no exporter or a size is zero.
  explicit batch_span_processor(std::unique_ptr<span_exporter> exporter, batch_options options = {});
  /// Shuts down within 5 seconds unless that was done before.
  ~batch_span_processor() override;
  batch_span_processor(const batch_span_processor&) = delete;
  batch_span_processor& operator=(const batch_span_processor&) = delete;

  void on_end(finished_span span) noexcept override;
  bool flush(std::chrono::nanoseconds timeout) noexcept override;
  bool shutdown(std::chrono::nanoseconds timeout) noexcept override;
  span_counts counts() const noexcept override;

 private:
  std::unique_ptr<detail::batch_state> state_;
};

}  // namespace v0
}  // namespace telltale
