#include "unit/families/fixture.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <utility>

namespace bank {

enum class result { paid, refused, failed, timeout };
constexpr auto error_outcomes(result) {
  return std::array{result::failed, result::timeout};
}
using by_result = tt::label<"result", result>;

}  // namespace bank

namespace {

using bank::by_result;
using bank::result;

struct payouts : observed {
  tt::family<tt::counter, by_result> total = metrics.counter<by_result>({.name = "payouts_total", .help = "Payouts."});
  tt::histogram duration = metrics.histogram({.name = "payout_duration_seconds", .help = "Payouts."});

  auto begin() { return families::operation{traces.start("payout"), total, duration}; }
  double counted(std::string_view which) const { return value(metrics, "payouts_total", {{"result", which}}); }
  std::uint64_t timed() const { return observations(metrics, "payout_duration_seconds"); }
};

/// Begins and ends an operation in its destructor, which may run while an exception is on its way.
struct works_on_the_way_out {
  explicit works_on_the_way_out(payouts& seen) : seen_(seen) {}
  ~works_on_the_way_out() {
    auto payout = seen_.begin();
    payout.end(result::paid);
  }
  payouts& seen_;
};

}  // namespace

TEST_CASE("an operation counts the outcome it was told, times it and ends its span") {
  payouts seen;
  {
    auto payout = seen.begin();
    CHECK(tt::current_span_context() != nullptr);
    payout.end(result::paid);
    CHECK(tt::current_span_context() == nullptr);
  }
  CHECK(seen.counted("paid") == 1);
  CHECK(seen.counted("refused") == 0);
  CHECK(seen.counted("failed") == 0);
  CHECK(seen.timed() == 1);
  const tt::span_data& span = seen.spans.only("payout");
  CHECK(span.status == tt::span_status::unset);
  CHECK(seen.text(span, "result") == "paid");
}

TEST_CASE("a refusal is no error of the span; an error outcome is") {
  payouts seen;
  seen.begin().end(result::refused);
  CHECK(seen.spans.only("payout").status == tt::span_status::unset);
  seen.spans.clear();
  seen.begin().end(result::timeout);
  CHECK(seen.spans.only("payout").status == tt::span_status::error);
  CHECK(seen.counted("timeout") == 1);
}

TEST_CASE("an exception that passes an operation counts as failed and fails the span") {
  payouts seen;
  CHECK_THROWS([&] {
    auto payout = seen.begin();
    throw std::runtime_error("connection reset");
  }());
  CHECK(seen.counted("failed") == 1);
  CHECK(seen.timed() == 1);
  const tt::span_data& span = seen.spans.only("payout");
  CHECK(span.status == tt::span_status::error);
  CHECK(span.status_description == "exception");
}

TEST_CASE("an exception after the end changes nothing: the money has moved") {
  payouts seen;
  CHECK_THROWS([&] {
    auto payout = seen.begin();
    payout.end(result::paid);
    throw std::runtime_error("the answer could not be stored");
  }());
  CHECK(seen.counted("paid") == 1);
  CHECK(seen.counted("failed") == 0);
}

TEST_CASE("an operation that nobody ended counts as failed") {
  payouts seen;
  { auto payout = seen.begin(); }
  CHECK(seen.counted("failed") == 1);
  CHECK(seen.spans.only("payout").status == tt::span_status::error);
  CHECK(seen.spans.only("payout").status_description == "no outcome");
}

TEST_CASE("an operation inside another exception's clean-up is judged by its own") {
  payouts seen;
  CHECK_THROWS([&] {
    works_on_the_way_out later{seen};
    throw std::runtime_error("first");
  }());
  CHECK(seen.counted("paid") == 1);
  CHECK(seen.spans.only("payout").status == tt::span_status::unset);
}

TEST_CASE("an operation ends once, also when it was moved") {
  payouts seen;
  {
    auto payout = seen.begin();
    auto moved = std::move(payout);
    moved.end(result::paid);
    moved.end(result::failed);
  }
  CHECK(seen.counted("paid") == 1);
  CHECK(seen.counted("failed") == 0);
  CHECK(seen.timed() == 1);
  CHECK(seen.spans.all().size() == 1);
}

TEST_CASE("what an operation observes has the operation's own trace as exemplar") {
  payouts seen;
  auto payout = seen.begin();
  const tt::span_context ids = payout.span().context();
  payout.end(result::paid);
  const tt::snapshot values = seen.metrics.collect();
  const tt::series_snapshot* duration = values.find("payout_duration_seconds", {});
  REQUIRE(duration != nullptr);
  std::size_t found = 0;
  for (const tt::exemplar& each : duration->exemplars) {
    if (!each.trace_id.valid()) continue;
    ++found;
    CHECK(each.trace_id == ids.trace_id);
    CHECK(each.span_id == ids.span_id);
  }
  CHECK(found == 1);
}

TEST_CASE("an operation without a sampled span still counts") {
  tt::registry metrics;
  tt::tracer silent;
  auto total = metrics.counter<by_result>({.name = "payouts_total", .help = "Payouts."});
  families::operation{silent.start("payout"), total, tt::histogram{}}.end(result::paid);
  CHECK(value(metrics, "payouts_total", {{"result", "paid"}}) == 1);
}
