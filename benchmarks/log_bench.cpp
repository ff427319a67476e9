// Log lines of six fields and the ids of the current span, into a file: the floor, ours, and spdlog's synchronous file
// sink with a pattern and a message that look like JSON (nothing is escaped there, so it is JSON by luck alone).
#include "fixture.hpp"
#include "program.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace {

namespace tt = telltale;

constexpr std::string_view payment = "pay_1NirD82eZvKYlo2C";

// So that a run writes some ten megabytes, whatever the machine's speed.
constexpr int lines = 40'000;

void floor_line(benchmark::State& state) {
  const bench::scratch_file file;
  std::FILE* out = std::fopen(file.path().c_str(), "we");
  const std::string line(320, 'x');
  for (auto _ : state) measured::log_floor(out, line);
  std::fclose(out);
}

void our_line(benchmark::State& state, bool below) {
  const bench::scratch_file file;
  const tt::logger log(tt::make_log_sink(file.path()), {.service = "payments"});
  tt::tracer tracer = bench::make_tracer(tt::sampler::always_on());
  const auto span = tracer.start("charge");
  std::int64_t amount = 0;
  for (auto _ : state) {
    if (below) {
      measured::log_below_level(log, payment, ++amount);
    } else {
      measured::log_six_fields(log, payment, ++amount);
    }
  }
}

std::shared_ptr<spdlog::logger> make_spdlog(const bench::scratch_file& file) {
  auto log = std::make_shared<spdlog::logger>(
      "payments", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.path(), true));
  log->set_pattern(R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","msg":"%v})", spdlog::pattern_time_type::utc);
  return log;
}

void spdlog_line(benchmark::State& state) {
  const bench::scratch_file file;
  const auto log = make_spdlog(file);
  tt::tracer tracer = bench::make_tracer(tt::sampler::always_on());
  const auto span = tracer.start("charge");
  std::int64_t amount = 0;
  for (auto _ : state) {
    char ids[48];
    span.context().trace_id.write(ids);
    span.context().span_id.write(ids + 32);
    log->info(R"(charge approved","service":"payments","trace_id":"{}","span_id":"{}","payment_id":"{}",)"
              R"("amount_minor":{},"provider":"{}","attempt":{},"duration_seconds":{},"captured":{})",
              spdlog::string_view_t(ids, 32), spdlog::string_view_t(ids + 32, 16),
              spdlog::string_view_t(payment.data(), payment.size()), ++amount, "stripe", 1, 0.0125, true);
  }
}

void spdlog_below(benchmark::State& state) {
  const bench::scratch_file file;
  const auto log = make_spdlog(file);
  std::int64_t amount = 0;
  for (auto _ : state) {
    log->debug(R"(charge approved","payment_id":"{}","amount_minor":{},"provider":"{}","attempt":{},)"
               R"("duration_seconds":{},"captured":{})",
               spdlog::string_view_t(payment.data(), payment.size()), ++amount, "stripe", 1, 0.0125, true);
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("log_floor", floor_line)->Iterations(lines);
  benchmark::RegisterBenchmark("log_six_fields", our_line, false)->Iterations(lines);
  benchmark::RegisterBenchmark("log_spdlog", spdlog_line)->Iterations(lines);
  benchmark::RegisterBenchmark("log_below_level", our_line, true);
  benchmark::RegisterBenchmark("log_spdlog_below_level", spdlog_below);
  return bench::run(argc, argv);
}
