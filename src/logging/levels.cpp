#include <telltale/logging/levels.hpp>

#include <algorithm>
#include <string>

namespace telltale {
inline namespace v0 {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view spaces = " \t";
  const std::size_t first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), same);
}

}  // namespace

std::optional<level> parse_level(std::string_view text) noexcept {
  const std::string_view name = trimmed(text);
  for (std::size_t i = 0; i <= level_count; ++i) {
    if (equals_ignoring_case(name, level_name(static_cast<level>(i)))) return static_cast<level>(i);
  }
  if (equals_ignoring_case(name, "warning")) return level::warn;
  return std::nullopt;
}

std::optional<level> read_level(const environment& variables, std::string_view name,
                                const environment::complaint& complain) {
  const std::optional<std::string> value = variables.text(name);
  if (!value) return std::nullopt;
  const std::optional<level> parsed = parse_level(*value);
  if (!parsed && complain) {
    std::string sentence(name);
    sentence.append("=").append(*value).append(" is ignored and the default is used: it must be one of ");
    for (std::size_t i = 0; i < level_count; ++i) sentence.append(level_name(static_cast<level>(i))).append(", ");
    complain(sentence.append("off"));
  }
  return parsed;
}

}  // namespace v0
}  // namespace telltale
