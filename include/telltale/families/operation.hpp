// An operation guard: span, timer and outcome counter in one object that cannot forget the outcome. Every way out of a
// block is counted once: with what `end` was told; as failed when an exception passes; as failed, too, when nothing
// was said, because an operation whose end nobody looked at is not known to have worked.
//
//   auto payouts = obs.metrics().counter<by_result>({.name = "payouts_total", .help = "Payouts by result."});
//   auto duration = obs.metrics().histogram({.name = "payout_duration_seconds", .help = "Bank call to answer."});
//
//   tt::families::operation payout{obs.traces().start("payout"), payouts, duration};
//   payout.span().set(tt::kv{"payment_id", id});
//   const answer got = bank.send(...);               // throws: result="failed", span error
//   payout.end(got.accepted ? result::paid : result::refused);
//
// The packs' guards (requests, provider calls, settlements) are this class with more labels. families/labels.hpp
// says what makes an enum an outcome.
#pragma once

#include <telltale/families/labels.hpp>
#include <telltale/tracing.hpp>

#include <chrono>
#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>

namespace telltale {
inline namespace v0 {

namespace detail {

/// Counts in a family with one outcome label, and observes.
template <class Label>
struct count_and_time {
  family<counter, Label> counted;
  histogram timed;

  TELLTALE_SWITCHED void operator()(span& traced, typename Label::value_type outcome, std::chrono::nanoseconds elapsed) const noexcept {
    traced.set(kv{Label::name(), outcome});
    timed.observe(elapsed);
    counted.with(outcome).inc();
  }
};

}  // namespace detail

namespace families {

/// Calls `record(span&, Outcome, std::chrono::nanoseconds)` once, when the operation ends and before its span does, so
/// that what is observed there carries the span's trace as its exemplar. `Record` holds handles, must not throw, and
/// refers to nothing that may be gone by then.
/// Thread safety: one thread at a time; it may be moved to another thread and end there (start its span detached then).
/// Cost: the span, and the counter and the histogram that are recorded, plus two clock readings of some 20 ns each; no
/// allocation of its own.
template <class Outcome, class Record>
class [[nodiscard]] operation {
  static_assert(detail::outcome<Outcome>,
                "an operation ends with an outcome: say beside the enum which of its values are errors: constexpr auto "
                "error_outcomes(result) { return std::array{result::failed}; }");

 public:
  TELLTALE_SWITCHED operation(v0::span begun, Record record) noexcept
      : span_(std::move(begun)), record_(std::move(record)), running_(detail::enabled) {
    if constexpr (!detail::enabled) return;
    exceptions_ = std::uncaught_exceptions();
    start_ = std::chrono::steady_clock::now();
  }

  /// Counts by the only label, which is the outcome.
  template <class Label>
  TELLTALE_SWITCHED operation(v0::span begun, const family<counter, Label>& counted, histogram timed) noexcept
      : operation(std::move(begun), Record{counted, timed}) {}

  operation(operation&& other) noexcept
      : span_(std::move(other.span_)),
        record_(std::move(other.record_)),
        start_(other.start_),
        exceptions_(other.exceptions_),
        running_(std::exchange(other.running_, false)) {}
  operation& operator=(operation&&) = delete;

  TELLTALE_SWITCHED ~operation() {
    if (detail::enabled && running_) finish(detail::outcome_traits<Outcome>::failed, exception_passes() ? "exception" : "no outcome");
  }

  /// The span, for attributes, events and links; it is current until the operation ends.
  v0::span& span() noexcept { return span_; }

  std::chrono::nanoseconds elapsed() const noexcept { return std::chrono::steady_clock::now() - start_; }

  /// The operation is over, here and now: counts, observes and ends the span. Later calls do nothing.
  TELLTALE_SWITCHED void end(Outcome outcome) noexcept {
    if (detail::enabled && running_) finish(outcome, {});
  }

 private:
  // More than at the start: the operation may itself be part of an exception's clean-up.
  bool exception_passes() const noexcept { return std::uncaught_exceptions() > exceptions_; }

  TELLTALE_SWITCHED void finish(Outcome outcome, std::string_view problem) noexcept {
    running_ = false;
    const std::chrono::nanoseconds took = elapsed();
    if (detail::outcome_traits<Outcome>::is_error(outcome)) span_.set_status(span_status::error, problem);
    record_(span_, outcome, took);
    span_.end();
  }

  v0::span span_;
  Record record_;
  std::chrono::steady_clock::time_point start_{};
  int exceptions_ = 0;
  bool running_;
};

template <class Label>
operation(span, family<counter, Label>, histogram)
    -> operation<typename Label::value_type, detail::count_and_time<Label>>;

}  // namespace families
}  // namespace v0
}  // namespace telltale
