#include <telltale/metrics.hpp>
#include <telltale/result.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <thread>
#include <vector>

namespace tt = telltale;

namespace {

tt::histogram_options native_only(tt::native_buckets chosen = {}) {
  return {.name = "sizes_bytes", .help = "Sizes.", .buckets = {}, .native = chosen};
}

tt::native_histogram native_of(const tt::snapshot& values) { return *values.find("sizes_bytes", {})->native; }

// The one populated bucket after one observation.
int index_of(int resolution, double value) {
  tt::registry metrics;
  metrics.histogram(native_only({.resolution = resolution})).observe(value);
  const tt::snapshot values = metrics.collect();
  const tt::native_histogram native = native_of(values);
  REQUIRE(native.counts.size() == 1);
  CHECK(native.counts[0] == 1);
  return native.first_index;
}

// Whether 2^(index/2^schema) is below `value`, from exact powers: value^(2^schema) against 2^index. A long double's 64
// bits are enough to tell a bound from both doubles next to it.
bool bound_is_below(int schema, int index, double value) {
  int exponent = 0;
  long double power = std::frexp(static_cast<long double>(value), &exponent);
  long long total = exponent;
  for (int i = 0; i < schema; ++i) {
    int more = 0;
    power = std::frexp(power * power, &more);
    total = 2 * total + more;
  }
  // value^(2^schema) is power * 2^total with power in [0.5, 1).
  return total - 1 > index || (total - 1 == index && power > 0.5L);
}

bool lies_in(int schema, int index, double value) {
  return bound_is_below(schema, index - 1, value) && !bound_is_below(schema, index, value);
}

}  // namespace

TEST_CASE("a native bucket ends with its upper bound, at every resolution") {
  for (int schema = 0; schema <= 8; ++schema) {
    tt::registry metrics;
    for (const int exponent : {-29, -1, 0, 1, 33}) {
      const double power = std::ldexp(1.0, exponent);
      const int index = exponent * (1 << schema);
      CHECK(index_of(schema, power) == index);
      CHECK(index_of(schema, std::nextafter(power, 0.0)) == index);
      CHECK(index_of(schema, std::nextafter(power, 1e300)) == index + 1);
    }
    // The doubles on either side of each bound between one and two.
    for (int step = 1; step < (1 << schema); ++step) {
      auto bound = static_cast<double>(std::exp2(static_cast<long double>(step) / (1 << schema)));
      if (bound_is_below(schema, step, bound)) bound = std::nextafter(bound, 0.0);
      CHECK(index_of(schema, bound) == step);
      CHECK(index_of(schema, std::nextafter(bound, 2.0)) == step + 1);
    }
  }
}

TEST_CASE("values fall into the native bucket whose bounds enclose them") {
  std::mt19937_64 random(4711);
  std::uniform_real_distribution<double> logarithm(-30, 34);
  for (const int schema : {0, 3, 5, 8}) {
    for (int i = 0; i < 300; ++i) {
      const double value = std::max(std::exp2(logarithm(random)), std::nextafter(0x1p-30, 1.0));
      const int index = index_of(schema, value);
      CHECK(lies_in(schema, index, value));
    }
  }
}

TEST_CASE("native buckets alone give the count, the sum and one bucket to the text formats") {
  tt::registry metrics;
  const auto sizes = metrics.histogram(native_only());
  for (const double size : {0.0, 0x1p-30, 1.0, 1.01, 3.0}) sizes.observe(size);
  const tt::snapshot values = metrics.collect();
  const tt::series_snapshot& series = *values.find("sizes_bytes", {});
  CHECK(series.count() == 5);
  REQUIRE(series.buckets.size() == 1);
  CHECK(series.buckets[0] == 5);
  CHECK(series.sum == 0x1p-30 + 5.01);
  const tt::native_histogram native = native_of(values);
  CHECK(native.schema == 3);
  CHECK(native.zero_threshold == 0x1p-30);
  CHECK(native.zero_count == 2);
  CHECK(native.first_index == 0);
  CHECK(native.counts.size() == 14);  // 3 lies in (2^(12/8), 2^(13/8)]
  CHECK(native.counts.front() == 1);
  CHECK(native.counts[1] == 1);
  CHECK(native.counts.back() == 1);
  CHECK(native.count() == 5);
}

TEST_CASE("a native histogram without observations has no buckets") {
  tt::registry metrics;
  (void)metrics.histogram(native_only());
  const tt::snapshot values = metrics.collect();
  CHECK(native_of(values).counts.empty());
  CHECK(native_of(values).count() == 0);
  CHECK(values.find("sizes_bytes", {})->count() == 0);
}

TEST_CASE("values above the range go to the last native bucket, values below it count as zero") {
  tt::registry metrics;
  const auto sizes = metrics.histogram(native_only({.resolution = 2, .lowest_exponent = -2, .highest_exponent = 3}));
  for (const double size : {0.0, 1e-300, 0.25, 8.1, 1e300, std::numeric_limits<double>::max()}) sizes.observe(size);
  const tt::snapshot values = metrics.collect();
  CHECK(native_of(values).zero_count == 3);
  CHECK(native_of(values).first_index == 12);
  CHECK(native_of(values).counts.size() == 1);
  CHECK(native_of(values).counts[0] == 3);
}

TEST_CASE("a histogram rejects the same values with native buckets as without") {
  tt::registry metrics;
  const auto sizes = metrics.histogram(native_only());
  for (const double size : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) sizes.observe(size);
  sizes.observe(-0.0);
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("sizes_bytes", {})->count() == 1);
  CHECK(native_of(values).zero_count == 1);
  CHECK(values.find("telltale_metric_rejected_total", {{"metric", "sizes_bytes"}})->value.integer() == 3);
}

TEST_CASE("explicit and native buckets count the same observations") {
  tt::registry metrics;
  const auto sizes = metrics.histogram(
      {.name = "sizes_bytes", .help = "Sizes.", .buckets = tt::buckets::linear(1, 1, 40), .native = tt::native_buckets{}});
  for (int i = 0; i < 41; ++i) sizes.observe(i + 0.5);
  const tt::snapshot values = metrics.collect();
  const tt::series_snapshot& series = *values.find("sizes_bytes", {});
  CHECK(std::vector<std::uint64_t>(series.buckets.begin(), series.buckets.end()) == std::vector<std::uint64_t>(41, 1));
  CHECK(series.native->count() == 41);
}

TEST_CASE("a series with too many native buckets halves its resolution, for good") {
  tt::registry metrics;
  const auto sizes = metrics.histogram<tt::text_label<"path", 4>>(
      {.name = "sizes_bytes", .help = "Sizes.", .buckets = {},
       .native = tt::native_buckets{.resolution = 8, .max_buckets = 100}});
  const tt::text_label<"path", 4> wide{"wide"}, narrow{"narrow"};
  std::vector<double> values;
  for (int i = 1; i <= 1000; ++i) values.push_back(i * 0.75);
  for (const double value : values) sizes.with(wide).observe(value);
  sizes.with(narrow).observe(1.5);

  for (int scrape = 0; scrape < 2; ++scrape) {
    const tt::snapshot collected = metrics.collect();
    const tt::native_histogram& native = *collected.find("sizes_bytes", {{"path", "wide"}})->native;
    CHECK(native.schema == 3);  // of 75 buckets at 3, of 140 at 4
    CHECK(collected.find("sizes_bytes", {{"path", "narrow"}})->native->schema == 8);
    std::vector<std::uint64_t> expected(native.counts.size());
    for (const double value : values) {
      const int index = static_cast<int>(std::ceil(std::log2(value) * (1 << native.schema)));
      REQUIRE(index >= native.first_index);
      ++expected[static_cast<std::size_t>(index - native.first_index)];
    }
    CHECK(std::vector<std::uint64_t>(native.counts.begin(), native.counts.end()) == expected);
  }
}

TEST_CASE("rows of native buckets that reach beyond a thread's block are counted whole") {
  tt::registry metrics;
  const auto sizes = metrics.histogram<tt::text_label<"path", 16>>(
      {.name = "sizes_bytes", .help = "Sizes.", .buckets = {}, .native = tt::native_buckets{.resolution = 8}});
  std::thread([&] {  // a thread of its own begins with a small block
    for (int i = 0; i < 12; ++i) {
      sizes.with(tt::text_label<"path", 16>{std::to_string(i)}).observe(0x1p33);
      sizes.with(tt::text_label<"path", 16>{std::to_string(i)}).observe(0x1p-29);
    }
  }).join();
  const tt::snapshot values = metrics.collect();
  for (int i = 0; i < 12; ++i) CHECK(values.find("sizes_bytes", {{"path", std::to_string(i)}})->native->count() == 2);
}

TEST_CASE("native buckets out of bounds are refused with the reason") {
  tt::registry metrics;
  for (const tt::native_buckets& wrong :
       {tt::native_buckets{.resolution = 9}, tt::native_buckets{.resolution = -1}, tt::native_buckets{.max_buckets = 63},
        tt::native_buckets{.lowest_exponent = 3, .highest_exponent = 3}, tt::native_buckets{.highest_exponent = 1001}}) {
    CHECK_THROWS_AS(metrics.histogram(native_only(wrong)), tt::error);
  }
}

TEST_CASE("native histograms that threads write while they are collected are exact and never go down") {
  tt::registry metrics;
  const auto sizes = metrics.histogram(native_only({.resolution = 5, .max_buckets = 70}));
  constexpr int threads = 8, each = 20'000;
  std::atomic<bool> done = false;
  bool went_down = false, disagreed = false, refined = false;
  std::thread reader([&] {
    tt::snapshot values;
    std::uint64_t last = 0;
    int schema = 5;
    while (!done) {
      metrics.collect(values);
      const tt::series_snapshot& series = *values.find("sizes_bytes", {});
      went_down = went_down || series.count() < last;
      disagreed = disagreed || series.native->count() != series.count() || series.native->counts.size() > 200;
      refined = refined || series.native->schema > schema;
      last = series.count();
      schema = series.native->schema;
    }
  });
  std::vector<std::thread> writers;
  for (int i = 0; i < threads; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < each; ++n) sizes.observe((n % 1000 + 1) * (i + 1));
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
  CHECK_FALSE(went_down);
  CHECK_FALSE(disagreed);
  CHECK_FALSE(refined);
  const tt::snapshot values = metrics.collect();
  CHECK(values.find("sizes_bytes", {})->count() == threads * each);
  CHECK(native_of(values).count() == threads * each);
}
