#include <telltale/testing/values.hpp>

#include "testing/values.hpp"

#include <stdexcept>
#include <string>

namespace telltale {
inline namespace v0 {
namespace testing {

const series_snapshot& only(const snapshot& values, std::string_view name, snapshot::label_list labels) {
  if (const series_snapshot* series = values.find(name, labels)) return *series;
  std::string message = "no series " + std::string(name) + "{";
  for (const auto& [label, value] : labels) message.append(label).append("=\"").append(value).append("\",");
  message += "}; there are:";
  const family_snapshot* family = values.find(name);
  if (family == nullptr) {
    for (const family_snapshot& each : values.families()) message.append(" ").append(each.info->name);
  } else {
    for (const series_snapshot& each : family->series) message.append(" {").append(each.labels).append("}");
  }
  throw std::runtime_error(message);
}

double value(const registry& metrics, std::string_view name, snapshot::label_list labels) {
  const snapshot values = metrics.collect();
  const series_snapshot& series = only(values, name, labels);
  return values.find(name)->info->type == metric_type::histogram ? series.sum : series.value.as_double();
}

std::uint64_t observations(const registry& metrics, std::string_view name, snapshot::label_list labels) {
  const snapshot values = metrics.collect();
  return only(values, name, labels).count();
}

}  // namespace testing
}  // namespace v0
}  // namespace telltale
