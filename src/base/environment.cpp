#include <telltale/config.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>

#include <unistd.h>

namespace telltale {
inline namespace v0 {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

void reject(const environment::complaint& complain, std::string_view name, std::string_view value,
            std::string_view rule) {
  if (!complain) return;
  std::string sentence;
  sentence.append(name).append("=").append(value).append(" is ignored and the default is used: ").append(rule);
  complain(sentence);
}

// The whole of `text` as a number, or nothing.
template <class T>
std::optional<T> parse(std::string_view text) {
  T value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
std::optional<T> parse_in_range(const std::optional<std::string>& text, std::string_view name, T low, T high,
                                std::string_view what, const environment::complaint& complain) {
  if (!text) return std::nullopt;
  const std::optional<T> value = parse<T>(trimmed(*text));
  if (value && *value >= low && *value <= high) return value;
  std::string rule = "it must be ";
  rule.append(what);
  rule.append(" from ").append(std::to_string(low)).append(" to ").append(std::to_string(high));
  reject(complain, name, *text, rule);
  return std::nullopt;
}

}  // namespace

environment environment::process() {
  std::map<std::string, std::string, std::less<>> values;
  for (char** entry = ::environ; entry && *entry; ++entry) {
    const std::string_view line = *entry;
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) values.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return environment(std::move(values));
}

std::optional<std::string> environment::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::optional<bool> environment::boolean(std::string_view name, const complaint& complain) const {
  const std::optional<std::string> value = text(name);
  if (!value) return std::nullopt;
  std::string lower(trimmed(*value));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  if (lower == "true") return true;
  if (lower == "false") return false;
  reject(complain, name, *value, "it must be true or false");
  return std::nullopt;
}

std::optional<double> environment::number(std::string_view name, double low, double high,
                                          const complaint& complain) const {
  return parse_in_range<double>(text(name), name, low, high, "a number", complain);
}

std::optional<std::uint64_t> environment::unsigned_integer(std::string_view name, std::uint64_t low,
                                                           std::uint64_t high, const complaint& complain) const {
  return parse_in_range<std::uint64_t>(text(name), name, low, high, "a whole number", complain);
}

std::optional<std::chrono::milliseconds> environment::milliseconds(std::string_view name,
                                                                   const complaint& complain) const {
  constexpr std::uint64_t one_day = 24ULL * 60 * 60 * 1000;
  const auto value =
      parse_in_range<std::uint64_t>(text(name), name, 0, one_day, "a whole number of milliseconds", complain);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds{*value};
}

}  // namespace v0
}  // namespace telltale
