// What a user's test asks of metrics: `testing::value(registry, "charges_total", {{"provider", "stripe"}})`. The answer is
// the one series with exactly these labels; when there is none, the exception lists the series that there are, so that a
// misspelt label shows at once.
#pragma once

#include <telltale/metrics/registry.hpp>
#include <telltale/metrics/snapshot.hpp>

#include <cstdint>
#include <string_view>

namespace telltale {
inline namespace v0 {
namespace testing {

/// A counter's or gauge's value, or the sum of a histogram's observations. Throws std::runtime_error unless there is
/// exactly this series. Cost: a collection of the whole registry.
TELLTALE_API double value(const registry& metrics, std::string_view name, snapshot::label_list labels = {});

/// A histogram's number of observations. Throws as `value` does.
TELLTALE_API std::uint64_t observations(const registry& metrics, std::string_view name, snapshot::label_list labels = {});

}  // namespace testing
}  // namespace v0
}  // namespace telltale
