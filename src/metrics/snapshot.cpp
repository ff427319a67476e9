#include <telltale/metrics/snapshot.hpp>

#include <algorithm>

namespace telltale {
inline namespace v0 {

const family_snapshot* snapshot::find(std::string_view name) const noexcept {
  for (const family_snapshot& family : families_) {
    if (family.info->name == name) return &family;
  }
  return nullptr;
}

const series_snapshot* snapshot::find(std::string_view name, label_list labels) const {
  const family_snapshot* family = find(name);
  if (family == nullptr) return nullptr;
  for (const series_snapshot& series : family->series) {
    std::size_t count = 0;
    bool all_wanted = true;
    for_each_label(series.labels, [&](std::string_view label, std::string_view value) {
      ++count;
      all_wanted = all_wanted && std::find(labels.begin(), labels.end(), std::pair{label, value}) != labels.end();
    });
    if (all_wanted && count == labels.size()) return &series;
  }
  return nullptr;
}

}  // namespace v0
}  // namespace telltale
