// A field is a key with a value; text in its place must not become part of the line by accident.
// expect: a log field is written tt::kv
#include <telltale/logging.hpp>

namespace tt = telltale;

void charge(const tt::logger& log) {
#ifdef TELLTALE_EXPECT_FAILURE
  log.info("charge approved", "payment_id");
#else
  log.info("charge approved", tt::kv{"payment_id", "pay_123"});
#endif
}
