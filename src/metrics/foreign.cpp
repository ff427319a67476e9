#include "metrics/foreign.hpp"

#include "base/utf8.hpp"
#include "metrics/names.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <exception>
#include <iterator>
#include <limits>
#include <numeric>
#include <unordered_map>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

using bucket = foreign_series::bucket;

constexpr std::size_t most_problems = 100;
constexpr std::size_t longest_metric_label = 128;
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      valid += text[at++];
      continue;
    }
    const utf8_part part = utf8_at(text, at);
    valid += part.valid ? text.substr(at, part.size) : std::string_view("\xEF\xBF\xBD");
    at += part.size;
  }
  return valid;
}

void mend_utf8(std::string& text) {
  if (!is_valid_utf8(text)) text = valid_utf8(text);
}

bool is_metric_name(std::string_view name) noexcept {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
  });
}

// What the formats append to the family's name, in either of them.
std::span<const std::string_view> suffixes_of(const family_info& info) noexcept {
  static constexpr std::array<std::string_view, 2> counter{"_total", "_created"};
  static constexpr std::array<std::string_view, 4> distribution{"_bucket", "_sum", "_count", "_created"};
  static constexpr std::array<std::string_view, 1> other{"_info"};
  switch (info.type) {
    case metric_type::counter:
      if (info.name.ends_with("_total")) return counter;
      return {};
    case metric_type::histogram:
    case metric_type::summary: return distribution;
    case metric_type::gauge:
    case metric_type::unknown: return {};
    default: return other;
  }
}

constexpr std::array<std::string_view, 6> all_suffixes{"_total", "_created", "_bucket", "_sum", "_count", "_info"};

// ---- One series ----

// The labels as the formats write them, sorted by name, so that equal sets give equal texts; false where they are invalid.
bool render_labels(std::vector<std::pair<std::string, std::string>>& labels, metric_type type, std::string& out) {
  for (auto& [name, value] : labels) {
    if (!is_label_name(name)) return false;
    if (name == "le" && type == metric_type::histogram) return false;
    if (name == "quantile" && type == metric_type::summary) return false;
    mend_utf8(value);
  }
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  std::string rendered;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i > 0 && labels[i - 1].first == labels[i].first) return false;
    if (!labels[i].second.empty()) append_label(rendered, labels[i].first, labels[i].second);
  }
  out += rendered;
  return true;
}

// Sorted, each bound once, +Inf last; false where that cannot be made of them.
bool mend_buckets(std::vector<bucket>& buckets, std::uint64_t count) {
  if (std::any_of(buckets.begin(), buckets.end(), [](const bucket& each) { return std::isnan(each.upper_bound); })) {
    return false;
  }
  std::erase_if(buckets, [](const bucket& each) { return each.upper_bound == -infinity; });
  std::sort(buckets.begin(), buckets.end(), [](const bucket& a, const bucket& b) {
    return a.upper_bound != b.upper_bound ? a.upper_bound < b.upper_bound : a.cumulative_count > b.cumulative_count;
  });
  buckets.erase(std::unique(buckets.begin(), buckets.end(),
                            [](const bucket& a, const bucket& b) { return a.upper_bound == b.upper_bound; }),
                buckets.end());
  if (buckets.empty() || buckets.back().upper_bound < infinity) {
    const std::uint64_t finite = buckets.empty() ? 0 : buckets.back().cumulative_count;
    buckets.push_back({infinity, std::max(count, finite)});
  }
  return std::is_sorted(buckets.begin(), buckets.end(),
                        [](const bucket& a, const bucket& b) { return a.cumulative_count < b.cumulative_count; });
}

bool mend_quantiles(std::vector<quantile_value>& quantiles) {
  for (const quantile_value& each : quantiles) {
    if (!(each.quantile >= 0 && each.quantile <= 1)) return false;
  }
  std::stable_sort(quantiles.begin(), quantiles.end(),
                   [](const quantile_value& a, const quantile_value& b) { return a.quantile < b.quantile; });
  quantiles.erase(std::unique(quantiles.begin(), quantiles.end(),
                              [](const quantile_value& a, const quantile_value& b) { return a.quantile == b.quantile; }),
                  quantiles.end());
  return true;
}

// ---- One family, put together from what all collectors gave for it ----

struct stored_family {
  struct stored_series {
    std::size_t labels_end;
    foreign_series data;  // without its labels
  };

  family_info info;
  std::string labels;  // of all series, one after the other
  std::vector<stored_series> given;
  std::vector<std::uint64_t> cells;
  std::vector<series_snapshot> series;

  void add(foreign_series&& one, foreign_problems& problems) {
    const auto reject = [&](std::string_view reason, std::string_view sentence) {
      problems.note(info.name, reason, sentence);
    };
    const std::size_t labels_begin = labels.size();
    if (!render_labels(one.labels, info.type, labels)) {
      return reject("invalid_label", "a series has a label whose name is not valid, is reserved, or has two values");
    }
    const auto acceptable = [&] {
      if (info.type == metric_type::counter && !(one.value.as_double() >= 0)) {
        reject("invalid_value", "a counter is NaN or negative");
        return false;
      }
      if (info.type == metric_type::histogram && !mend_buckets(one.buckets, one.count)) {
        reject("invalid_buckets", "a histogram's buckets are not cumulative, or have NaN for a bound");
        return false;
      }
      if (info.type == metric_type::summary && !mend_quantiles(one.quantiles)) {
        reject("invalid_quantile", "a summary has a quantile that is not from 0 to 1");
        return false;
      }
      return true;
    };
    if (!acceptable()) {
      labels.resize(labels_begin);
      return;
    }
    one.labels.clear();
    given.push_back({labels.size(), std::move(one)});
  }

  std::string_view labels_of(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : given[i - 1].labels_end;
    return std::string_view(labels).substr(begin, given[i].labels_end - begin);
  }

  // Nothing is added afterwards: the snapshot may point at what is here.
  void finish(foreign_problems& problems) {
    std::vector<std::size_t> order(given.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      const int compared = labels_of(a).compare(labels_of(b));
      return compared != 0 ? compared < 0 : a < b;
    });
    std::vector<bool> twice(given.size(), false);
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (labels_of(order[i]) != labels_of(order[i - 1])) continue;
      twice[order[i]] = true;
      problems.note(info.name, "duplicate_series", "two series have the same labels; the first one is kept");
    }
    if (info.type == metric_type::histogram) agree_on_bounds(problems);
    const std::size_t row = info.type == metric_type::histogram ? info.bounds.size() + 1 : 1;
    cells.reserve(given.size() * row);
    series.reserve(given.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (twice[i]) continue;
      const foreign_series& from = given[i].data;
      series_snapshot& to = series.emplace_back();
      to.labels = labels_of(i);
      to.value = from.value;
      to.sum = from.sum;
      to.quantiles = from.quantiles;
      const std::size_t first = cells.size();
      if (info.type == metric_type::histogram) {
        append_row(from.buckets);
      } else if (info.type == metric_type::summary) {
        cells.push_back(from.count);
      } else {
        continue;
      }
      to.buckets = {cells.data() + first, cells.size() - first};
    }
  }

  // The bounds that all series have. Cumulative counts stay exact when buckets between them are dropped.
  void agree_on_bounds(foreign_problems& problems) {
    bool differ = false;
    for (std::size_t i = 0; i < given.size(); ++i) {
      std::vector<double> own;
      for (const bucket& each : given[i].data.buckets) {
        if (each.upper_bound < infinity) own.push_back(each.upper_bound + 0.0);  // no negative zero
      }
      if (i == 0) {
        info.bounds = std::move(own);
      } else if (own != info.bounds) {
        differ = true;
        std::vector<double> common;
        std::set_intersection(info.bounds.begin(), info.bounds.end(), own.begin(), own.end(), std::back_inserter(common));
        info.bounds = std::move(common);
      }
    }
    if (differ) {
      problems.note(info.name, "bounds_differ", "its series have different buckets; those that all of them have are kept");
    }
  }

  void append_row(const std::vector<bucket>& buckets) {
    std::uint64_t before = 0;
    auto at = buckets.begin();
    const auto append = [&](double bound) {
      while (at->upper_bound < bound) ++at;  // the bound is there
      cells.push_back(at->cumulative_count - before);
      before = at->cumulative_count;
    };
    for (const double bound : info.bounds) append(bound);
    append(infinity);
  }
};

// ---- All of one collection ----

struct foreign_store {
  std::deque<stored_family> families;  // a deque: elements stay where they are
  std::vector<series_snapshot> problems;
};

class foreign_builder {
 public:
  foreign_builder(foreign_store& store, foreign_problems& problems, const std::vector<family_snapshot>& own,
                  const family_info& self_info)
      : store_(store), problems_(problems) {
    taken_.reserve(own.size() + 1);
    for (const family_snapshot& family : own) take(*family.info, nullptr);
    take(self_info, nullptr);
  }

  void add(foreign_family&& family) {
    stored_family* target = family_for(family);
    if (target == nullptr) return;
    for (foreign_series& one : family.series) target->add(std::move(one), problems_);
  }

 private:
  struct owner {
    const family_info* info;
    stored_family* foreign;  // null for the registry's own
  };

  void take(const family_info& info, stored_family* foreign) {
    taken_.emplace(family_name(info.type, info.name), owner{&info, foreign});
  }

  stored_family* family_for(foreign_family& family) {
    if (!is_metric_name(family.name)) {
      problems_.note(family.name, "invalid_name", "the name is not letters, digits, underscores and colons");
      return nullptr;
    }
    switch (family.type) {
      case metric_type::counter:
      case metric_type::gauge:
      case metric_type::histogram:
      case metric_type::unknown:
      case metric_type::summary: break;
      default: problems_.note(family.name, "unsupported_type", "its type cannot be collected"); return nullptr;
    }
    family_info info{family.name, std::move(family.help), {}, family.type, {}};
    const auto same = taken_.find(family_name(info.type, info.name));
    if (same != taken_.end() && same->second.foreign != nullptr && same->second.info->type == info.type &&
        same->second.info->name == info.name) {
      return same->second.foreign;
    }
    if (clashes(info)) {
      problems_.note(info.name, "name_clash", "another family has samples of the same name");
      return nullptr;
    }
    mend_utf8(info.help);
    stored_family& added = store_.families.emplace_back();
    added.info = std::move(info);
    take(added.info, &added);
    return &added;
  }

  bool clashes(const family_info& info) const {
    std::string sample(family_name(info.type, info.name));
    const std::size_t size = sample.size();
    if (is_taken(sample)) return true;
    for (const std::string_view suffix : suffixes_of(info)) {
      sample.resize(size);
      sample += suffix;
      if (is_taken(sample)) return true;
    }
    return false;
  }

  bool is_taken(std::string_view sample) const {
    if (taken_.contains(sample)) return true;
    for (const std::string_view suffix : all_suffixes) {
      if (!sample.ends_with(suffix)) continue;
      const auto found = taken_.find(sample.substr(0, sample.size() - suffix.size()));
      if (found == taken_.end()) continue;
      const auto theirs = suffixes_of(*found->second.info);
      if (std::find(theirs.begin(), theirs.end(), suffix) != theirs.end()) return true;
    }
    return false;
  }

  foreign_store& store_;
  foreign_problems& problems_;
  std::unordered_map<std::string_view, owner> taken_;  // by the families' names in OpenMetrics
};

}  // namespace

// ---- What was left out ----

foreign_problems::foreign_problems(std::string constant_labels, std::shared_ptr<event_hook> hook)
    : constant_labels_(std::move(constant_labels)), hook_(std::move(hook)) {
  counts_.emplace(labels_of("*", "collector_failed"), 0);
}

std::string foreign_problems::labels_of(std::string_view metric, std::string_view reason) const {
  std::string labels = constant_labels_;
  append_label(labels, "metric", valid_utf8(metric.substr(0, longest_metric_label)));
  append_label(labels, "reason", reason);
  return labels;
}

void foreign_problems::note(std::string_view metric, std::string_view reason, std::string_view sentence) {
  std::string labels = labels_of(metric, reason);
  auto found = counts_.find(labels);
  if (found == counts_.end()) {
    if (counts_.size() >= most_problems) labels = labels_of("_other", reason);
    found = counts_.try_emplace(std::move(labels), 0).first;
  }
  if (++found->second > 1 || hook_ == nullptr) return;
  std::string message = "the foreign metric \"";
  message += valid_utf8(metric.substr(0, longest_metric_label));
  message.append("\" is not shown as it was given: ").append(sentence);
  hook_->report(event_severity::warning, "metrics", message);
}

// ---- The collectors ----

foreign_sources::foreign_sources(const std::string& constant_labels, std::shared_ptr<event_hook> hook)
    : problems_(constant_labels, std::move(hook)),
      self_info_{std::string(self_metric),
                 "Families, series and buckets of attached collectors left out, because they were invalid.",
                 {}, metric_type::counter, {}} {}

std::shared_ptr<attachment_record> foreign_sources::attach(collector read) {
  drop_dead();
  auto record = std::make_shared<attachment_record>();
  record->read = std::move(read);
  attached_.push_back(record);
  return record;
}

void foreign_sources::begin_collection() {
  drop_dead();
  collected_ = attached_;
}

void foreign_sources::drop_dead() {
  std::erase_if(attached_, [](const auto& record) { return record->dead.load(std::memory_order_acquire); });
}

void foreign_sources::run() {
  for (const auto& record : collected_) run(*record);
}

void foreign_sources::run(attachment_record& record) {
  collector doomed;  // destroyed after the mutex is released
  const std::lock_guard lock(record.mutex);
  record.given.clear();
  if (!record.read) return;
  record.running_on.store(std::this_thread::get_id());
  try {
    record.read(record.given);
  } catch (const std::exception& thrown) {
    problems_.note("*", "collector_failed", std::string("a collector threw: ") + thrown.what());
  } catch (...) {
    problems_.note("*", "collector_failed", "a collector threw something that is no std::exception");
  }
  record.running_on.store(std::thread::id{});
  if (record.dead.load(std::memory_order_acquire)) {
    record.given.clear();
    doomed.swap(record.read);
  }
}

std::shared_ptr<const void> foreign_sources::add_to(std::vector<family_snapshot>& families) {
  if (collected_.empty()) return nullptr;
  auto store = std::make_shared<foreign_store>();
  foreign_builder builder(*store, problems_, families, self_info_);
  for (const auto& record : collected_) {
    for (foreign_family& family : record->given) builder.add(std::move(family));
    record->given.clear();
  }
  for (stored_family& family : store->families) {
    family.finish(problems_);
    families.push_back({&family.info, family.series});
  }
  store->problems.reserve(problems_.counts().size());
  for (const auto& [labels, count] : problems_.counts()) {
    series_snapshot& series = store->problems.emplace_back();
    series.labels = labels;
    series.value = metric_value(count);
  }
  families.push_back({&self_info_, store->problems});
  return store;
}

}  // namespace detail

// ---- The public class ----

attachment::attachment(std::shared_ptr<detail::attachment_record> record) noexcept : record_(std::move(record)) {}

attachment& attachment::operator=(attachment&& other) noexcept {
  std::swap(record_, other.record_);
  return *this;
}

attachment::~attachment() {
  if (record_ == nullptr) return;
  record_->dead.store(true, std::memory_order_release);
  if (record_->running_on.load() == std::this_thread::get_id()) return;  // within itself: the collection clears it
  collector doomed;  // destroyed after the mutex is released
  const std::lock_guard lock(record_->mutex);
  doomed.swap(record_->read);
}

}  // namespace v0
}  // namespace telltale
