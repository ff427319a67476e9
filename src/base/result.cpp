#include <telltale/result.hpp>

namespace telltale {
inline namespace v0 {

error::error(error_code code, const std::string& what_and_remedy)
    : std::runtime_error("telltale error " + std::to_string(static_cast<int>(code)) + ": " + what_and_remedy),
      code_(code) {}

error::~error() = default;

}  // namespace v0
}  // namespace telltale
