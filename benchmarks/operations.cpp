#include "operations.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <limits>

namespace bench {

std::string_view name(provider value) {
  constexpr std::array<std::string_view, 4> names{"stripe", "adyen", "mollie", "klarna"};
  return names[static_cast<std::size_t>(value)];
}

std::string_view name(outcome value) {
  constexpr std::array<std::string_view, 4> names{"approved", "declined", "failed", "timed_out"};
  return names[static_cast<std::size_t>(value)];
}

std::string merchant_name(std::size_t number) {
  std::string digits = std::to_string(number);
  return "merchant-" + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

}  // namespace bench

namespace measured {

namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint64_t plain_counter = 0;
[[gnu::tls_model("initial-exec")]] constinit thread_local std::array<std::uint64_t, 16> plain_buckets{};
[[gnu::tls_model("initial-exec")]] constinit thread_local double plain_sum = 0;
[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint64_t random_state = 0x9e3779b97f4a7c15u;

std::uint64_t next_random() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

// The compiler must believe that somebody reads the value.
template <class T>
void keep(T& value) {
  asm volatile("" : "+m"(value));
}

}  // namespace

void nothing() {}

void counter_floor() {
  plain_counter += 1;
  keep(plain_counter);
}
void counter_held(tt::counter target) { target.inc(); }
void counter_enum_1(const bench::counters_1& family, provider a) { family.with(a).inc(); }
void counter_enum_2(const bench::counters_2& family, provider a, outcome b) { family.with(a, b).inc(); }
void counter_enum_3(const bench::counters_3& family, provider a, outcome b, currency c) { family.with(a, b, c).inc(); }
void counter_text(const bench::counters_text& family, std::string_view text, provider a, outcome b) {
  family.with(bench::by_merchant{text}, a, b).inc();
}
void counter_double(tt::double_counter target, double amount) { target.inc(amount); }
void counter_prometheus_held(prometheus::Counter& target) { target.Increment(); }
void counter_prometheus_lookup(prometheus::Family<prometheus::Counter>& family, std::string_view text, provider a,
                               outcome b) {
  family
      .Add({{"merchant", std::string(text)},
            {"provider", std::string(bench::name(a))},
            {"outcome", std::string(bench::name(b))}})
      .Increment();
}

void gauge_floor(std::atomic<double>& target, double value) { target.store(value, std::memory_order_relaxed); }
void gauge_set(tt::gauge target, double value) { target.set(value); }
void gauge_prometheus(prometheus::Gauge& target, double value) { target.Set(value); }

void histogram_floor(double value) {
  constexpr double none = std::numeric_limits<double>::infinity();
  static constexpr std::array<double, 16> bounds{0.005, 0.01, 0.025, 0.05, 0.1,  0.25, 0.5,  1,
                                                 2.5,   5,    10,    none, none, none, none, none};
  const double* bound = bounds.data();
  bound += bound[7] < value ? 8 : 0;
  bound += bound[3] < value ? 4 : 0;
  bound += bound[1] < value ? 2 : 0;
  bound += bound[0] < value ? 1 : 0;
  plain_buckets[static_cast<std::size_t>(bound - bounds.data())] += 1;
  plain_sum += value;
  keep(plain_buckets);
  keep(plain_sum);
}
void histogram_held(tt::histogram target, double value) { target.observe(value); }
void histogram_enum_1(const bench::histograms_1& family, provider a, double value) { family.with(a).observe(value); }
void histogram_prometheus(prometheus::Histogram& target, double value) { target.Observe(value); }

void span_floor() {
  struct ids {
    std::uint64_t trace_high, trace_low, span;
    std::int64_t wall, duration;
  } record;
  const auto begin = std::chrono::steady_clock::now();
  record.wall = std::chrono::system_clock::now().time_since_epoch().count();
  record.trace_high = next_random();
  record.trace_low = next_random();
  record.span = next_random();
  record.duration = (std::chrono::steady_clock::now() - begin).count();
  keep(record);
}
void span_plain(tt::tracer& tracer) { auto span = tracer.start("charge"); }
void span_attributes(tt::tracer& tracer, std::string_view text, std::int64_t number) {
  auto span = tracer.start("charge", tt::kv{"provider", text}, tt::kv{"currency", std::string_view("eur")},
                           tt::kv{"amount_minor", number}, tt::kv{"attempt", 1});
}

void log_floor(std::FILE* file, std::string_view line) { std::fwrite(line.data(), 1, line.size(), file); }
void log_six_fields(const tt::logger& log, std::string_view payment, std::int64_t amount) {
  log.info("charge approved", tt::kv{"payment_id", payment}, tt::kv{"amount_minor", amount},
           tt::kv{"provider", provider::stripe}, tt::kv{"attempt", 1}, tt::kv{"duration_seconds", 0.0125},
           tt::kv{"captured", true});
}
void log_below_level(const tt::logger& log, std::string_view payment, std::int64_t amount) {
  log.debug("charge approved", tt::kv{"payment_id", payment}, tt::kv{"amount_minor", amount},
            tt::kv{"provider", provider::stripe}, tt::kv{"attempt", 1}, tt::kv{"duration_seconds", 0.0125},
            tt::kv{"captured", true});
}

}  // namespace measured
