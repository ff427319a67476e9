// From a log call to the text of its line. Private: what a line looks like is documented in logging/logger.hpp.
#pragma once

#include <telltale/attributes.hpp>
#include <telltale/clock.hpp>
#include <telltale/logging/levels.hpp>
#include <telltale/tracing/span_context.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Everything a line is made of.
struct log_record {
  level severity;
  wall_time time;
  std::string_view message;
  std::string_view service_member;  // `,"service":"payments"` as it stands in the line, or empty
  const span_context* context;      // null when there is no current span
  std::span<const attribute> fields;
};

/// A record as text, without a newline. Room for the worst case is made first, so that nothing is checked while
/// writing; the usual line needs no memory from the heap. The constructor throws only std::bad_alloc.
class formatted_line {
 public:
  explicit formatted_line(const log_record& record);
  formatted_line(const formatted_line&) = delete;
  formatted_line& operator=(const formatted_line&) = delete;

  std::string_view text() const noexcept { return {begin_, size_}; }

 private:
  char inline_[2048];
  std::unique_ptr<char[]> heap_;
  const char* begin_;
  std::size_t size_;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
