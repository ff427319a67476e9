// Matchers for Catch2, version 2 or 3, whichever is installed. Of telltale's headers this alone needs it; link Catch2
// yourself.
//
//   CHECK_THAT(obs.metrics(), tt::testing::has_value("charges_total", {{"provider", "stripe"}}, 1));
//   CHECK_THAT(changes, tt::testing::only_changed("charges_total", {{"provider", "stripe"}}, 1));
//   CHECK_THAT(obs.metrics(), tt::testing::passes_lint());
//
// A mismatch says what there is instead: the value, the other changes, the findings.
#pragma once

#include <telltale/testing/changes.hpp>
#include <telltale/testing/lint.hpp>
#include <telltale/testing/values.hpp>

#if __has_include(<catch2/matchers/catch_matchers.hpp>)
#include <catch2/catch_tostring.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#elif __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#error "telltale/testing/catch_matchers.hpp needs Catch2, version 2 or 3"
#endif

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace testing {

namespace detail {

#if __has_include(<catch2/matchers/catch_matchers.hpp>)
template <class T>
using matcher_base = Catch::Matchers::MatcherBase<T>;
#else
template <class T>
using matcher_base = Catch::MatcherBase<T>;
#endif

// Catch2 asks a matcher to describe itself after it has matched, so it can say what it met.
template <class T>
class matcher : public matcher_base<T> {
 public:
  std::string describe() const override { return met_.empty() ? wanted_ : wanted_ + "; there is: " + met_; }

 protected:
  explicit matcher(std::string wanted) : wanted_(std::move(wanted)) {}

  template <class... Parts>
  static std::string text(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
  }

  mutable std::string met_;

 private:
  std::string wanted_;
};

using owned_labels = std::vector<std::pair<std::string, std::string>>;

inline std::string labels_text(snapshot::label_list labels) {
  std::string text;
  for (const auto& [label, value] : labels) {
    text.append(text.empty() ? "{" : ",").append(label).append("=\"").append(value).append("\"");
  }
  return text.empty() ? text : text + "}";
}

inline owned_labels labels_of(std::string_view rendered) {
  owned_labels labels;
  for_each_label(rendered, [&](std::string_view label, std::string_view value) { labels.emplace_back(label, value); });
  return labels;
}

inline bool same_labels(std::string_view rendered, const owned_labels& wanted) {
  const owned_labels there = labels_of(rendered);
  return there.size() == wanted.size() && std::is_permutation(there.begin(), there.end(), wanted.begin());
}

}  // namespace detail

/// Matches a registry in which this series has this value (of a histogram: this many observations). Exact.
class has_value final : public detail::matcher<registry> {
 public:
  has_value(std::string_view name, snapshot::label_list labels, double wanted)
      : matcher(text("has ", name, detail::labels_text(labels), " ", wanted)),
        name_(name),
        labels_(labels.begin(), labels.end()),
        wanted_(wanted) {}
  has_value(std::string_view name, double wanted) : has_value(name, {}, wanted) {}

  bool match(const registry& metrics) const override {
    const snapshot values = metrics.collect();
    const family_snapshot* family = values.find(name_);
    if (family == nullptr) {
      met_ = "no metric of that name";
      return false;
    }
    for (const series_snapshot& series : family->series) {
      if (!detail::same_labels(series.labels, labels_)) continue;
      const bool counted = series.buckets.empty();
      const double value = counted ? series.value.as_double() : static_cast<double>(series.count());
      met_ = value == wanted_ ? "" : text(value);
      return value == wanted_;
    }
    met_ = "no series with these labels among " + std::to_string(family->series.size());
    return false;
  }

 private:
  std::string name_;
  detail::owned_labels labels_;
  double wanted_;
};

/// Matches `changes` in which this series grew by so much (a histogram: got so many observations), and no other changed.
class only_changed final : public detail::matcher<changes> {
 public:
  only_changed(std::string_view name, snapshot::label_list labels, double by)
      : matcher(text("only changed ", name, detail::labels_text(labels), " +", by)),
        name_(name),
        labels_(labels.begin(), labels.end()),
        by_(by) {}
  only_changed(std::string_view name, double by) : only_changed(name, {}, by) {}

  bool match(const changes& seen) const override {
    const std::vector<change> all = seen.all();
    met_.clear();
    for (const change& one : all) met_ += text(met_.empty() ? "" : ", ", one);
    if (all.empty()) met_ = "no change";
    if (all.size() != 1) return false;
    const change& only = all.front();
    const double by = only.observations > 0 ? static_cast<double>(only.observations) : only.by;
    const bool matches = only.name == name_ && by == by_ && detail::same_labels(only.labels, labels_);
    if (matches) met_.clear();
    return matches;
  }

 private:
  std::string name_;
  detail::owned_labels labels_;
  double by_;
};

/// Matches a registry in which `lint` finds nothing.
class passes_lint final : public detail::matcher<registry> {
 public:
  explicit passes_lint(lint_options options = {}) : matcher("passes lint"), options_(options) {}

  bool match(const registry& metrics) const override {
    met_.clear();
    for (const finding& one : lint(metrics, options_)) met_ += text("\n  ", one);
    return met_.empty();
  }

 private:
  lint_options options_;
};

}  // namespace testing
}  // namespace v0
}  // namespace telltale

template <>
struct Catch::StringMaker<telltale::registry> {
  static std::string convert(const telltale::registry&) { return "registry"; }
};
template <>
struct Catch::StringMaker<telltale::testing::changes> {
  static std::string convert(const telltale::testing::changes&) { return "registry"; }
};
