// The rules of docs/naming.md, checked when a metric is registered. Each failure is an error that names the metric, the
// rule and what to write instead.
#pragma once

#include <telltale/metrics/label.hpp>
#include <telltale/metrics/registry.hpp>
#include <telltale/metrics/snapshot.hpp>

#include <span>
#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Throws unless `name` (complete) and `help` are fit for a metric of this type.
void check_metric(metric_type type, const std::string& name, const std::string& help);

/// Throws when a label is among the registry's constant ones, or there are too many text labels. (That names are
/// well-formed and distinct is checked when the family's type is compiled.)
void check_labels(const std::string& metric, std::span<const label_spec> labels, const registry_options& options);

/// Throws unless the prefix and the constant labels are well-formed.
void check_registry(const registry_options& options);

/// Throws unless the bounds are 1 to 200 (none beside native buckets), finite and strictly increasing, and the native
/// buckets' options within their bounds.
void check_buckets(const std::string& metric, const histogram_options& options);

/// Throws unless these can be the labels of an info metric.
void check_info_labels(const std::string& metric, std::span<const std::pair<std::string, std::string>> labels);

/// The base unit that the name ends in (before _total), or nothing.
std::string_view unit_of(std::string_view name) noexcept;

/// A counter's name without _total, an info metric's without _info: what OpenMetrics calls the family.
std::string_view family_name(metric_type type, std::string_view name) noexcept;

/// Appends `name="value"`, escaped as both text formats ask, after a comma if anything stands before.
void append_label(std::string& labels, std::string_view name, std::string_view value);

}  // namespace detail
}  // namespace v0
}  // namespace telltale
