// Comparing what HTTP calls case-insensitive, without a locale. Private to the exposition.
#pragma once

#include <string_view>

namespace telltale {
inline namespace v0 {
namespace detail {

constexpr bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
