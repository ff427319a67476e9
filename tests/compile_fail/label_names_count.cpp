// Names and values that disagree would count one thing under another name.
// expect: exactly one name for each enumerator
#include <telltale/metrics.hpp>

namespace tt = telltale;

#ifdef TELLTALE_EXPECT_FAILURE
enum class outcome { approved, declined, failed };
template <>
inline constexpr std::array<std::string_view, 2> tt::enum_names<outcome>{"ok", "no"};
#else
enum class outcome { approved, declined };
template <>
inline constexpr std::array<std::string_view, 2> tt::enum_names<outcome>{"ok", "no"};
#endif

void count(tt::registry& metrics) {
  using by_outcome = tt::label<"outcome", outcome>;
  (void)metrics.counter<by_outcome>({.name = "charges_total", .help = "Charges."});
}
