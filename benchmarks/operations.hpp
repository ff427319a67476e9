// The operations that are measured, each a function of a library of its own, compiled to position-independent code:
// what a service pays where its own code sits in a shared library. The benchmarks and the instruction counter both use
// them, so that the time and the number of instructions of a row are of the same code.
#pragma once

#include <telltale/logging.hpp>
#include <telltale/metrics.hpp>
#include <telltale/tracing.hpp>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace bench {

namespace tt = telltale;

enum class provider { stripe, adyen, mollie, klarna };
enum class outcome { approved, declined, failed, timed_out };
enum class currency { eur, usd, gbp, chf };

using by_provider = tt::label<"provider", provider>;
using by_outcome = tt::label<"outcome", outcome>;
using by_currency = tt::label<"currency", currency>;
using by_merchant = tt::text_label<"merchant", 65536>;

using counters_1 = tt::family<tt::counter, by_provider>;
using counters_2 = tt::family<tt::counter, by_provider, by_outcome>;
using counters_3 = tt::family<tt::counter, by_provider, by_outcome, by_currency>;
using counters_text = tt::family<tt::counter, by_merchant, by_provider, by_outcome>;
using histograms_1 = tt::family<tt::histogram, by_provider>;

/// What a look-up by names is given in prometheus-cpp.
std::string_view name(provider value);
std::string_view name(outcome value);
std::string merchant_name(std::size_t number);

}  // namespace bench

// Only what is in here is counted (instructions.cpp).
namespace measured {

using bench::currency;
using bench::outcome;
using bench::provider;
namespace tt = telltale;

void nothing();

// The floor of counting: an addition to a plain thread-local variable.
void counter_floor();
void counter_held(tt::counter target);
void counter_enum_1(const bench::counters_1& family, provider a);
void counter_enum_2(const bench::counters_2& family, provider a, outcome b);
void counter_enum_3(const bench::counters_3& family, provider a, outcome b, currency c);
void counter_text(const bench::counters_text& family, std::string_view text, provider a, outcome b);
void counter_double(tt::double_counter target, double amount);
void counter_prometheus_held(prometheus::Counter& target);
void counter_prometheus_lookup(prometheus::Family<prometheus::Counter>& family, std::string_view text, provider a,
                               outcome b);

// The floor of a gauge: one store.
void gauge_floor(std::atomic<double>& target, double value);
void gauge_set(tt::gauge target, double value);
void gauge_prometheus(prometheus::Gauge& target, double value);

// The floor of a histogram: four steps of a search over constants, and two additions to plain thread-local variables.
void histogram_floor(double value);
void histogram_held(tt::histogram target, double value);
void histogram_enum_1(const bench::histograms_1& family, provider a, double value);
void histogram_prometheus(prometheus::Histogram& target, double value);

// The floor of a span: two readings of the steady clock, one of the wall clock, and the random numbers of its ids.
void span_floor();
void span_plain(tt::tracer& tracer);
void span_attributes(tt::tracer& tracer, std::string_view text, std::int64_t number);

// The floor of a line: a finished line of the same length into the C library's buffer.
void log_floor(std::FILE* file, std::string_view line);
void log_six_fields(const tt::logger& log, std::string_view payment, std::int64_t amount);
void log_below_level(const tt::logger& log, std::string_view payment, std::int64_t amount);

}  // namespace measured
