// What the operations are measured on: one registry of each library with the same metrics, a tracer and a
// logger. Both programs use it.
#pragma once

#include "operations.hpp"

#include <telltale/logging/destination.hpp>

#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

namespace bench {

/// Takes finished spans and gives their memory back at once, on the thread that ended them: what a span costs its
/// own thread, without a queue that could drop half of them and look fast.
class discarding_processor final : public tt::span_processor {
 public:
  void on_end(tt::finished_span span) noexcept override { span.reset(); }
  bool flush(std::chrono::nanoseconds) noexcept override { return true; }
  bool shutdown(std::chrono::nanoseconds) noexcept override { return true; }
  tt::span_counts counts() const noexcept override { return {}; }
};

struct metrics_fixture {
  tt::registry ours;
  tt::counter counter = ours.counter({.name = "held_total", .help = "A counter."});
  counters_1 enum_1 = ours.counter<by_provider>({.name = "enum_1_total", .help = "A counter."});
  counters_2 enum_2 = ours.counter<by_provider, by_outcome>({.name = "enum_2_total", .help = "A counter."});
  counters_3 enum_3 =
      ours.counter<by_provider, by_outcome, by_currency>({.name = "enum_3_total", .help = "A counter."});
  counters_text text =
      ours.counter<by_merchant, by_provider, by_outcome>({.name = "text_total", .help = "A counter."});
  tt::double_counter real = ours.double_counter({.name = "real_total", .help = "A counter."});
  tt::gauge gauge = ours.gauge({.name = "level", .help = "A gauge."});
  tt::histogram histogram = ours.histogram({.name = "held_seconds", .help = "A histogram."});
  histograms_1 histogram_1 = ours.histogram<by_provider>({.name = "enum_seconds", .help = "A histogram."});

  prometheus::Registry theirs;
  prometheus::Counter& their_counter = prometheus::BuildCounter().Name("held_total").Register(theirs).Add({});
  prometheus::Family<prometheus::Counter>& their_text =
      prometheus::BuildCounter().Name("text_total").Register(theirs);
  prometheus::Gauge& their_gauge = prometheus::BuildGauge().Name("level").Register(theirs).Add({});
  prometheus::Histogram& their_histogram =
      prometheus::BuildHistogram().Name("held_seconds").Register(theirs).Add({}, bounds());

  std::vector<std::string> merchants = make_merchants();
  std::vector<double> values = make_values();

  /// Powers of two: an index is cut with a mask.
  static constexpr std::size_t merchant_count = 64;
  static constexpr std::size_t value_count = 1024;

  static prometheus::Histogram::BucketBoundaries bounds() { return tt::buckets::latency(); }

  static std::vector<std::string> make_merchants() {
    std::vector<std::string> names;
    while (names.size() < merchant_count) names.push_back(merchant_name(names.size()));
    return names;
  }

  /// Spread evenly over the buckets, in an order that a branch predictor does not learn.
  static std::vector<double> make_values() {
    const std::vector<double> uppers = tt::buckets::latency();
    std::vector<double> values;
    std::uint64_t random = 88172645463325252u;
    while (values.size() < value_count) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      const std::size_t bucket = random % (uppers.size() + 1);
      values.push_back(bucket < uppers.size() ? uppers[bucket] * 0.9 : 2 * uppers.back());
    }
    return values;
  }
};

inline tt::tracer make_tracer(tt::sampler sampling) {
  return tt::tracer({.sampling = sampling, .processor = std::make_shared<discarding_processor>()});
}

/// An empty file in TMPDIR, removed when its owner goes.
class scratch_file {
 public:
  scratch_file() {
    if (const int descriptor = ::mkstemp(path_.data()); descriptor < 0) {
      std::perror("mkstemp");
      std::exit(1);
    } else {
      ::close(descriptor);
    }
  }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  ~scratch_file() { ::unlink(path_.c_str()); }

  const std::string& path() const { return path_; }

 private:
  static std::string directory() {
    const char* chosen = std::getenv("TMPDIR");
    return chosen != nullptr ? chosen : "/tmp";
  }
  std::string path_ = directory() + "/telltale-bench-XXXXXX";
};

}  // namespace bench
