#include <telltale/tracing/sampler.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace tt = telltale;

namespace {

tt::trace_id random_id(std::mt19937_64& engine) {
  tt::trace_id id;
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(engine());
  return id;
}

tt::span_context parent(bool sampled) {
  tt::span_context ids;
  ids.trace_id.bytes[0] = 1;
  ids.span_id.bytes[0] = 1;
  ids.flags = sampled ? tt::trace_flags::sampled : 0;
  return ids;
}

}  // namespace

TEST_CASE("A ratio keeps its share, and a greater ratio keeps the same traces and more") {
  std::mt19937_64 engine(7);
  const auto tenth = tt::sampler::ratio(0.1);
  const auto half = tt::sampler::ratio(0.5);
  int in_tenth = 0;
  for (int i = 0; i < 20'000; ++i) {
    const tt::trace_id id = random_id(engine);
    if (!tenth.decide(id, nullptr)) continue;
    ++in_tenth;
    CHECK(half.decide(id, nullptr));
  }
  CHECK(in_tenth > 1'700);
  CHECK(in_tenth < 2'300);
}

TEST_CASE("A ratio looks at the low 56 bits alone, as every other service does") {
  // OpenTelemetry's rule: kept when the low 56 bits are not below (1 - ratio) * 2^56.
  const auto quarter = tt::sampler::ratio(0.25);
  tt::trace_id id;
  id.bytes[9] = 0xC0;
  CHECK(quarter.decide(id, nullptr));
  id.bytes[9] = 0xBF;
  for (std::size_t i = 10; i < 16; ++i) id.bytes[i] = 0xFF;
  CHECK_FALSE(quarter.decide(id, nullptr));
  for (std::size_t i = 0; i < 9; ++i) id.bytes[i] = 0xFF;
  CHECK_FALSE(quarter.decide(id, nullptr));
}

TEST_CASE("Ratios at and beyond the ends are always and never") {
  std::mt19937_64 engine(7);
  for (int i = 0; i < 1'000; ++i) {
    const tt::trace_id id = random_id(engine);
    CHECK(tt::sampler::ratio(1).decide(id, nullptr));
    CHECK(tt::sampler::ratio(7).decide(id, nullptr));
    CHECK(tt::sampler::always_on().decide(id, nullptr));
    CHECK_FALSE(tt::sampler::ratio(0).decide(id, nullptr));
    CHECK_FALSE(tt::sampler::ratio(-1).decide(id, nullptr));
    CHECK_FALSE(tt::sampler::ratio(std::nan("")).decide(id, nullptr));
    CHECK_FALSE(tt::sampler::always_off().decide(id, nullptr));
  }
}

TEST_CASE("A parent's decision is followed; without a parent the root decides") {
  const tt::span_context yes = parent(true);
  const tt::span_context no = parent(false);
  const tt::span_context none;
  const auto off = tt::sampler::parent_based(tt::sampler::always_off());
  const auto on = tt::sampler::parent_based(tt::sampler::always_on());
  CHECK(off.decide(yes.trace_id, &yes));
  CHECK_FALSE(on.decide(no.trace_id, &no));
  CHECK(on.decide(yes.trace_id, nullptr));
  CHECK(on.decide(yes.trace_id, &none));
  CHECK_FALSE(off.decide(yes.trace_id, nullptr));
  CHECK(tt::sampler::always_on().decide(no.trace_id, &no));
}

TEST_CASE("The environment chooses the sampler, and what it cannot use is complained about") {
  const tt::span_context no = parent(false);
  std::vector<std::string> complaints;
  const auto complain = [&](std::string_view sentence) { complaints.emplace_back(sentence); };
  const auto from = [&](const char* name, const char* argument) {
    return tt::sampler_from_environment(
        tt::environment({{"OTEL_TRACES_SAMPLER", name}, {"OTEL_TRACES_SAMPLER_ARG", argument}}), complain);
  };
  tt::trace_id low;
  tt::trace_id high;
  for (std::size_t i = 9; i < 16; ++i) high.bytes[i] = 0xFF;

  CHECK(tt::sampler_from_environment({}, complain).decide(low, nullptr));
  CHECK_FALSE(tt::sampler_from_environment({}, complain).decide(low, &no));
  CHECK(from("always_on", "").decide(low, &no));
  CHECK_FALSE(from("always_off", "").decide(high, nullptr));
  CHECK_FALSE(from("parentbased_always_off", "").decide(high, nullptr));
  CHECK(from("traceidratio", "0.5").decide(high, &no));
  CHECK_FALSE(from("traceidratio", "0.5").decide(low, nullptr));
  CHECK_FALSE(from("parentbased_traceidratio", "0.5").decide(high, &no));
  CHECK(from("traceidratio", "").decide(low, nullptr));
  CHECK(complaints.empty());

  CHECK(from("traceidratio", "2").decide(low, nullptr));
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].find("OTEL_TRACES_SAMPLER_ARG") != std::string::npos);
  CHECK_FALSE(from("jaeger_remote", "").decide(low, &no));
  REQUIRE(complaints.size() == 2);
  CHECK(complaints[1].find("jaeger_remote") != std::string::npos);
}
