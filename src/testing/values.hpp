// What the helpers that look up one series share.
#pragma once

#include <telltale/metrics/snapshot.hpp>

#include <string_view>

namespace telltale {
inline namespace v0 {
namespace testing {

/// The series, or std::runtime_error that lists those that there are.
const series_snapshot& only(const snapshot& values, std::string_view name, snapshot::label_list labels);

}  // namespace testing
}  // namespace v0
}  // namespace telltale
