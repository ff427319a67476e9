// The bridge to prometheus-cpp, in both directions, for services that move over step by step or link libraries that
// count with it. It is in no other header: link `telltale::prometheus` (find_package(telltale COMPONENTS prometheus)),
// which brings prometheus-cpp::core; for Exposer and Gateway link prometheus-cpp::pull and prometheus-cpp::push besides.
//
// Ours on theirs: a registry_collectable is what their Exposer serves and their Gateway pushes.
//
//   auto ours = std::make_shared<tt::registry_collectable>(metrics);
//   exposer.RegisterCollectable(ours);
//
// Theirs on ours: their metrics on our endpoint, escaped, checked, and in the format that the scraper asks for.
//
//   auto attached = metrics.attach(tt::prometheus_collector(their_registry));
//
// What prometheus-cpp's model has no place for is lost on the way to it: exemplars, creation times, native histograms, units, and
// integers above 2^53, which become the nearest double. What ours has no place for is lost on the way to us: timestamps
// that a Collectable puts on its samples.
#pragma once

#include <telltale/metrics/collector.hpp>
#include <telltale/metrics/registry.hpp>
#include <telltale/metrics/snapshot.hpp>

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace detail {

inline ::prometheus::MetricType prometheus_type(metric_type type) noexcept {
  switch (type) {
    case metric_type::counter: return ::prometheus::MetricType::Counter;
    case metric_type::histogram: return ::prometheus::MetricType::Histogram;
    case metric_type::summary: return ::prometheus::MetricType::Summary;
    case metric_type::unknown: return ::prometheus::MetricType::Untyped;
    default: return ::prometheus::MetricType::Gauge;
  }
}

inline ::prometheus::ClientMetric prometheus_metric(const family_info& info, const series_snapshot& series) {
  ::prometheus::ClientMetric made;
  for_each_label(series.labels, [&](std::string_view name, std::string_view value) {
    made.label.push_back({std::string(name), std::string(value)});
  });
  switch (info.type) {
    case metric_type::counter: made.counter.value = series.value.as_double(); break;
    case metric_type::unknown: made.untyped.value = series.value.as_double(); break;
    case metric_type::summary:
      made.summary.sample_count = series.count();
      made.summary.sample_sum = series.sum;
      for (const quantile_value& each : series.quantiles) made.summary.quantile.push_back({each.quantile, each.value});
      break;
    case metric_type::histogram: {
      std::uint64_t cumulative = 0;
      for (std::size_t i = 0; i < series.buckets.size(); ++i) {
        cumulative += series.buckets[i];
        const double bound = i < info.bounds.size() ? info.bounds[i] : std::numeric_limits<double>::infinity();
        made.histogram.bucket.push_back({cumulative, bound});
      }
      made.histogram.sample_count = cumulative;
      made.histogram.sample_sum = series.sum;
      break;
    }
    default: made.gauge.value = series.value.as_double(); break;
  }
  return made;
}

// Their serializer writes help as it is, and then a line break or a backslash breaks the whole scrape.
inline std::string escaped_help(std::string_view help) {
  std::string escaped;
  escaped.reserve(help.size());
  for (const char c : help) {
    if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\\') {
      escaped += "\\\\";
    } else {
      escaped += c == '\r' || c == '\0' ? ' ' : c;
    }
  }
  return escaped;
}

inline std::vector<::prometheus::MetricFamily> prometheus_families(const snapshot& metrics) {
  std::vector<::prometheus::MetricFamily> families;
  families.reserve(metrics.families().size());
  for (const family_snapshot& family : metrics.families()) {
    ::prometheus::MetricFamily& made = families.emplace_back();
    made.name = family.info->name;
    made.help = escaped_help(family.info->help);
    made.type = prometheus_type(family.info->type);
    made.metric.reserve(family.series.size());
    for (const series_snapshot& series : family.series) made.metric.push_back(prometheus_metric(*family.info, series));
  }
  return families;
}

inline foreign_family from_prometheus(::prometheus::MetricFamily&& family) {
  foreign_family made{.name = std::move(family.name), .help = std::move(family.help)};
  switch (family.type) {
    case ::prometheus::MetricType::Counter: made.type = metric_type::counter; break;
    case ::prometheus::MetricType::Gauge: made.type = metric_type::gauge; break;
    case ::prometheus::MetricType::Summary: made.type = metric_type::summary; break;
    case ::prometheus::MetricType::Histogram: made.type = metric_type::histogram; break;
    default: made.type = metric_type::unknown; break;
  }
  made.series.reserve(family.metric.size());
  for (::prometheus::ClientMetric& metric : family.metric) {
    foreign_series& series = made.series.emplace_back();
    series.labels.reserve(metric.label.size());
    for (auto& label : metric.label) series.labels.emplace_back(std::move(label.name), std::move(label.value));
    switch (made.type) {
      case metric_type::counter: series.value = metric_value(metric.counter.value); break;
      case metric_type::gauge: series.value = metric_value(metric.gauge.value); break;
      case metric_type::summary:
        series.count = metric.summary.sample_count;
        series.sum = metric.summary.sample_sum;
        for (const auto& each : metric.summary.quantile) series.quantiles.push_back({each.quantile, each.value});
        break;
      case metric_type::histogram:
        series.count = metric.histogram.sample_count;
        series.sum = metric.histogram.sample_sum;
        series.buckets.reserve(metric.histogram.bucket.size());
        for (const auto& each : metric.histogram.bucket) {
          series.buckets.push_back({each.upper_bound, each.cumulative_count});
        }
        break;
      default: series.value = metric_value(metric.untyped.value); break;
    }
  }
  return made;
}

}  // namespace detail

/// Our metrics as a prometheus::Collectable. Their Exposer and Gateway hold it weakly, and a scrape that is going on holds it
/// for its duration: remove it from them, or destroy them, before the registry ends.
/// Thread safety: Collect from any number of threads.
/// Cost: a collection, and one copy of all names, labels and values.
class registry_collectable final : public ::prometheus::Collectable {
 public:
  /// `source` must outlive this object.
  explicit registry_collectable(const registry& source)
      : collect_([&source](snapshot& into) { source.collect(into); }) {}
  /// Whatever fills a snapshot, as in handler_sources; it may run on several threads at once. What it throws passes
  /// through Collect.
  explicit registry_collectable(std::function<void(snapshot&)> collect) : collect_(std::move(collect)) {}

  /// All families, with buckets cumulative and +Inf among them; info and state-set metrics are gauges there. Help
  /// texts are escaped as the text format wants them, because their serializer does not. Throws std::bad_alloc only, where the
  /// source does.
  std::vector<::prometheus::MetricFamily> Collect() const override {
    snapshot values;
    collect_(values);
    return detail::prometheus_families(values);
  }

 private:
  std::function<void(snapshot&)> collect_;
};

/// Their Collectable (a prometheus::Registry, say) as a collector for `registry::attach`. Held weakly, as their Exposer does: once it
/// is gone, there is nothing to collect. What is mended and what is left out is said in metrics/collector.hpp. A counter
/// without _total keeps its name: a counter in the text format, and in OpenMetrics, which would rename its series, of
/// unknown type.
/// Thread safety: as the Collectable's Collect. Cost: its Collect, and one check of all that it gives.
inline collector prometheus_collector(std::weak_ptr<const ::prometheus::Collectable> source) {
  return [source = std::move(source)](std::vector<foreign_family>& into) {
    const auto alive = source.lock();
    if (alive == nullptr) return;
    for (::prometheus::MetricFamily& family : alive->Collect()) into.push_back(detail::from_prometheus(std::move(family)));
  };
}

}  // namespace v0
}  // namespace telltale
