// The softer rules of naming, for a test of the user's own: what registration refuses is wrong in every case; what is
// found here is wrong in most.
//
//   CHECK(tt::testing::lint(obs.metrics()).empty());
//
// Labels are judged by the series that exist, so drive the program a little first: a family over text labels alone has no
// series before its first use.
#pragma once

#include <telltale/metrics/registry.hpp>
#include <telltale/metrics/snapshot.hpp>

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace testing {

/// One rule that one metric breaks.
struct finding {
  std::string metric;  ///< complete name
  std::string rule;    ///< a clause: what the rule says and what breaks it
  std::string remedy;  ///< a clause: what to do
};
TELLTALE_API std::ostream& operator<<(std::ostream& out, const finding& one);

struct lint_options {
  /// Samples of one family (a series of a histogram has one a bucket and two more) from which on it is named.
  std::size_t many_samples = 10'000;
};

/// What breaks which rule, in the order of registration. Rules: help is a sentence with a full stop that says more than
/// the name; no abbreviations and no units but base units, and the unit last; no type in a name or a label; no `_by_`
/// in a name; a gauge is not named like a counter; a histogram ends in what it measures; labels are snake_case; no label is
/// an id, a person's, an amount or another open set, by its name or by its values; no family is very large.
/// telltale's own metrics are left out. Cost: a collection and a pass over all series.
TELLTALE_API std::vector<finding> lint(const registry& metrics, const lint_options& options = {});
TELLTALE_API std::vector<finding> lint(const snapshot& values, const lint_options& options = {});

}  // namespace testing
}  // namespace v0
}  // namespace telltale
