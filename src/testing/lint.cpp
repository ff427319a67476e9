#include <telltale/testing/lint.hpp>

#include <algorithm>
#include <array>
#include <ostream>
#include <set>
#include <string_view>
#include <utility>

namespace telltale {
inline namespace v0 {
namespace testing {

namespace {

struct word_rule {
  std::string_view word;
  std::string_view instead;
};

// Words of a name, wherever they stand; registration refuses some of them at the end alone.
constexpr std::array abbreviations{
    word_rule{"sec", "seconds"},   word_rule{"secs", "seconds"}, word_rule{"ms", "seconds"},   word_rule{"msec", "seconds"},
    word_rule{"us", "seconds"},    word_rule{"usec", "seconds"}, word_rule{"ns", "seconds"},   word_rule{"min", "seconds, or minimum"},
    word_rule{"mins", "seconds"},  word_rule{"hrs", "seconds"},  word_rule{"kb", "bytes"},     word_rule{"mb", "bytes"},
    word_rule{"gb", "bytes"},      word_rule{"kib", "bytes"},    word_rule{"mib", "bytes"},    word_rule{"gib", "bytes"},
    word_rule{"pct", "ratio"},     word_rule{"avg", "a histogram, whose sum over count is the average"},
    word_rule{"num", "the plural of what is counted"},           word_rule{"cnt", "the plural of what is counted"},
    word_rule{"amt", "the amount with its unit: minor units of a currency"},
    word_rule{"req", "requests"},  word_rule{"reqs", "requests"}, word_rule{"resp", "responses"}, word_rule{"err", "errors"},
    word_rule{"errs", "errors"},   word_rule{"txn", "transactions"}, word_rule{"txns", "transactions"},
    word_rule{"dur", "duration"},  word_rule{"lat", "latency"},
};

constexpr std::array odd_units{
    word_rule{"milliseconds", "seconds"}, word_rule{"microseconds", "seconds"}, word_rule{"nanoseconds", "seconds"},
    word_rule{"minutes", "seconds"},      word_rule{"hours", "seconds"},        word_rule{"days", "seconds"},
    word_rule{"weeks", "seconds"},        word_rule{"kilobytes", "bytes"},      word_rule{"megabytes", "bytes"},
    word_rule{"gigabytes", "bytes"},      word_rule{"kibibytes", "bytes"},      word_rule{"mebibytes", "bytes"},
    word_rule{"gibibytes", "bytes"},      word_rule{"bits", "bytes"},           word_rule{"percent", "ratio"},
    word_rule{"percentage", "ratio"},     word_rule{"fahrenheit", "celsius"},   word_rule{"kelvin", "celsius"},
    word_rule{"kilometers", "meters"},    word_rule{"millimeters", "meters"},   word_rule{"miles", "meters"},
    word_rule{"kilograms", "grams"},      word_rule{"calories", "joules"},      word_rule{"millivolts", "volts"},
};

constexpr std::array<std::string_view, 5> types{"counter", "gauge", "histogram", "summary", "metric"};
constexpr std::array<std::string_view, 12> events{"requests", "errors", "failures", "retries", "attempts", "timeouts",
                                                  "hits",     "misses", "events",   "drops",   "rejections", "calls"};

// The last word of a label's name, for what has as many values as there are people, payments or moments.
constexpr std::array open_labels{
    word_rule{"id", "an id"},          word_rule{"ids", "an id"},       word_rule{"uuid", "an id"},
    word_rule{"guid", "an id"},        word_rule{"reference", "an id"}, word_rule{"token", "a secret"},
    word_rule{"secret", "a secret"},   word_rule{"password", "a secret"}, word_rule{"key", "an id or a secret"},
    word_rule{"email", "personal data"}, word_rule{"mail", "personal data"}, word_rule{"phone", "personal data"},
    word_rule{"address", "personal data, or as many values as there are machines"},
    word_rule{"ip", "personal data"},  word_rule{"user", "personal data"}, word_rule{"username", "personal data"},
    word_rule{"customer", "personal data"}, word_rule{"cardholder", "personal data"}, word_rule{"iban", "personal data"},
    word_rule{"pan", "a card's number"}, word_rule{"card", "a card's number"}, word_rule{"account", "personal data"},
    word_rule{"wallet", "personal data"}, word_rule{"amount", "an amount"}, word_rule{"price", "an amount"},
    word_rule{"balance", "an amount"}, word_rule{"timestamp", "a moment"}, word_rule{"time", "a moment"},
    word_rule{"url", "whatever a client sends"}, word_rule{"uri", "whatever a client sends"},
    word_rule{"path", "whatever a client sends"}, word_rule{"query", "whatever a client sends"},
    word_rule{"session", "an id"},     word_rule{"message", "free text"},
};

template <class Rules>
const word_rule* rule_for(const Rules& rules, std::string_view word) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const word_rule& rule) { return rule.word == word; });
  return found == rules.end() ? nullptr : &*found;
}

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('_'), name.size());
    if (end > 0) words.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return words;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// An e-mail address, or a run of at least twelve digits and hex digits such as an id, a card's number, a UUID.
bool looks_open(std::string_view value) {
  if (value.find('@') != std::string_view::npos) return true;
  std::size_t run = 0;
  std::size_t digits = 0;
  for (const char c : value) {
    const bool digit = c >= '0' && c <= '9';
    if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      ++run;
      digits += digit ? 1 : 0;
      if (run >= 12 && digits >= 6) return true;
    } else if (c != '-') {
      run = digits = 0;
    }
  }
  return false;
}

class checker {
 public:
  explicit checker(const lint_options& options) : options_(options) {}

  void check(const family_snapshot& family) {
    info_ = family.info;
    check_help();
    check_name();
    check_labels(family);
    const std::size_t each = info_->type == metric_type::histogram ? info_->bounds.size() + 3 : 1;
    const std::size_t samples = family.series.size() * each;
    if (samples >= options_.many_samples) {
      add("a family has few series: this one gives " + std::to_string(samples) + " samples a scrape",
          "drop a label, or give it fewer values");
    }
  }

  std::vector<finding> take() { return std::move(findings_); }

 private:
  void add(std::string rule, std::string remedy) { findings_.push_back({info_->name, std::move(rule), std::move(remedy)}); }

  void check_help() {
    const std::string& help = info_->help;
    if (!help.ends_with('.')) add("help is a sentence: it has no full stop at its end", "write one sentence with a full stop");
    std::string plain;
    for (const char c : help) {
      const bool upper = c >= 'A' && c <= 'Z';
      if (c != '.') plain += upper ? static_cast<char>(c - 'A' + 'a') : c == ' ' ? '_' : c;
    }
    if (plain == info_->name || plain + "_total" == info_->name) {
      add("help says more than the name: this one repeats it", "say what is counted, and when");
    }
  }

  void check_name() {
    std::string_view base = info_->name;
    if (base.ends_with("_total")) base.remove_suffix(6);
    const std::vector<std::string_view> words = words_of(base);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string_view word = words[i];
      if (const word_rule* rule = rule_for(abbreviations, word)) {
        add("names have no abbreviations: " + quoted(word), "write " + std::string(rule->instead));
      }
      if (const word_rule* rule = rule_for(odd_units, word)) {
        add("values are in base units: " + quoted(word) + " is none", "use " + std::string(rule->instead));
      }
      if ((word == "seconds" || word == "bytes" || word == "ratio") && i + 1 < words.size()) {
        add("the unit stands last: " + quoted(word) + " does not", "move it to the end (of a counter: before _total)");
      }
      if (contains(types, word)) add("a name does not state its type: " + quoted(word), "drop the word");
      if (word == "by" && i > 0 && i + 1 < words.size()) {
        add("a name does not state its labels: \"_by_\"", "drop what follows; the labels say it, and a query may sum over them");
      }
    }
    if (words.empty()) return;
    if (info_->type == metric_type::gauge && contains(events, words.back())) {
      add("a gauge is not named like a counter: " + quoted(words.back()) + " reads as events since the start",
          "make it a counter, or say which state is meant, as in requests_in_flight");
    }
    if (info_->type == metric_type::histogram && info_->unit.empty() && !words.back().ends_with('s')) {
      add("a histogram's name ends in the unit of what it observes", "end it in _seconds, _bytes, _ratio or in the plural of what is counted");
    }
  }

  void check_labels(const family_snapshot& family) {
    std::set<std::string, std::less<>> judged;
    std::set<std::string, std::less<>> open;
    for (const series_snapshot& series : family.series) {
      for_each_label(series.labels, [&](std::string_view label, std::string_view value) {
        if (judged.emplace(label).second) check_label(label);
        if (looks_open(value) && open.emplace(label).second) {
          add("a label's values are few and nobody's data: one of " + quoted(label) + " looks like an id or an address",
              "put it into the span and the log line instead");
        }
      });
    }
  }

  void check_label(std::string_view label) {
    if (std::any_of(label.begin(), label.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      add("labels are snake_case: " + quoted(label), "write lower-case words with underscores between");
    }
    const std::vector<std::string_view> words = words_of(label);
    if (words.empty()) return;
    if (contains(types, words.back()) || label == info_->name) {
      add("a label does not repeat the metric's type or name: " + quoted(label), "name what tells the series apart");
    }
    if (const word_rule* rule = rule_for(open_labels, words.back())) {
      add("a label's values are few and nobody's data: " + quoted(label) + " is " + std::string(rule->instead),
          "put it into the span and the log line instead, or use a closed set (a class, a route pattern)");
    }
  }

  const lint_options& options_;
  const family_info* info_ = nullptr;
  std::vector<finding> findings_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const finding& one) {
  return out << one.metric << ": " << one.rule << "; " << one.remedy;
}

std::vector<finding> lint(const snapshot& values, const lint_options& options) {
  checker all(options);
  for (const family_snapshot& family : values.families()) {
    if (!family.info->name.starts_with("telltale_")) all.check(family);
  }
  return all.take();
}

std::vector<finding> lint(const registry& metrics, const lint_options& options) { return lint(metrics.collect(), options); }

}  // namespace testing
}  // namespace v0
}  // namespace telltale
