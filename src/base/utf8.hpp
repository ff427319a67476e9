// UTF-8, as far as telltale must know it: what leaves the process is valid, whatever came in.
#pragma once

#include <telltale/detail/platform.hpp>

#include <cstddef>
#include <string_view>

namespace telltale {
inline namespace v0 {
namespace detail {

/// A character of more than one byte, or a part that is none.
struct utf8_part {
  std::size_t size;  // bytes looked at, at least 1
  bool valid;
};

/// The character that begins at text[at], a byte of 0x80 or above; or the longest invalid part, as Unicode's
/// "substitution of maximal subparts" counts them.
TELLTALE_API utf8_part utf8_at(std::string_view text, std::size_t at) noexcept;

TELLTALE_API bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace telltale
