#pragma once

#include <telltale/families.hpp>
#include <telltale/metrics.hpp>
#include <telltale/tracing.hpp>

namespace tt = telltale;

enum class outcome { approved, failed };
constexpr auto error_outcomes(outcome) { return std::array{outcome::failed}; }
using by_outcome = tt::label<"outcome", outcome>;
using by_name = tt::text_label<"name", 8>;

struct instruments {
  tt::counter events;
  tt::double_counter work;
  tt::gauge level;
  tt::histogram duration;
  tt::family<tt::counter, by_outcome> payouts;
  tt::family<tt::counter, by_name> named;
};

// Every kind of update once. Defined twice, by work.cpp.
void quiet_work(const instruments& metrics, tt::tracer& traces);
void counting_work(const instruments& metrics, tt::tracer& traces);
