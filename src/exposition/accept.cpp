// Content negotiation by RFC 9110, sections 5.6 and 12.5.1, over the formats that telltale can send.
#include "exposition/ascii.hpp"

#include <telltale/exposition/encoders.hpp>

#include <array>
#include <cstddef>

namespace telltale {
inline namespace v0 {

namespace {

using detail::equal_ignoring_case;

std::string_view trim(std::string_view text) noexcept {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Cuts the part before the next separator that is not inside a quoted string off the text.
std::string_view take(std::string_view& text, char separator) noexcept {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size() && (quoted || text[i] != separator); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\') ++i;
  }
  const std::string_view part = text.substr(0, i);
  text.remove_prefix(i < text.size() ? i + 1 : text.size());
  return trim(part);
}

constexpr int bad_quality = -1;

// A q-value in thousandths: 0 to 1 with at most three digits after the point.
int quality(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return bad_quality;
  int value = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return bad_quality;
  int weight = 100;
  for (std::size_t i = 2; i < text.size(); ++i, weight /= 10) {
    if (text[i] < '0' || text[i] > '9') return bad_quality;
    value += (text[i] - '0') * weight;
  }
  return value <= 1000 ? value : bad_quality;
}

// One element of Accept. Parameters other than version and q (charset, escaping) change nothing in what is sent.
struct media_range {
  std::string_view type;
  std::string_view version;
  int q = 1000;
};

media_range parse(std::string_view element) noexcept {
  media_range range;
  range.type = take(element, ';');
  while (!element.empty()) {
    std::string_view value = take(element, ';');
    const std::string_view name = take(value, '=');
    if (equal_ignoring_case(name, "q")) {
      range.q = quality(trim(value));
    } else if (equal_ignoring_case(name, "version")) {
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      range.version = value;
    }
  }
  return range;
}

struct candidate {
  exposition_format format;
  std::string_view type;
  std::string_view subtype_range;  // the wildcard that covers it
  std::string_view version;
};

// In the order that decides between equals.
constexpr std::array<candidate, 3> candidates{{
    {exposition_format::openmetrics_1_0_0, "application/openmetrics-text", "application/*", "1.0.0"},
    {exposition_format::openmetrics_0_0_1, "application/openmetrics-text", "application/*", "0.0.1"},
    {exposition_format::text_0_0_4, "text/plain", "text/*", "0.0.4"},
}};

// How closely the range names the candidate; 0 when it does not cover it.
int closeness(const media_range& range, const candidate& offer) noexcept {
  if (equal_ignoring_case(range.type, offer.type)) {
    if (range.version.empty()) return 3;
    return range.version == offer.version ? 4 : 0;
  }
  if (equal_ignoring_case(range.type, offer.subtype_range)) return 2;
  return range.type == "*/*" ? 1 : 0;
}

}  // namespace

exposition_format negotiate(std::string_view accept) noexcept {
  struct match {
    int q = 0;
    int closeness = 0;
  };
  std::array<match, candidates.size()> matches{};
  while (!accept.empty()) {
    const media_range range = parse(take(accept, ','));
    if (range.q == bad_quality) continue;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const int close = closeness(range, candidates[i]);
      // The closest range decides, whatever its q; of equally close ones the most generous.
      if (close > matches[i].closeness || (close == matches[i].closeness && close > 0 && range.q > matches[i].q)) {
        matches[i] = {range.q, close};
      }
    }
  }

  exposition_format chosen = exposition_format::text_0_0_4;
  match best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    match current = matches[i];
    if (current.q == 0) continue;
    // Whether it came in by name counts between equals, not how exactly it was named; text wins among wildcards.
    const bool named = current.closeness >= 3;
    current.closeness = named ? 2 : candidates[i].format == exposition_format::text_0_0_4 ? 1 : 0;
    if (current.q > best.q || (current.q == best.q && current.closeness > best.closeness)) {
      best = current;
      chosen = candidates[i].format;
    }
  }
  return chosen;
}

}  // namespace v0
}  // namespace telltale
