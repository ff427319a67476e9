// From a log call to the text of its line. Private: what a line looks like is documented in logging/logger.hpp.
#pragma once

#include <telltale/attributes.hpp>
#include <telltale/clock.hpp>
#include <telltale/logging/levels.hpp>
#include <telltale/tracing/span_context.hpp>

#include <span>
#include <string>
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

/// Appends the line without a newline. Throws only std::bad_alloc.
void append_log_line(std::string& out, const log_record& record);

}  // namespace detail
}  // namespace v0
}  // namespace telltale
