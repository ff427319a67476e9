#include <telltale/families/http.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace telltale {
inline namespace v0 {

namespace detail {

namespace {

constexpr int first_code = 100;
constexpr std::size_t codes = 500;

constexpr auto digits = [] {
  std::array<char, 3 * codes> text{};
  for (std::size_t i = 0; i < codes; ++i) {
    const std::size_t code = i + first_code;
    text[3 * i] = static_cast<char>('0' + code / 100);
    text[3 * i + 1] = static_cast<char>('0' + code / 10 % 10);
    text[3 * i + 2] = static_cast<char>('0' + code % 10);
  }
  return text;
}();

}  // namespace

std::string_view status_code_text(int code) noexcept {
  const auto index = static_cast<std::size_t>(code) - first_code;  // below 100 wraps around to a large number
  return index < codes ? std::string_view{digits.data() + 3 * index, 3} : std::string_view{"invalid"};
}

}  // namespace detail

namespace families {

http_method parse_http_method(std::string_view method) noexcept {
  const auto& names = enum_names<http_method>;
  const auto known = names.end() - 1;  // without the spelling of `other`, which is no method
  return static_cast<http_method>(std::find(names.begin(), known, method) - names.begin());
}

}  // namespace families
}  // namespace v0
}  // namespace telltale
