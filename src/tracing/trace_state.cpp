#include <telltale/tracing/trace_state.hpp>

#include "tracing/blank.hpp"

#include <algorithm>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace {

constexpr std::size_t max_members = 32;
constexpr std::size_t max_size = 512;    // what everyone must be able to pass on
constexpr std::size_t long_member = 128;  // members above this go first

constexpr bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_key_part(std::string_view text, std::size_t max) noexcept {
  return !text.empty() && text.size() <= max && is_lower_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower_or_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
         });
}

// key, or tenant@system.
bool is_key(std::string_view key) noexcept {
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) return is_key_part(key, 256);
  return is_key_part(key.substr(0, at), 241) && is_key_part(key.substr(at + 1), 14);
}

// Printable characters without comma and equals sign, not ending in a space.
bool is_value(std::string_view value) noexcept {
  return !value.empty() && value.size() <= 256 && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

struct member {
  std::string_view key;
  std::string_view whole;
};

// Leaves out whole members until the rest fits.
void shorten(std::vector<member>& members) {
  std::size_t size = members.size() - 1;  // commas
  for (const member& each : members) size += each.whole.size();
  for (auto each = members.end(); size > max_size && each != members.begin();) {
    --each;
    if (each->whole.size() <= long_member) continue;
    size -= each->whole.size() + 1;
    each = members.erase(each);
  }
  while (size > max_size && !members.empty()) {
    size -= members.back().whole.size() + 1;
    members.pop_back();
  }
}

}  // namespace

std::optional<trace_state> trace_state::parse(std::string_view header) {
  std::vector<member> members;
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    const std::string_view whole = detail::without_blanks(header.substr(0, comma));
    header.remove_prefix(std::min(comma + 1, header.size()));
    if (whole.empty()) continue;  // the standard allows empty members
    const std::size_t equals = whole.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = whole.substr(0, equals);
    if (!is_key(key) || !is_value(whole.substr(equals + 1))) return std::nullopt;
    if (members.size() == max_members) return std::nullopt;
    for (const member& earlier : members) {
      if (earlier.key == key) return std::nullopt;
    }
    members.push_back({key, whole});
  }
  trace_state parsed;
  if (members.empty()) return parsed;
  shorten(members);
  if (members.empty()) return parsed;
  std::string text;
  for (const member& each : members) {
    if (!text.empty()) text += ',';
    text += each.whole;
  }
  parsed.text_ = std::make_shared<const std::string>(std::move(text));
  return parsed;
}

std::optional<std::string_view> trace_state::get(std::string_view key) const noexcept {
  std::string_view rest = text();
  while (!rest.empty()) {
    const std::string_view whole = rest.substr(0, rest.find(','));
    const std::size_t equals = whole.find('=');
    if (whole.substr(0, equals) == key) return whole.substr(equals + 1);
    rest.remove_prefix(std::min(whole.size() + 1, rest.size()));
  }
  return std::nullopt;
}

}  // namespace v0
}  // namespace telltale
