// Collection: callbacks first, without a lock but their own; then all cells are summed into the snapshot's vectors, whose
// sizes are fixed before anything points into them.
#include "metrics/cell_store.hpp"
#include "metrics/registry_core.hpp"

#include <telltale/result.hpp>

#include <algorithm>

namespace telltale {
inline namespace v0 {
namespace detail {

// The snapshot's vectors while they are being filled.
struct registry_core::collection {
  snapshot& target;
  std::vector<std::uint64_t>& native_cells;  // of one series
  std::size_t series = 0;
  std::size_t cells = 0;
  std::size_t sums = 0;
  std::size_t exemplars = 0;
  std::size_t natives = 0;

  std::span<series_snapshot> next_series(std::size_t count) {
    const std::span<series_snapshot> part(target.series_.data() + series, count);
    series += count;
    return part;
  }
  std::uint64_t* next_cells(std::size_t count) {
    std::uint64_t* part = target.cells_.data() + cells;
    cells += count;
    return part;
  }
  double* next_sums(std::size_t count) {
    double* part = target.sums_.data() + sums;
    sums += count;
    return part;
  }

  void add(const family_record& family, std::size_t count) {
    const std::span<series_snapshot> part = next_series(count);
    family.describe(part);
    const slot first = family.first + 1;
    const auto rows = static_cast<std::uint32_t>(count);
    double current = 0;
    switch (family.kind) {
      case cell_kind::integer:
      case cell_kind::traced_integer: {
        std::uint64_t* totals = next_cells(count);
        cell_reader().add_integers(first, rows, totals);
        for (std::size_t i = 0; i < count; ++i) part[i].value = metric_value(totals[i]);
        if (family.exemplars != nullptr) add_exemplars(family.exemplars->cells + 1, 0, 1, part);
        break;
      }
      case cell_kind::real: {
        double* totals = next_sums(count);
        cell_reader().add_doubles(first, rows, totals);
        for (std::size_t i = 0; i < count; ++i) part[i].value = metric_value(totals[i]);
        break;
      }
      case cell_kind::gauge:
        for (std::size_t i = 0; i < count; ++i) {
          part[i].value = metric_value(family.gauges[i].load(std::memory_order_relaxed));
        }
        break;
      case cell_kind::info:
        for (series_snapshot& one : part) one.value = metric_value(std::uint64_t{1});
        break;
      case cell_kind::state:
        for (std::size_t i = 0; i < count; ++i) {
          // Read once a set: exactly one of its series is 1.
          const std::size_t state = i % family.states;
          if (state == 0) current = family.gauges[i / family.states].load(std::memory_order_relaxed);
          part[i].value = metric_value(static_cast<std::uint64_t>(current == static_cast<double>(state)));
        }
        break;
      case cell_kind::row: add_histograms(family, part); break;
    }
    target.families_.push_back({&family.info, part});
  }

  void add_histograms(const family_record& family, std::span<series_snapshot> part) {
    const std::size_t buckets = family.buckets;
    double* family_sums = next_sums(part.size());
    std::uint64_t* counts = next_cells(part.size() * buckets);
    if (family.layout->native == nullptr) {
      cell_reader().add_rows(family.first + 1, static_cast<std::uint32_t>(part.size()), family.stride, family_sums, counts);
    } else {
      add_natives(family, part, family_sums, counts);
    }
    for (std::size_t i = 0; i < part.size(); ++i) {
      part[i].sum = family_sums[i];
      part[i].buckets = {counts + i * buckets, buckets};
    }
    // Cell 0 of the family counts rejections, cell 0 of a row is the sum: their exemplar cells stay empty.
    if (const exemplar_cell* from = family.layout->exemplars) add_exemplars(from + 1, 1, buckets, part);
  }

  // Each series has `skipped` cells without exemplars, then `count` with.
  void add_exemplars(const exemplar_cell* from, std::size_t skipped, std::size_t count, std::span<series_snapshot> part) {
    for (series_snapshot& series : part) {
      exemplar* to = target.exemplars_.data() + exemplars;
      exemplars += count;
      from += skipped;
      for (std::size_t i = 0; i < count; ++i) to[i] = (from++)->read();
      series.exemplars = {to, count};
    }
  }

  void add_natives(const family_record& family, std::span<series_snapshot> part, double* family_sums,
                   std::uint64_t* counts) {
    const native_layout& layout = *family.layout->native;
    family.native_schemas.resize(std::max(family.native_schemas.size(), part.size()),
                                 static_cast<std::uint8_t>(layout.resolution));
    cell_reader reader;
    slot row = family.first + 1;
    for (std::size_t i = 0; i < part.size(); ++i, row += family.stride) {
      reader.add_doubles(row, 1, &family_sums[i]);
      reader.add_integers(row + 1, layout.offset - 1, counts + i * family.buckets);
      native_cells.assign(1 + layout.cells, 0);
      reader.add_integers(row + layout.offset, 1 + layout.cells, native_cells.data());

      std::span<std::uint64_t> cells = std::span(native_cells).subspan(1);
      const int schema = scale_down(layout, cells, family.native_schemas[i], family.max_native_buckets);
      family.native_schemas[i] = static_cast<std::uint8_t>(schema);
      native_histogram& filled = target.natives_[natives++];
      filled = {schema, layout.zero_threshold, native_cells[0], 0, {}};
      const auto first = std::find_if(cells.begin(), cells.end(), [](std::uint64_t count) { return count != 0; });
      if (first != cells.end()) {
        const auto size = cells.rend() - std::find_if(cells.rbegin(), cells.rend(), [](auto count) { return count != 0; });
        const auto skipped = static_cast<std::size_t>(first - cells.begin());
        filled.first_index = layout.lowest * (1 << schema) + 1 + static_cast<int>(skipped);
        filled.counts = cells.subspan(skipped, static_cast<std::size_t>(size) - skipped);
      }
      if (layout.offset == 1) counts[i] = filled.count();
      // Kept as its size alone until all are in: the vector may still move.
      target.native_counts_.insert(target.native_counts_.end(), filled.counts.begin(), filled.counts.end());
      part[i].native = &filled;
    }
  }

  void place_natives() {
    const std::uint64_t* next = target.native_counts_.data();
    for (native_histogram& each : target.natives_) {
      each.counts = {next, each.counts.size()};
      next += each.counts.size();
    }
  }

  void add_one(const family_info& info, std::string_view labels, metric_value value) {
    const std::span<series_snapshot> part = next_series(1);
    part[0] = {};
    part[0].labels = labels;
    part[0].value = value;
    target.families_.push_back({&info, part});
  }
};

void registry_core::collect(snapshot& target) {
  if (collecting.load() == std::this_thread::get_id()) {
    throw error(error_code::invalid_option,
                "a callback or collector collects the registry that is just collecting it: give it another registry");
  }
  const std::lock_guard one_at_a_time(collect_mutex);
  {
    const std::lock_guard lock(mutex);
    drop_dead_callbacks();
    collected_families.clear();
    for (const auto& family : families) collected_families.push_back(family.get());
    collected_callbacks.assign(callbacks.begin(), callbacks.end());
    foreign.begin_collection();
  }
  collecting.store(std::this_thread::get_id());
  sample_callbacks();
  foreign.run();
  collecting.store(std::thread::id{});

  // Series of text families come into being all the time: what counts is how many there are now.
  std::size_t series = 0, cells = 0, sums = 0, exemplars = 0, natives = 0, overflows = 0;
  target.counts_.clear();
  for (const family_record* family : collected_families) {
    const std::size_t count = family->series_count();
    target.counts_.push_back(count);
    series += count;
    overflows += family->overflow_labels.size();
    if (family->kind == cell_kind::integer || family->kind == cell_kind::traced_integer) cells += count;
    if (family->exemplars != nullptr) exemplars += count;
    if (family->kind == cell_kind::real) sums += count;
    if (family->kind == cell_kind::row) {
      sums += count;
      cells += count * family->buckets;
      if (family->layout->exemplars != nullptr) exemplars += count * family->buckets;
      if (family->layout->native != nullptr) natives += count;
    }
  }
  series += collected_families.size() + overflows + 2 * collected_callbacks.size();
  cells += collected_families.size() + overflows;

  target.families_.clear();
  target.series_.resize(series);
  target.cells_.assign(cells, 0);
  target.sums_.assign(sums, 0.0);
  target.exemplars_.resize(exemplars);
  target.natives_.resize(natives);
  target.native_counts_.clear();
  target.owners_.clear();
  target.owners_.push_back(shared_from_this());
  for (const auto& record : collected_callbacks) target.owners_.push_back(record);

  collection filling{target, native_cells};
  for (std::size_t i = 0; i < collected_families.size(); ++i) filling.add(*collected_families[i], target.counts_[i]);
  for (const auto& record : collected_callbacks) {
    if (record->sampled) filling.add_one(record->info, constant_labels, metric_value(record->sample));
  }
  add_self_metrics(filling, overflows);
  if (auto owner = foreign.add_to(target.families_)) target.owners_.push_back(std::move(owner));
  filling.place_natives();
  for (std::size_t i = 0; i < collected_families.size(); ++i) {
    const std::span<const series_snapshot> all = target.families_[i].series;
    // Ours to change: the vector is the snapshot's.
    const std::span<series_snapshot> part(target.series_.data() + (all.data() - target.series_.data()), all.size());
    target.families_[i].series = all.first(collected_families[i]->keep_shown(part));
  }
}

void registry_core::add_self_metrics(collection& filling, std::size_t overflows) {
  const auto add_cell = [&](series_snapshot& series, std::string_view labels, slot where) {
    std::uint64_t* total = filling.next_cells(1);
    cell_reader().add_integers(where, 1, total);
    series = {};
    series.labels = labels;
    series.value = metric_value(*total);
  };
  if (!collected_families.empty()) {
    const std::span<series_snapshot> rejected = filling.next_series(collected_families.size());
    for (std::size_t i = 0; i < rejected.size(); ++i) {
      add_cell(rejected[i], collected_families[i]->self_labels, collected_families[i]->first);
    }
    filling.target.families_.push_back({&rejected_info, rejected});
  }
  if (overflows > 0) {
    const std::span<series_snapshot> overflowed = filling.next_series(overflows);
    std::size_t next = 0;
    for (const family_record* family : collected_families) {
      for (std::size_t i = 0; i < family->overflow_labels.size(); ++i) {
        add_cell(overflowed[next++], family->overflow_labels[i], family->overflow + static_cast<slot>(i));
      }
    }
    filling.target.families_.push_back({&overflow_info, overflowed});
  }
  if (!collected_callbacks.empty()) {
    const std::span<series_snapshot> failed = filling.next_series(collected_callbacks.size());
    for (std::size_t i = 0; i < failed.size(); ++i) {
      failed[i] = {};
      failed[i].labels = collected_callbacks[i]->self_labels;
      failed[i].value = metric_value(collected_callbacks[i]->failures.load(std::memory_order_relaxed));
    }
    filling.target.families_.push_back({&callback_errors_info, failed});
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
