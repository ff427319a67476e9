#include <telltale/metrics/registry.hpp>

#include "metrics/cell_store.hpp"
#include "metrics/names.hpp"
#include "metrics/registry_core.hpp"

#include <telltale/result.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace telltale {
inline namespace v0 {
namespace detail {

std::atomic<double> gauge_to_nowhere{0};

namespace {
constexpr std::size_t least_padding = 16;  // the last steps of find_bound are always taken
constexpr auto bounds_of_nothing = [] {
  std::array<std::int64_t, least_padding> bounds{};
  bounds.fill(std::bit_cast<std::int64_t>(std::numeric_limits<double>::infinity()));
  return bounds;
}();
// At or above: infinite, NaN, or negative.
constexpr auto infinity_bits = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::infinity());
constexpr std::uint32_t most_series = 1'000'000;

[[noreturn]] void out_of_room(const std::string& name) {
  throw error(error_code::capacity_exhausted,
              "metric \"" + name + "\": the process has no room for its cells. All registries together can have " +
                  std::to_string(max_slots) +
                  " cells in the life of a process: lower max_series, use fewer labels, or keep a registry instead of "
                  "making new ones");
}

std::string render_constant_labels(const registry_options& options) {
  std::string labels;
  for (const auto& [name, value] : options.constant_labels) append_label(labels, name, value);
  return labels;
}

metric_type type_of(cell_kind kind) noexcept {
  switch (kind) {
    case cell_kind::gauge: return metric_type::gauge;
    case cell_kind::info: return metric_type::info;
    case cell_kind::state: return metric_type::state_set;
    case cell_kind::row: return metric_type::histogram;
    default: return metric_type::counter;
  }
}

// Bounds padded with +Inf to a power of two above their number, as find_bound wants them.
const std::int64_t* keep_padded(std::span<const double> bounds, std::uint32_t& half) {
  const std::size_t padded = std::max(std::bit_ceil(bounds.size() + 1), least_padding);
  auto* kept = kept_memory().allocate<std::int64_t>(padded);
  if (kept == nullptr) return nullptr;
  for (std::size_t i = 0; i < padded; ++i) {
    // A bound of negative zero becomes a positive one, which has the bit pattern that comes before every other value's.
    kept[i] = i < bounds.size() ? std::bit_cast<std::int64_t>(bounds[i] + 0.0) : bounds_of_nothing[0];
  }
  half = static_cast<std::uint32_t>(padded / 2);
  return kept;
}

}  // namespace

const histogram_layout layout_of_nothing{bounds_of_nothing.data(), nullptr, nowhere, 0, least_padding / 2, infinity_bits, nullptr};

// ---- One family ----

family_record::family_record(registry_core& core, family_info fixed, cell_kind cells, std::span<const label_spec> labels)
    : info(std::move(fixed)), kind(cells), core_(core), created_(core.options.time->wall_now()) {
  self_labels = core.constant_labels;
  append_label(self_labels, "metric", info.name);
  for (const label_spec& each : labels) {
    owned_label owned{std::string(each.name), {each.values.begin(), each.values.end()}};
    if (each.values.empty()) {
      ++text_count_;
      overflow_labels.push_back(self_labels);
      append_label(overflow_labels.back(), "label", each.name);
    } else {
      if (each.values.size() > most_series / dense_count_) {
        throw error(error_code::capacity_exhausted, "metric \"" + info.name + "\": its labels have more than " +
                                                        std::to_string(most_series) +
                                                        " combinations: drop a label, or make it a tt::text_label, whose "
                                                        "series exist only when used");
      }
      dense_count_ *= static_cast<std::uint32_t>(each.values.size());
    }
    labels_.push_back(std::move(owned));
  }
  if (has_text()) {
    overflow_labels.push_back(self_labels);
    append_label(overflow_labels.back(), "label", "*");
    return;
  }
  rows = dense_count_;
  for (std::uint32_t i = 0; i < rows; ++i) {
    render(dense_labels_, i, {});
    dense_ends_.push_back(dense_labels_.size());
  }
}

void family_record::render(std::string& out, std::uint32_t enum_index, std::span<const std::string_view> texts) const {
  std::string labels = core_.constant_labels;
  std::uint32_t block = dense_count_;
  std::size_t next_text = 0;
  for (const owned_label& label : labels_) {
    if (label.values.empty()) {
      append_label(labels, label.name, texts[next_text++]);
    } else {
      block /= static_cast<std::uint32_t>(label.values.size());
      append_label(labels, label.name, label.values[enum_index / block % label.values.size()]);
    }
  }
  out += labels;
}

void family_record::make_series(std::uint32_t enum_index, std::span<const std::string_view> texts) {
  std::string labels;
  render(labels, enum_index, texts);
  const wall_time now = core_.options.time->wall_now();
  const std::lock_guard lock(text_mutex_);
  text_series_.push_back({label_texts_.keep(labels), now});
}

void family_record::remove_series(std::uint32_t index) noexcept {
  const std::lock_guard lock(text_mutex_);
  text_series_[index].labels = {};
  any_removed_ = true;
}

std::size_t family_record::keep_shown(std::span<series_snapshot> series) {
  if (!has_text()) return series.size();
  const bool hides = hide_idle_after > std::chrono::seconds{0};
  const steady_time now = hides ? core_.options.time->steady_now() : steady_time{};
  const std::lock_guard lock(text_mutex_);
  if (!hides && !any_removed_) return series.size();
  std::size_t shown = 0;
  for (std::size_t row = 0; row < series.size(); ++row) {
    bool keep = text_series_[row].labels.data() != nullptr;
    if (hides) {
      const double value = kind == cell_kind::row ? static_cast<double>(series[row].count()) : series[row].value.as_double();
      if (row == changes_.size()) {
        changes_.push_back({value, now});
      } else if (changes_[row].value != value) {
        changes_[row] = {value, now};
      } else {
        keep = keep && now - changes_[row].noticed < hide_idle_after;
      }
    }
    if (keep) series[shown++] = series[row];
  }
  return shown;
}

void family_record::report_overflow(const label_spec* label) noexcept {
  if (core_.hook == nullptr) return;
  try {
    std::string message = "metric \"" + info.name + "\": ";
    if (label != nullptr) {
      message += "the label \"" + std::string(label->name) + "\" has reached its " + std::to_string(label->max_values) +
                 " values, or was given text that is not UTF-8; further ones are counted under \"" +
                 std::string(overflow_value) + "\". Raise the bound in its text_label, or feed it fewer values";
    } else {
      message += "the family has reached max_series; further series are counted under \"" + std::string(overflow_value) +
                 "\". Raise max_series, or feed its labels fewer values";
    }
    core_.hook->report(event_severity::warning, "metrics", message);
  } catch (...) {  // no memory for the message: the self-metric counts all the same
  }
}

page_memory& family_record::memory() noexcept { return core_.pages; }

std::uint32_t family_record::series_count() const {
  if (!has_text()) return rows;
  const std::lock_guard lock(text_mutex_);
  return static_cast<std::uint32_t>(text_series_.size());
}

void family_record::describe(std::span<series_snapshot> series) const {
  const bool dated = !is_shared(kind);
  if (has_text()) {
    const std::lock_guard lock(text_mutex_);
    for (std::size_t i = 0; i < series.size(); ++i) {
      series[i] = {};
      series[i].labels = text_series_[i].labels;
      if (dated) series[i].created = text_series_[i].created;
    }
    return;
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    series[i] = {};
    series[i].labels = std::string_view(dense_labels_).substr(begin, dense_ends_[i] - begin);
    if (dated) series[i].created = created_;
    begin = dense_ends_[i];
  }
}

// ---- All families: registration ----

registry_core::registry_core(registry_options chosen, std::shared_ptr<event_hook> event_target)
    : options((check_registry(chosen), std::move(chosen))),
      constant_labels(render_constant_labels(options)),
      hook(std::move(event_target)),
      foreign(constant_labels, hook),
      rejected_info{"telltale_metric_rejected_total",
                    "Updates not stored: a label out of range, or a value that is NaN, infinite or negative.",
                    {}, metric_type::counter, {}},
      overflow_info{"telltale_metric_overflow_total",
                    "Look-ups that ended in an overflow series, because the label (* the family) had reached its bound.",
                    {}, metric_type::counter, {}},
      callback_errors_info{"telltale_metric_callback_errors_total",
                           "Scrape-time callbacks that threw, took too long, or returned a value that is not finite.",
                           {}, metric_type::counter, {}} {
  for (const family_info* own : {&rejected_info, &overflow_info, &callback_errors_info}) {
    names.emplace(family_name(own->type, own->name));
  }
  names.emplace(family_name(metric_type::counter, foreign_sources::self_metric));
  prepare_cells_for_forks();
  prepare_text_tables_for_forks();
  join_forks(*this, fork_rank::collection);
}

registry_core::~registry_core() { leave_forks(*this); }

// With both held, nobody else is in this registry's memory: pages and families are only changed under `mutex` or under the
// tables' mutex, which comes next.
void registry_core::before_fork() noexcept {
  if (collecting.load() != std::this_thread::get_id()) collect_mutex.lock();
  mutex.lock();
}

void registry_core::after_fork_in_parent() noexcept {
  mutex.unlock();
  if (collecting.load() != std::this_thread::get_id()) collect_mutex.unlock();
}

void registry_core::after_fork_in_child() noexcept { after_fork_in_parent(); }

std::string registry_core::full_name(const std::string& name) const {
  return options.prefix.empty() ? name : options.prefix + "_" + name;
}

// Under the mutex.
void registry_core::require_free_name(metric_type type, const std::string& name) const {
  if (!names.contains(family_name(type, name)) && !names.contains(name)) return;
  throw error(error_code::duplicate_name,
              "metric \"" + name +
                  "\": the name is registered already in this registry, or differs only by _total or _info, which is the same "
                  "family in OpenMetrics: choose another name, or keep and share the handle of the first registration");
}

family_record& registry_core::add_family(cell_kind kind, const metric_options& chosen, const histogram_options* details,
                                         std::span<const label_spec> labels) {
  const std::string name = full_name(chosen.name);
  check_metric(type_of(kind), name, chosen.help);
  check_labels(name, labels, options);
  if (details != nullptr) check_buckets(name, *details);
  if (chosen.max_series < 1 || chosen.max_series > most_series) {
    throw error(error_code::invalid_option, "metric \"" + name + "\": max_series is from 1 to " + std::to_string(most_series));
  }

  const std::lock_guard lock(mutex);
  drop_dead_callbacks();
  require_free_name(type_of(kind), name);
  const bool has_unit = kind != cell_kind::info && kind != cell_kind::state;  // OpenMetrics forbids it
  family_info info{name, chosen.help, std::string(has_unit ? unit_of(name) : ""), type_of(kind), {}};
  if (details != nullptr) info.bounds = details->buckets;
  auto record = std::make_unique<family_record>(*this, std::move(info), kind, labels);
  record->hide_idle_after = chosen.hide_idle_after;
  if (record->has_text()) record->rows = static_cast<std::uint32_t>(chosen.max_series) + record->dense_count_;
  const native_layout* native = nullptr;
  if (kind == cell_kind::row) {
    record->buckets = static_cast<std::uint32_t>(details->buckets.size()) + 1;
    record->stride = record->buckets + 1;
    if (details->native) {
      native = make_native_layout(*details->native, record->buckets > 1 ? record->buckets : 0);
      if (native == nullptr) out_of_room(name);
      record->stride = native->offset + 1 + native->cells;
      record->max_native_buckets = details->native->max_buckets;
    }
  }
  if (kind == cell_kind::state) record->states = static_cast<std::uint32_t>(labels.back().values.size());

  const std::uint64_t cells = is_shared(kind) ? 1 : 1 + std::uint64_t{record->rows} * record->stride;
  const std::uint64_t wanted = cells + record->overflow_labels.size();
  record->first = wanted < max_slots ? allocate_slots(static_cast<std::uint32_t>(wanted)) : 0;
  if (record->first == 0) out_of_room(name);
  record->cell_count = static_cast<std::uint32_t>(wanted);
  record->overflow = record->first + static_cast<slot>(cells);

  bool complete = true;
  if (is_shared(kind)) {
    record->gauges = pages.allocate<std::atomic<double>>(record->rows / record->states);
    complete = record->gauges != nullptr;
  }
  if (kind == cell_kind::traced_integer) {
    record->exemplars = kept_memory().allocate<counter_exemplars>(1);
    complete = record->exemplars != nullptr;
    if (complete) {
      *record->exemplars = {pages.allocate<exemplar_cell>(cells), record->first};
      complete = record->exemplars->cells != nullptr;
    }
  }
  if (kind == cell_kind::row) {
    record->layout = kept_memory().allocate<histogram_layout>(1);
    complete = record->layout != nullptr;
    if (complete) {
      record->layout->bounds = keep_padded(details->buckets, record->layout->half);
      record->layout->fast_limit = record->layout->half > least_padding / 2 || native != nullptr ? 0 : infinity_bits;
      record->layout->first = record->first;
      record->layout->stride = record->stride;
      record->layout->native = native;
      if (details->exemplars) {
        record->layout->exemplars = pages.allocate<exemplar_cell>(1 + std::size_t{record->rows} * (record->buckets + 1));
      }
      complete = record->layout->bounds != nullptr && (!details->exemplars || record->layout->exemplars != nullptr);
    }
  }
  if (record->has_text()) {
    std::vector<label_spec> text_labels;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      // The names are the record's own copies: the caller's may lie in a library that is unloaded.
      if (labels[i].values.empty()) text_labels.push_back({record->labels_[i].name, {}, labels[i].max_values});
    }
    record->table = make_text_table(*record, text_labels, static_cast<std::uint32_t>(chosen.max_series), record->dense_count_,
                                    record->overflow);
    complete = complete && record->table != nullptr;
  }
  if (!complete) out_of_room(name);
  families.reserve(families.size() + 1);
  names.emplace(family_name(record->info.type, name));
  if (kind == cell_kind::info) names.emplace(name);  // a gauge of that name would have the same samples
  families.push_back(std::move(record));
  return *families.back();
}

std::shared_ptr<callback_record> registry_core::add_callback(metric_type type, const callback_options& chosen,
                                                             std::function<double()> read) {
  const std::string name = full_name(chosen.name);
  check_metric(type, name, chosen.help);
  if (!read) throw error(error_code::invalid_option, "metric \"" + name + "\": the callback is empty: pass a function");
  if (chosen.deadline < std::chrono::milliseconds{1} || chosen.deadline > std::chrono::minutes{1}) {
    throw error(error_code::invalid_option, "metric \"" + name + "\": a callback's deadline is from 1 ms to 1 minute");
  }
  auto record = std::make_shared<callback_record>();
  record->info = {name, chosen.help, std::string(unit_of(name)), type, {}};
  record->self_labels = constant_labels;
  append_label(record->self_labels, "metric", name);
  record->read = std::move(read);
  record->deadline = chosen.deadline;

  const std::lock_guard lock(mutex);
  drop_dead_callbacks();
  require_free_name(type, name);
  callbacks.reserve(callbacks.size() + 1);
  names.emplace(family_name(type, name));
  callbacks.push_back(record);
  return record;
}

std::shared_ptr<attachment_record> registry_core::attach(collector read) {
  if (!read) throw error(error_code::invalid_option, "a collector is attached that is empty: pass a function");
  const std::lock_guard lock(mutex);
  return foreign.attach(std::move(read));
}

// Under the mutex. The name of an unregistered callback becomes free.
void registry_core::drop_dead_callbacks() {
  std::erase_if(callbacks, [this](const std::shared_ptr<callback_record>& record) {
    if (!record->dead.load(std::memory_order_acquire)) return false;
    names.erase(std::string(family_name(record->info.type, record->info.name)));
    return true;
  });
}

void registry_core::close() noexcept {
  {
    const std::lock_guard lock(mutex);
    for (const auto& family : families) {
      if (family->table != nullptr) retire_text_table(*family->table);
      abandon_slots(family->first, family->cell_count);
    }
  }
  pages.release();
}

}  // namespace detail

// ---- The public classes ----

callback::callback(std::shared_ptr<detail::callback_record> record) noexcept : record_(std::move(record)) {}

callback& callback::operator=(callback&& other) noexcept {
  std::swap(record_, other.record_);
  return *this;
}

callback::~callback() {
  if (record_ == nullptr) return;
  record_->dead.store(true, std::memory_order_release);
  if (record_->running_on.load() == std::this_thread::get_id()) return;  // within itself: the collection clears it
  std::function<double()> doomed;  // destroyed after the mutex is released
  const std::lock_guard lock(record_->mutex);
  doomed.swap(record_->read);
}

registry::registry(registry_options options) : registry(std::move(options), nullptr) {}

registry::registry(registry_options options, std::shared_ptr<detail::event_hook> hook)
    : core_(std::make_shared<detail::registry_core>(std::move(options), std::move(hook))) {}

registry::~registry() { core_->close(); }

registry::registration registry::add_family(kind what, const metric_options& options, const histogram_options* details,
                                            std::span<const detail::label_spec> labels,
                                            std::span<const std::string_view> states) {
  const auto cells = [what] {
    switch (what) {
      case kind::exemplar_counter: return detail::cell_kind::traced_integer;
      case kind::state_set: return detail::cell_kind::state;
      case kind::double_counter: return detail::cell_kind::real;
      case kind::gauge: return detail::cell_kind::gauge;
      case kind::histogram: return detail::cell_kind::row;
      default: return detail::cell_kind::integer;
    }
  }();
  std::vector<detail::label_spec> all_labels(labels.begin(), labels.end());
  const std::string name = core_->full_name(options.name);
  if (what == kind::state_set) all_labels.push_back({name, states, 0});
  const detail::family_record& made = core_->add_family(cells, options, details, all_labels);
  registration handles;
  handles.counter = {made.first + 1};
  if (made.exemplars != nullptr) handles.exemplar_counter = {made.exemplars, made.first + 1};
  handles.gauge = {made.gauges, made.first};
  handles.histogram = {made.layout, made.first + 1, made.stride};
  handles.table = made.table;
  return handles;
}

void registry::info(const metric_options& options, const std::vector<std::pair<std::string, std::string>>& labels) {
  detail::check_info_labels(options.name, labels);
  const std::vector<std::string_view> values = [&] {
    std::vector<std::string_view> views;
    for (const auto& label : labels) views.push_back(label.second);
    return views;
  }();
  std::vector<detail::label_spec> specs;
  for (std::size_t i = 0; i < labels.size(); ++i) specs.push_back({labels[i].first, std::span(values).subspan(i, 1), 0});
  core_->add_family(detail::cell_kind::info, options, nullptr, specs);
}

callback registry::gauge_callback(const callback_options& options, std::function<double()> read) {
  return v0::callback(core_->add_callback(metric_type::gauge, options, std::move(read)));
}

callback registry::counter_callback(const callback_options& options, std::function<double()> read) {
  return v0::callback(core_->add_callback(metric_type::counter, options, std::move(read)));
}

attachment registry::attach(collector source) { return attachment(core_->attach(std::move(source))); }

void registry::collect(snapshot& target) const { core_->collect(target); }

}  // namespace v0
}  // namespace telltale
