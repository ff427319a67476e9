#include <telltale/version.hpp>

#define TELLTALE_TEXT_OF(x) #x
#define TELLTALE_TEXT(x) TELLTALE_TEXT_OF(x)

namespace telltale {
inline namespace v0 {

std::string_view version() noexcept {
  return TELLTALE_TEXT(TELLTALE_VERSION_MAJOR) "." TELLTALE_TEXT(TELLTALE_VERSION_MINOR) "." TELLTALE_TEXT(
      TELLTALE_VERSION_PATCH);
}

}  // namespace v0
}  // namespace telltale
