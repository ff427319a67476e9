// {"a", "b"} could be read as a string made from two pointers: it is no field.
// expect: no matching function for call to
// expect: no matching member function for call to
#include <telltale/logging.hpp>

namespace tt = telltale;

void charge(const tt::logger& log) {
#ifdef TELLTALE_EXPECT_FAILURE
  log.info("charge approved", {"payment_id", "pay_123"});
#else
  log.info("charge approved", tt::kv{"payment_id", "pay_123"});
#endif
}
