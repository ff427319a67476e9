// Any Accept header is answered with a format that can be sent, and the answer does not depend on the parameters
// that mean nothing to it.
#include <telltale/exposition/encoders.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace tt = telltale;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size, so that the sanitizer sees every read beyond it.
  const std::string accept(reinterpret_cast<const char*>(data), size);
  const tt::exposition_format chosen = tt::negotiate(accept);
  if (tt::content_type(chosen).empty()) std::abort();
  if (tt::negotiate(accept) != chosen) std::abort();
  if (tt::negotiate("application/json;q=1," + accept) != chosen) std::abort();
  return 0;
}
