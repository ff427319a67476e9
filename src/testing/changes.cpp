#include <telltale/testing/changes.hpp>

#include "testing/values.hpp"

#include <map>
#include <ostream>
#include <utility>

namespace telltale {
inline namespace v0 {
namespace testing {

namespace {

bool has_observations(metric_type type) { return type == metric_type::histogram || type == metric_type::summary; }

change between(const family_info& info, const series_snapshot* before, const series_snapshot& after) {
  change found{info.name, std::string(after.labels)};
  if (has_observations(info.type)) {
    found.by = after.sum - (before != nullptr ? before->sum : 0);
    found.observations = after.count() - (before != nullptr ? before->count() : 0);
  } else if (after.value.is_integer() && (before == nullptr || before->value.is_integer())) {
    // Subtracted as integers: a small step of a large counter stays exact.
    const std::uint64_t from = before != nullptr ? before->value.integer() : 0;
    const std::uint64_t to = after.value.integer();
    found.by = to >= from ? static_cast<double>(to - from) : -static_cast<double>(from - to);
  } else {
    found.by = after.value.as_double() - (before != nullptr ? before->value.as_double() : 0);
  }
  return found;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const change& one) {
  out << one.name;
  if (!one.labels.empty()) out << '{' << one.labels << '}';
  out << (one.by < 0 ? " " : " +") << one.by;
  if (one.observations > 0) out << " in " << one.observations << " observations";
  return out;
}

std::vector<change> difference(const snapshot& before, const snapshot& after) {
  std::vector<change> found;
  for (const family_snapshot& family : after.families()) {
    std::map<std::string_view, const series_snapshot*> known;
    if (const family_snapshot* old = before.find(family.info->name)) {
      for (const series_snapshot& series : old->series) known.emplace(series.labels, &series);
    }
    for (const series_snapshot& series : family.series) {
      const auto old = known.find(series.labels);
      change one = between(*family.info, old != known.end() ? old->second : nullptr, series);
      if (one.by != 0 || one.observations != 0) found.push_back(std::move(one));
    }
  }
  return found;
}

change changes::find(std::string_view name, snapshot::label_list labels) const {
  const snapshot now = metrics_.collect();
  const series_snapshot& after = only(now, name, labels);
  return between(*now.find(name)->info, before_.find(name, labels), after);
}

double changes::of(std::string_view name, snapshot::label_list labels) const { return find(name, labels).by; }

std::uint64_t changes::observations(std::string_view name, snapshot::label_list labels) const {
  return find(name, labels).observations;
}

}  // namespace testing
}  // namespace v0
}  // namespace telltale
