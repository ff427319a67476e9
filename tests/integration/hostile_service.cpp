// A program with metrics whose names, help, labels and values are as unpleasant as the registry allows, for the
// integration tests to scrape. `hostile_service TOKEN_FILE`: prints its address and runs until its input ends.
#include <telltale/exposition/server.hpp>
#include <telltale/metrics/registry.hpp>
#include <telltale/result.hpp>
#include <telltale/tracing/context.hpp>

#include <cstdio>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

namespace tt = telltale;

enum class outcome { approved, declined };

namespace {

using by_merchant = tt::text_label<"merchant", 16>;
using by_outcome = tt::label<"outcome", outcome>;

int run(const char* token_path) {
  tt::registry metrics({.prefix = "hostile", .constant_labels = {{"zone", "a\"b\\c\nd"}}});
  auto charges = metrics.counter<by_merchant, by_outcome>(
      {.name = "charges_total", .help = "Help with \"quotes\", \\back\\slashes\\n and\nlines\r\n# TYPE x counter\n\xE2\x82\xAC."});
  auto waited = metrics.double_counter({.name = "waited_seconds_total", .help = "Waited."});
  auto depth = metrics.gauge<by_merchant>({.name = "queue_depth", .help = "#"});
  auto duration = metrics.histogram<by_merchant>(
      {.name = "charge_duration_seconds", .help = " ", .buckets = {1e-9, 0.005, 1, 10, 100000, 1e6, 1e300}});
  (void)metrics.counter<by_merchant>({.name = "unused_total", .help = "No series."});

  const std::vector<std::string> merchants = {
      "",           "plain",          "a\"b",    "back\\slash", "line\nbreak", "}", ",x=\"y\"", "# EOF", "\\n", "\xE2\x82\xAC",
      "tab\there", std::string(300, 'x')};
  tt::span_context sampled;
  sampled.trace_id.bytes = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36};
  sampled.span_id.bytes = {0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7};
  sampled.flags = tt::trace_flags::sampled;
  for (const std::string& merchant : merchants) {
    charges.with(by_merchant{merchant}, outcome::approved).inc(std::numeric_limits<std::int64_t>::max() / 4);
    depth.with(by_merchant{merchant}).set(-std::numeric_limits<double>::denorm_min());
    const tt::scope attached{tt::context{sampled}};
    duration.with(by_merchant{merchant}).observe(0.1 + 0.2);
    duration.with(by_merchant{merchant}).observe(1e301);
  }
  waited.inc(0.1);
  waited.inc(0.2);

  tt::health health({.service = "hostile \"service\""});
  health.add("data\"base", [] { return tt::degraded("line\nbreak"); });
  auto endpoints = std::make_shared<tt::handler>(
      tt::handler_sources{[&](tt::snapshot& into) { metrics.collect(into); }, &health, nullptr},
      tt::handler_options{.token_file = token_path});
  const tt::server server = tt::server::start(endpoints, {.address = "127.0.0.1:0"});
  std::cout << server.address() << std::endl;
  while (std::cin.get() != std::char_traits<char>::eof()) {
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: hostile_service TOKEN_FILE\n";
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const tt::error& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
  }
}
