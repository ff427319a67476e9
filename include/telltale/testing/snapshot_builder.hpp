// Makes a snapshot from hand-written values, for tests of what reads snapshots: encoders, exporters, assertions.
#pragma once

#include <telltale/metrics/snapshot.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {

/// Families in the order of `family`, each with the series added after it. Nothing is checked: also what no registry
/// would let through can be built. Outside `testing`, because the snapshot names it as its friend.
/// Thread safety: none.
struct snapshot_builder {
  snapshot_builder() : data_(std::make_shared<contents>()) {}

  snapshot_builder& family(family_info info) {
    data_->families.push_back({std::move(info), {}});
    return *this;
  }

  /// A counter's or gauge's series. `labels` as in series_snapshot: rendered and escaped.
  snapshot_builder& series(std::string labels, metric_value value, wall_time created = {}) {
    series_snapshot& added = add(std::move(labels));
    added.value = value;
    added.created = created;
    return *this;
  }

  /// A counter's series with its exemplar.
  snapshot_builder& traced(std::string labels, metric_value value, const exemplar& taken, wall_time created = {}) {
    series(std::move(labels), value, created);
    data_->families.back().series.back().exemplars = data_->exemplars.emplace_back(1, taken);
    return *this;
  }

  /// A histogram's series; one bucket more than the family has bounds.
  snapshot_builder& series(std::string labels, std::vector<std::uint64_t> buckets, double sum,
                           std::vector<exemplar> exemplars = {}, wall_time created = {}) {
    series_snapshot& added = add(std::move(labels));
    added.buckets = data_->buckets.emplace_back(std::move(buckets));
    added.exemplars = data_->exemplars.emplace_back(std::move(exemplars));
    added.sum = sum;
    added.created = created;
    return *this;
  }

  /// A summary's series.
  snapshot_builder& summary(std::string labels, std::vector<quantile_value> quantiles, double sum, std::uint64_t count) {
    series_snapshot& added = add(std::move(labels));
    added.quantiles = data_->quantiles.emplace_back(std::move(quantiles));
    added.buckets = data_->buckets.emplace_back(1, count);
    added.sum = sum;
    return *this;
  }

  snapshot build() const {
    snapshot result;
    for (const entry& one : data_->families) result.families_.push_back({&one.info, one.series});
    result.owners_.push_back(data_);
    return result;
  }

 private:
  struct entry {
    family_info info;
    std::vector<series_snapshot> series;
  };
  struct contents {  // deques: what the snapshot points at must stay where it is
    std::deque<entry> families;
    std::deque<std::string> labels;
    std::deque<std::vector<std::uint64_t>> buckets;
    std::deque<std::vector<exemplar>> exemplars;
    std::deque<std::vector<quantile_value>> quantiles;
  };

  series_snapshot& add(std::string labels) {
    series_snapshot& added = data_->families.back().series.emplace_back();
    added.labels = data_->labels.emplace_back(std::move(labels));
    return added;
  }

  std::shared_ptr<contents> data_;
};

}  // namespace v0
}  // namespace telltale
