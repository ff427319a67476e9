// For users' tests: finished spans, in memory, at once.
//
//   tt::testing::captured_spans captured;
//   tt::tracer tracer{{.processor = captured.processor()}};
//   charge(tracer);
//   REQUIRE(captured.only("charge").status == tt::span_status::error);
//
// A span is there as soon as it has ended, on whatever thread: no waiting, no flush.
#pragma once

#include <telltale/tracing/processor.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace testing {

/// Keeps every span that its processor receives. Thread safety: all members may be called concurrently; a reference
/// to a span is good until `clear` or the end of this object. Cost: the spans' memory.
class TELLTALE_API captured_spans {
 public:
  captured_spans();
  ~captured_spans();
  captured_spans(const captured_spans&) = delete;
  captured_spans& operator=(const captured_spans&) = delete;

  /// For `tracer_options`. May outlive this object; spans that end then are dropped.
  std::shared_ptr<span_processor> processor() const;

  /// All of them, in the order in which they ended.
  std::vector<const span_data*> all() const;
  std::vector<const span_data*> named(std::string_view name) const;
  /// The only span of that name; throws std::runtime_error, which lists the names there are, when there is not
  /// exactly one.
  const span_data& only(std::string_view name) const;
  void clear();

 private:
  class memory;
  std::shared_ptr<memory> memory_;
};

/// The attribute's value, or nothing when the span does not have it.
TELLTALE_API std::optional<attribute_value> attribute_of(const span_data& span, std::string_view key);

}  // namespace testing
}  // namespace v0
}  // namespace telltale
