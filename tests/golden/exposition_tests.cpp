// The exact bytes of both text formats.
#include <telltale/exposition/encoders.hpp>
#include <telltale/testing/snapshot_builder.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace tt = telltale;

namespace {

constexpr tt::wall_time some_time{std::chrono::milliseconds{1704967200123}};

tt::exemplar sample(double value) {
  tt::exemplar result;
  result.trace_id.bytes = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36};
  result.span_id.bytes = {0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7};
  result.value = value;
  result.timestamp = some_time;
  return result;
}

tt::snapshot hostile() {
  tt::snapshot_builder builder;
  builder
      .family({.name = "charges_total", .help = "Charges: \"all\" of C:\\them,\nby outcome.\r", .unit = "", .type = tt::metric_type::counter, .bounds = {}})
      .series("outcome=\"a\\\"b\\\\c\\nd, e}\",currency=\"\xE2\x82\xAC\"", tt::metric_value{std::uint64_t{18446744073709551615U}}, some_time)
      .series("outcome=\"\",currency=\"EUR\"", tt::metric_value{std::uint64_t{0}}, some_time);
  builder.family({.name = "waiting_seconds_total", .help = "Waited.", .unit = "seconds", .type = tt::metric_type::counter, .bounds = {}})
      .series("", tt::metric_value{0.1 + 0.2}, some_time);
  builder.family({.name = "ratio", .help = "All kinds of values.", .unit = "", .type = tt::metric_type::gauge, .bounds = {}})
      .series("v=\"nan\"", tt::metric_value{std::nan("")})
      .series("v=\"inf\"", tt::metric_value{std::numeric_limits<double>::infinity()})
      .series("v=\"-inf\"", tt::metric_value{-std::numeric_limits<double>::infinity()})
      .series("v=\"min\"", tt::metric_value{std::numeric_limits<double>::denorm_min()})
      .series("v=\"max\"", tt::metric_value{std::numeric_limits<double>::lowest()})
      .series("v=\"-0\"", tt::metric_value{-0.0});
  builder
      .family({.name = "charge_duration_seconds",
               .help = "Provider call.",
               .unit = "seconds",
               .type = tt::metric_type::histogram,
               .bounds = {0.00001, 0.005, 1, 100000, 1e6, 2.5e21}})
      .series("provider=\"stripe\"", {0, 3, 2, 0, 0, 0, 1}, 2e6, {{}, sample(0.004), {}, {}, {}, {}, sample(1e22)}, some_time)
      .series("", {0, 0, 0, 0, 0, 0, 0}, 0.0, {}, some_time);
  builder.family({.name = "unused_total", .help = "No series yet.", .unit = "", .type = tt::metric_type::counter, .bounds = {}});
  return builder.build();
}

std::string encoded(tt::exposition_format format, tt::encoder_options options = {}) {
  std::string out = "kept:";
  tt::encode(hostile(), format, out, options);
  REQUIRE(out.starts_with("kept:"));
  return out.substr(5);
}

}  // namespace

TEST_CASE("text 0.0.4 is these bytes") {
  CHECK(encoded(tt::exposition_format::text_0_0_4) == R"(# HELP charges_total Charges: "all" of C:\\them,\nby outcome. 
# TYPE charges_total counter
charges_total{outcome="a\"b\\c\nd, e}",currency="€"} 18446744073709551615
charges_total{outcome="",currency="EUR"} 0
# HELP waiting_seconds_total Waited.
# TYPE waiting_seconds_total counter
waiting_seconds_total 0.30000000000000004
# HELP ratio All kinds of values.
# TYPE ratio gauge
ratio{v="nan"} NaN
ratio{v="inf"} +Inf
ratio{v="-inf"} -Inf
ratio{v="min"} 5e-324
ratio{v="max"} -1.7976931348623157e+308
ratio{v="-0"} -0
# HELP charge_duration_seconds Provider call.
# TYPE charge_duration_seconds histogram
charge_duration_seconds_bucket{provider="stripe",le="1e-05"} 0
charge_duration_seconds_bucket{provider="stripe",le="0.005"} 3
charge_duration_seconds_bucket{provider="stripe",le="1.0"} 5
charge_duration_seconds_bucket{provider="stripe",le="100000.0"} 5
charge_duration_seconds_bucket{provider="stripe",le="1e+06"} 5
charge_duration_seconds_bucket{provider="stripe",le="2.5e+21"} 5
charge_duration_seconds_bucket{provider="stripe",le="+Inf"} 6
charge_duration_seconds_sum{provider="stripe"} 2e+06
charge_duration_seconds_count{provider="stripe"} 6
charge_duration_seconds_bucket{le="1e-05"} 0
charge_duration_seconds_bucket{le="0.005"} 0
charge_duration_seconds_bucket{le="1.0"} 0
charge_duration_seconds_bucket{le="100000.0"} 0
charge_duration_seconds_bucket{le="1e+06"} 0
charge_duration_seconds_bucket{le="2.5e+21"} 0
charge_duration_seconds_bucket{le="+Inf"} 0
charge_duration_seconds_sum 0
charge_duration_seconds_count 0
# HELP unused_total No series yet.
# TYPE unused_total counter
)");
}

TEST_CASE("OpenMetrics 1.0 is these bytes, with exemplars and created times") {
  CHECK(encoded(tt::exposition_format::openmetrics_1_0_0, {.created = true}) == R"(# TYPE charges counter
# HELP charges Charges: \"all\" of C:\\them,\nby outcome. 
charges_total{outcome="a\"b\\c\nd, e}",currency="€"} 18446744073709551615
charges_created{outcome="a\"b\\c\nd, e}",currency="€"} 1704967200.123
charges_total{outcome="",currency="EUR"} 0
charges_created{outcome="",currency="EUR"} 1704967200.123
# TYPE waiting_seconds counter
# UNIT waiting_seconds seconds
# HELP waiting_seconds Waited.
waiting_seconds_total 0.30000000000000004
waiting_seconds_created 1704967200.123
# TYPE ratio gauge
# HELP ratio All kinds of values.
ratio{v="nan"} NaN
ratio{v="inf"} +Inf
ratio{v="-inf"} -Inf
ratio{v="min"} 5e-324
ratio{v="max"} -1.7976931348623157e+308
ratio{v="-0"} -0
# TYPE charge_duration_seconds histogram
# UNIT charge_duration_seconds seconds
# HELP charge_duration_seconds Provider call.
charge_duration_seconds_bucket{provider="stripe",le="1e-05"} 0
charge_duration_seconds_bucket{provider="stripe",le="0.005"} 3 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"} 0.004 1704967200.123
charge_duration_seconds_bucket{provider="stripe",le="1.0"} 5
charge_duration_seconds_bucket{provider="stripe",le="100000.0"} 5
charge_duration_seconds_bucket{provider="stripe",le="1e+06"} 5
charge_duration_seconds_bucket{provider="stripe",le="2.5e+21"} 5
charge_duration_seconds_bucket{provider="stripe",le="+Inf"} 6 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"} 1e+22 1704967200.123
charge_duration_seconds_sum{provider="stripe"} 2e+06
charge_duration_seconds_count{provider="stripe"} 6
charge_duration_seconds_created{provider="stripe"} 1704967200.123
charge_duration_seconds_bucket{le="1e-05"} 0
charge_duration_seconds_bucket{le="0.005"} 0
charge_duration_seconds_bucket{le="1.0"} 0
charge_duration_seconds_bucket{le="100000.0"} 0
charge_duration_seconds_bucket{le="1e+06"} 0
charge_duration_seconds_bucket{le="2.5e+21"} 0
charge_duration_seconds_bucket{le="+Inf"} 0
charge_duration_seconds_sum 0
charge_duration_seconds_count 0
charge_duration_seconds_created 1704967200.123
# TYPE unused counter
# HELP unused No series yet.
# EOF
)");
}

TEST_CASE("OpenMetrics 0.0.1 has the bytes of 1.0.0, and created times are asked for") {
  const std::string plain = encoded(tt::exposition_format::openmetrics_1_0_0);
  CHECK(encoded(tt::exposition_format::openmetrics_0_0_1) == plain);
  CHECK(plain.find("_created") == std::string::npos);
  CHECK(encoded(tt::exposition_format::text_0_0_4, {.created = true}).find("_created") == std::string::npos);
}

namespace {

// What only attached collectors give.
std::string encoded_foreign(tt::exposition_format format) {
  tt::snapshot_builder builder;
  builder.family({.name = "hits", .help = "", .unit = "", .type = tt::metric_type::counter, .bounds = {}})
      .series("", tt::metric_value{3.0});
  builder.family({.name = "level", .help = "Any.", .unit = "", .type = tt::metric_type::unknown, .bounds = {}})
      .series("", tt::metric_value{-1.5});
  builder.family({.name = "wait", .help = "", .unit = "", .type = tt::metric_type::summary, .bounds = {}})
      .summary("a=\"b\"", {{0.5, -2}, {0.99, std::nan("")}, {1, 4}}, 8, 2)
      .summary("", {}, std::nan(""), 0);
  builder.family({.name = "change", .help = "", .unit = "", .type = tt::metric_type::histogram, .bounds = {-1, 1}})
      .series("", {1, 1, 0}, -2);
  builder.family({.name = "size", .help = "", .unit = "", .type = tt::metric_type::histogram, .bounds = {}})
      .series("", {1}, std::nan(""));
  std::string out;
  tt::encode(builder.build(), format, out);
  return out;
}

}  // namespace

TEST_CASE("what collectors give is these bytes in text 0.0.4") {
  CHECK(encoded_foreign(tt::exposition_format::text_0_0_4) == R"(# TYPE hits counter
hits 3
# HELP level Any.
# TYPE level untyped
level -1.5
# TYPE wait summary
wait{a="b",quantile="0.5"} -2
wait{a="b",quantile="0.99"} NaN
wait{a="b",quantile="1.0"} 4
wait_sum{a="b"} 8
wait_count{a="b"} 2
wait_sum NaN
wait_count 0
# TYPE change histogram
change_bucket{le="-1.0"} 1
change_bucket{le="1.0"} 2
change_bucket{le="+Inf"} 2
change_sum -2
change_count 2
# TYPE size histogram
size_bucket{le="+Inf"} 1
size_sum NaN
size_count 1
)");
}

TEST_CASE("OpenMetrics leaves out what it forbids of what collectors give, and keeps the names of the samples") {
  CHECK(encoded_foreign(tt::exposition_format::openmetrics_1_0_0) == R"(# TYPE hits unknown
hits 3
# TYPE level unknown
# HELP level Any.
level -1.5
# TYPE wait summary
wait{a="b",quantile="0.99"} NaN
wait{a="b",quantile="1.0"} 4
wait_sum{a="b"} 8
wait_count{a="b"} 2
wait_count 0
# TYPE change histogram
change_bucket{le="-1.0"} 1
change_bucket{le="1.0"} 2
change_bucket{le="+Inf"} 2
# TYPE size histogram
size_bucket{le="+Inf"} 1
# EOF
)");
}

namespace {

// What registries give besides counters, gauges and histograms.
std::string encoded_facts(tt::exposition_format format) {
  tt::snapshot_builder builder;
  builder.family({.name = "build_info", .help = "The build.", .unit = "", .type = tt::metric_type::info, .bounds = {}})
      .series("version=\"1.2\",revision=\"abc\"", tt::metric_value{std::uint64_t{1}});
  builder.family({.name = "breaker", .help = "The breaker.", .unit = "", .type = tt::metric_type::state_set, .bounds = {}})
      .series("breaker=\"closed\"", tt::metric_value{std::uint64_t{0}})
      .series("breaker=\"open\"", tt::metric_value{std::uint64_t{1}});
  builder.family({.name = "charges_total", .help = "Charges.", .unit = "", .type = tt::metric_type::counter, .bounds = {}})
      .traced("provider=\"stripe\"", tt::metric_value{std::uint64_t{7}}, sample(3), some_time)
      .traced("provider=\"adyen\"", tt::metric_value{std::uint64_t{0}}, {}, some_time);
  std::string out;
  tt::encode(builder.build(), format, out, {.created = true});
  return out;
}

}  // namespace

TEST_CASE("infos, state sets and counters with exemplars are these bytes in text 0.0.4") {
  CHECK(encoded_facts(tt::exposition_format::text_0_0_4) == R"(# HELP build_info The build.
# TYPE build_info gauge
build_info{version="1.2",revision="abc"} 1
# HELP breaker The breaker.
# TYPE breaker gauge
breaker{breaker="closed"} 0
breaker{breaker="open"} 1
# HELP charges_total Charges.
# TYPE charges_total counter
charges_total{provider="stripe"} 7
charges_total{provider="adyen"} 0
)");
}

TEST_CASE("infos, state sets and counters with exemplars are these bytes in OpenMetrics") {
  CHECK(encoded_facts(tt::exposition_format::openmetrics_1_0_0) == R"(# TYPE build info
# HELP build The build.
build_info{version="1.2",revision="abc"} 1
# TYPE breaker stateset
# HELP breaker The breaker.
breaker{breaker="closed"} 0
breaker{breaker="open"} 1
# TYPE charges counter
# HELP charges Charges.
charges_total{provider="stripe"} 7 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"} 3 1704967200.123
charges_created{provider="stripe"} 1704967200.123
charges_total{provider="adyen"} 0
charges_created{provider="adyen"} 1704967200.123
# EOF
)");
}
