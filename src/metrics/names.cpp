#include "metrics/names.hpp"

#include "base/utf8.hpp"
#include "metrics/text_table.hpp"

#include <telltale/result.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

[[noreturn]] void fail(error_code code, std::string_view metric, std::string_view rule_and_remedy) {
  std::string sentence = "metric \"";
  sentence.append(metric).append("\": ").append(rule_and_remedy);
  throw error(code, sentence);
}

bool is_snake_case(std::string_view name) {
  if (name.empty() || !(name[0] == '_' || (name[0] >= 'a' && name[0] <= 'z'))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

struct suffix_rule {
  std::string_view suffix;
  std::string_view remedy;
  bool from_formats = false;  // the formats make names with this suffix out of others
};

// Suffixes that the formats add themselves, that name a type, or that are no base unit.
constexpr std::array suffix_rules{
    suffix_rule{"_bucket", "the formats add this suffix to histograms: choose another name", true},
    suffix_rule{"_count", "the formats add this suffix to histograms: for a gauge name the thing counted, as in sessions_active", true},
    suffix_rule{"_sum", "the formats add this suffix to histograms: choose another name", true},
    suffix_rule{"_created", "OpenMetrics adds this suffix: choose another name", true},
    suffix_rule{"_counter", "a name does not state its type: end a counter in _total"},
    suffix_rule{"_gauge", "a name does not state its type: drop the suffix"},
    suffix_rule{"_histogram", "a name does not state its type: drop the suffix and end in the unit, as in _seconds"},
    suffix_rule{"_ms", "use the base unit: observe seconds and end the name in _seconds"},
    suffix_rule{"_milliseconds", "use the base unit: observe seconds and end the name in _seconds"},
    suffix_rule{"_us", "use the base unit: observe seconds and end the name in _seconds"},
    suffix_rule{"_microseconds", "use the base unit: observe seconds and end the name in _seconds"},
    suffix_rule{"_ns", "use the base unit: observe seconds and end the name in _seconds"},
    suffix_rule{"_nanoseconds", "use the base unit: observe seconds and end the name in _seconds"},
    suffix_rule{"_minutes", "use the base unit: observe seconds and end the name in _seconds"},
    suffix_rule{"_hours", "use the base unit: observe seconds and end the name in _seconds"},
    suffix_rule{"_kb", "use the base unit: bytes, and end the name in _bytes"},
    suffix_rule{"_kilobytes", "use the base unit: bytes, and end the name in _bytes"},
    suffix_rule{"_mb", "use the base unit: bytes, and end the name in _bytes"},
    suffix_rule{"_megabytes", "use the base unit: bytes, and end the name in _bytes"},
    suffix_rule{"_percent", "use the base unit: a ratio from 0 to 1, and end the name in _ratio"},
};

constexpr std::array<std::string_view, 8> base_units{"seconds", "bytes",  "ratio", "celsius",
                                                     "meters",  "joules", "grams", "volts"};

}  // namespace

std::string_view family_name(metric_type type, std::string_view name) noexcept {
  if (type == metric_type::counter && name.ends_with("_total")) name.remove_suffix(6);
  if (type == metric_type::info && name.ends_with("_info")) name.remove_suffix(5);
  return name;
}

std::string_view unit_of(std::string_view name) noexcept {
  if (name.ends_with("_total")) name.remove_suffix(6);
  for (const std::string_view unit : base_units) {
    if (name.size() > unit.size() + 1 && name.ends_with(unit) && name[name.size() - unit.size() - 1] == '_') return unit;
  }
  return {};
}

void check_metric(metric_type type, const std::string& name, const std::string& help) {
  if (!is_snake_case(name)) {
    fail(error_code::invalid_name, name,
         "a name is snake_case: lower-case letters, digits and underscores, not beginning with a digit (a colon belongs to "
         "recording rules)");
  }
  if (name.starts_with("__")) fail(error_code::invalid_name, name, "two leading underscores are reserved: drop them");
  if (type == metric_type::counter && !name.ends_with("_total")) {
    fail(error_code::invalid_name, name, "a counter's name ends in _total: write \"" + name + "_total\"");
  }
  if (type != metric_type::counter && name.ends_with("_total")) {
    fail(error_code::invalid_name, name, "only a counter's name ends in _total: drop the suffix, or make it a counter");
  }
  if (type == metric_type::info && !name.ends_with("_info")) {
    fail(error_code::invalid_name, name, "an info metric's name ends in _info: write \"" + name + "_info\"");
  }
  const std::string_view family = family_name(type, name);
  if (family.empty()) fail(error_code::invalid_name, name, "name the thing that stands before _total or _info");
  for (const suffix_rule& rule : suffix_rules) {
    // A counter's _total keeps it apart from what the formats add; other rules hold for what stands before _total, too.
    const std::string_view checked = rule.from_formats ? std::string_view(name) : family;
    if (checked.ends_with(rule.suffix)) fail(error_code::invalid_name, name, rule.remedy);
  }
  if (help.empty()) fail(error_code::invalid_name, name, "help is required: say in one sentence what is measured");
  if (!is_valid_utf8(help)) fail(error_code::invalid_name, name, "help must be UTF-8");
}

void check_labels(const std::string& metric, std::span<const label_spec> labels, const registry_options& options) {
  std::size_t text_labels = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string name(labels[i].name);
    // Those of a family are held to this by the compiler, but not an info metric's, nor a state set's own.
    for (std::size_t j = 0; j < i; ++j) {
      if (labels[j].name == name) fail(error_code::invalid_label, metric, "the label \"" + name + "\" stands twice");
    }
    for (const auto& constant : options.constant_labels) {
      if (constant.first == name) {
        fail(error_code::invalid_label, metric,
             "the label \"" + name + "\" is a constant label of the registry already: rename one of them");
      }
    }
    text_labels += labels[i].values.empty() ? 1 : 0;
  }
  if (text_labels > max_text_labels) {
    fail(error_code::invalid_label, metric,
         "a family has at most " + std::to_string(max_text_labels) + " text labels: drop some, or use enums");
  }
}

void check_registry(const registry_options& options) {
  if (!options.prefix.empty() && (!is_snake_case(options.prefix) || options.prefix.ends_with('_'))) {
    throw error(error_code::invalid_name, "registry prefix \"" + options.prefix +
                                              "\": it is snake_case and does not end in an underscore, which is added");
  }
  for (std::size_t i = 0; i < options.constant_labels.size(); ++i) {
    const auto& [name, value] = options.constant_labels[i];
    const std::string which = "constant label \"" + name + "\": ";
    if (!is_label_name(name) || is_reserved_label(name)) {
      throw error(error_code::invalid_label,
                  which + "a label's name is letters, digits and underscores, not beginning with a digit or two "
                          "underscores, and not le or quantile");
    }
    if (!is_valid_utf8(value)) throw error(error_code::invalid_label, which + "the value must be UTF-8");
    for (std::size_t j = 0; j < i; ++j) {
      if (options.constant_labels[j].first == name) throw error(error_code::invalid_label, which + "it stands twice");
    }
  }
}

void check_info_labels(const std::string& metric, std::span<const std::pair<std::string, std::string>> labels) {
  for (const auto& [name, value] : labels) {
    if (!is_label_name(name) || is_reserved_label(name)) {
      fail(error_code::invalid_label, metric,
           "the label \"" + name + "\" breaks the rule: letters, digits and underscores, not beginning with a digit or two "
           "underscores, and not le or quantile");
    }
    if (!is_valid_utf8(value)) fail(error_code::invalid_label, metric, "the value of the label \"" + name + "\" must be UTF-8");
  }
}

void check_buckets(const std::string& metric, const histogram_options& options) {
  const std::span<const double> bounds = options.buckets;
  if (options.native) {
    const native_buckets& native = *options.native;
    if (native.resolution < 0 || native.resolution > 8) {
      fail(error_code::invalid_buckets, metric, "the resolution of native buckets is 0 to 8: 2^resolution buckets a doubling");
    }
    if (native.lowest_exponent < -1000 || native.highest_exponent > 1000 ||
        native.lowest_exponent >= native.highest_exponent) {
      fail(error_code::invalid_buckets, metric,
           "the range of native buckets is from 2^lowest_exponent up to 2^highest_exponent, exponents from -1000 to 1000");
    }
    if (native.max_buckets < static_cast<std::uint32_t>(native.highest_exponent - native.lowest_exponent)) {
      fail(error_code::invalid_buckets, metric,
           "max_buckets of native buckets is at least highest_exponent - lowest_exponent: raise it, or narrow the range");
    }
  }
  if ((bounds.empty() && !options.native) || bounds.size() > 200) {
    fail(error_code::invalid_buckets, metric, "a histogram has 1 to 200 bucket bounds; tt::buckets has presets");
  }
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (!std::isfinite(bounds[i])) {
      fail(error_code::invalid_buckets, metric, "bucket bounds are finite: leave +Inf out, it is added");
    }
    if (i > 0 && !(bounds[i - 1] < bounds[i])) {
      fail(error_code::invalid_buckets, metric, "bucket bounds increase strictly: sort them and drop repetitions");
    }
  }
}

void append_label(std::string& labels, std::string_view name, std::string_view value) {
  if (!labels.empty()) labels += ',';
  labels.append(name).append("=\"");
  for (const char c : value) {
    if (c == '\\' || c == '"') labels += '\\';
    if (c == '\n') {
      labels += "\\n";
    } else {
      labels += c;
    }
  }
  labels += '"';
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
