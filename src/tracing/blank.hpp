// Optional white space around header values. Private to tracing.
#pragma once

#include <string_view>

namespace telltale {
inline namespace v0 {
namespace detail {

inline std::string_view without_blanks(std::string_view text) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
