// What a registry is made of: family records, callback records, and the collection of both into a snapshot.
#pragma once

#include "base/fork.hpp"
#include "metrics/exemplar_cell.hpp"
#include "metrics/foreign.hpp"
#include "metrics/native_histogram.hpp"
#include "metrics/page_memory.hpp"
#include "metrics/text_table.hpp"

#include <telltale/detail/event_hook.hpp>
#include <telltale/metrics/registry.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Texts that stay where they are for as long as the store lives, without the overhead of a string each.
/// Thread safety: none.
class text_store {
 public:
  std::string_view keep(std::string_view text) {
    if (chunks_.empty() || chunks_.back().capacity() - chunks_.back().size() < text.size()) {
      chunks_.emplace_back().reserve(std::max(text.size(), chunk_bytes));
    }
    std::string& chunk = chunks_.back();
    const std::size_t begin = chunk.size();
    chunk.append(text);
    return std::string_view(chunk).substr(begin);
  }

 private:
  static constexpr std::size_t chunk_bytes = 4000;
  std::deque<std::string> chunks_;  // never appended to beyond what is reserved, so nothing moves
};

enum class cell_kind : std::uint8_t { integer, traced_integer, real, gauge, info, state, row };

/// Whether the values are cells of the whole process instead of each thread's.
constexpr bool is_shared(cell_kind kind) noexcept {
  return kind == cell_kind::gauge || kind == cell_kind::info || kind == cell_kind::state;
}

/// One registered family. Written once at registration, except for the series of a family with text labels.
class family_record final : public series_maker {
 public:
  family_record(registry_core& core, family_info info, cell_kind kind, std::span<const label_spec> labels);

  void make_series(std::uint32_t enum_index, std::span<const std::string_view> texts) override;
  void remove_series(std::uint32_t index) noexcept override;
  void report_overflow(const label_spec* label) noexcept override;
  page_memory& memory() noexcept override;

  bool has_text() const noexcept { return text_count_ > 0; }
  /// The series that exist now.
  std::uint32_t series_count() const;
  /// Labels and creation time of the first `series.size()` series.
  void describe(std::span<series_snapshot> series) const;
  /// Moves the series that are to be shown to the front and returns how many they are: neither removed nor idle.
  std::size_t keep_shown(std::span<series_snapshot> series);

  family_info info;
  cell_kind kind;
  slot first = 0;            // counts rejected updates; the series' cells follow
  std::uint32_t stride = 1;  // cells a series
  std::uint32_t buckets = 0;  // histograms: that a series has in a snapshot
  std::uint32_t states = 1;   // state sets: series that share a cell
  std::uint32_t rows = 1;    // series there is room for
  std::uint32_t cell_count = 0;
  slot overflow = 0;  // text families: one cell a text label, then one for the family
  std::atomic<double>* gauges = nullptr;
  histogram_layout* layout = nullptr;
  counter_exemplars* exemplars = nullptr;
  std::uint32_t max_native_buckets = 0;
  std::chrono::seconds hide_idle_after{0};
  mutable std::vector<std::uint8_t> native_schemas;  // that series have come down to; a collection's
  text_table* table = nullptr;
  std::string self_labels;                   // metric="name"
  std::vector<std::string> overflow_labels;  // metric="name",label="merchant" for each overflow cell

 private:
  struct owned_label {
    std::string name;
    std::vector<std::string> values;  // empty for a text label
  };
  struct text_series {
    std::string_view labels;  // in label_texts_; of a removed series null
    wall_time created;
  };
  // What a series showed when it last changed, and when that was noticed; a collection's.
  struct last_change {
    double value;
    steady_time noticed;
  };

  void render(std::string& out, std::uint32_t enum_index, std::span<const std::string_view> texts) const;

  registry_core& core_;
  std::vector<owned_label> labels_;
  std::uint32_t text_count_ = 0;
  std::uint32_t dense_count_ = 1;  // combinations of enum values
  wall_time created_;
  std::string dense_labels_;  // of all series, one after the other
  std::vector<std::size_t> dense_ends_;
  mutable std::mutex text_mutex_;
  std::deque<text_series> text_series_;
  text_store label_texts_;
  bool any_removed_ = false;  // guarded by text_mutex_
  std::vector<last_change> changes_;  // a collection's

  friend struct registry_core;
};

/// One registered callback. Its mutex is held while the function runs.
struct callback_record {
  family_info info;
  std::string self_labels;
  std::mutex mutex;
  std::function<double()> read;                // empty once unregistered
  std::chrono::milliseconds deadline{};
  std::atomic<std::thread::id> running_on{};  // so that a callback may unregister itself
  std::atomic<bool> dead = false;
  std::atomic<std::uint64_t> failures = 0;
  double sample = 0;  // of the collection that is going on
  bool sampled = false;
};

struct registry_core final : std::enable_shared_from_this<registry_core>, private fork_participant {
  explicit registry_core(registry_options chosen, std::shared_ptr<event_hook> event_target);
  ~registry_core();

  family_record& add_family(cell_kind kind, const metric_options& options, const histogram_options* details,
                            std::span<const label_spec> labels);
  std::shared_ptr<callback_record> add_callback(metric_type type, const callback_options& options,
                                                std::function<double()> read);
  std::shared_ptr<attachment_record> attach(collector read);
  void collect(snapshot& target);
  /// The registry is gone: handles count into nothing, memory goes back.
  void close() noexcept;

  std::string full_name(const std::string& name) const;
  void require_free_name(metric_type type, const std::string& name) const;
  void sample_callbacks();
  void refuse_sample(callback_record& record, const std::string& problem);
  void drop_dead_callbacks();
  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;
  struct collection;
  void add_self_metrics(collection& filling, std::size_t overflows);

  const registry_options options;
  const std::string constant_labels;
  const std::shared_ptr<event_hook> hook;
  page_memory pages;

  std::mutex mutex;  // guards the four below
  std::vector<std::unique_ptr<family_record>> families;
  std::vector<std::shared_ptr<callback_record>> callbacks;
  std::set<std::string, std::less<>> names;  // as OpenMetrics families
  foreign_sources foreign;                   // its list alone; the rest belongs to a collection

  std::mutex collect_mutex;  // held for a whole collection; guards the three vectors below
  std::atomic<std::thread::id> collecting{};  // the thread that runs users' code now: it may fork, and must not collect
  std::vector<family_record*> collected_families;
  std::vector<std::shared_ptr<callback_record>> collected_callbacks;
  std::vector<std::uint64_t> native_cells;  // of one series

  const family_info rejected_info, overflow_info, callback_errors_info;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
