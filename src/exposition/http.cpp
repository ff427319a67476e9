#include "exposition/ascii.hpp"

#include <telltale/exposition/http.hpp>

namespace telltale {
inline namespace v0 {

std::string_view http_request::path() const noexcept {
  std::string_view rest = target;
  if (!rest.starts_with('/')) {  // absolute form, as clients of proxies send it
    const std::size_t scheme = rest.find("://");
    if (scheme == std::string_view::npos) return {};
    rest.remove_prefix(scheme + 3);
    const std::size_t slash = rest.find_first_of("/?");
    if (slash == std::string_view::npos || rest[slash] == '?') return "/";
    rest.remove_prefix(slash);
  }
  return rest.substr(0, rest.find('?'));
}

std::string_view http_request::query() const noexcept {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::string_view http_request::header(std::string_view name) const noexcept {
  for (const http_header& line : headers) {
    if (detail::equal_ignoring_case(line.name, name)) return line.value;
  }
  return {};
}

}  // namespace v0
}  // namespace telltale
