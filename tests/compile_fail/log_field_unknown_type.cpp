// A value of a type that has no form in a line is refused, and the message lists those that have.
// expect: tt::kv takes bool, integers, floating point, text, enums
#include <telltale/logging.hpp>

namespace tt = telltale;

struct payment {
  int id;
};

void charge(const tt::logger& log, const payment& made) {
#ifdef TELLTALE_EXPECT_FAILURE
  log.info("charge approved", tt::kv{"payment", made});
#else
  log.info("charge approved", tt::kv{"payment", made.id});
#endif
}
