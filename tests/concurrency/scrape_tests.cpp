#include <telltale/exposition/handlers.hpp>
#include <telltale/exposition/server.hpp>
#include <telltale/health.hpp>
#include <telltale/metrics.hpp>

#include "unit/exposition/raw_client.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tt = telltale;

namespace {

enum class side { left, right };
using by_side = tt::label<"side", side>;

// The value of the sample with exactly this name and these labels.
std::uint64_t sample(std::string_view exposition, const std::string& series) {
  const std::size_t at = exposition.find("\n" + series + " ");
  REQUIRE(at != std::string_view::npos);
  return std::stoull(std::string(exposition.substr(at + series.size() + 2, 24)));
}

}  // namespace

TEST_CASE("in every scrape of a histogram that is being written the count is the +Inf bucket, and no bucket goes down") {
  tt::registry metrics;
  tt::health health;
  const auto sizes = metrics.histogram<by_side>({.name = "sizes_bytes", .help = "Sizes.", .buckets = {1, 2, 4, 8}});
  const tt::server server = tt::server::start(
      std::make_shared<tt::handler>(
          tt::handler_sources{[&metrics](tt::snapshot& into) { metrics.collect(into); }, &health, nullptr}),
      {.address = "127.0.0.1:0"});

  std::atomic<bool> done = false;
  std::vector<std::jthread> writers;
  const std::unique_ptr<std::atomic<bool>, decltype([](std::atomic<bool>* flag) { *flag = true; })> stop_at_the_end{&done};
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&, i] {
      const tt::histogram mine = sizes.with(i % 2 == 0 ? side::left : side::right);
      for (int n = 0; !done; ++n) mine.observe(n % 11);
    });
  }

  raw_client scraper(server.address());
  std::uint64_t last[2][5] = {};
  bool disagreed = false;
  bool fell = false;
  for (int scrape = 0; scrape < 2000; ++scrape) {
    const bool open_metrics = scrape % 2 == 0;
    REQUIRE(scraper.send(std::string("GET /metrics HTTP/1.1\r\nHost: test\r\n") +
                         (open_metrics ? "Accept: application/openmetrics-text\r\n\r\n" : "\r\n")));
    const std::string response = scraper.receive();
    REQUIRE(response.starts_with("HTTP/1.1 200"));
    for (const int which : {0, 1}) {
      const std::string labels = which == 0 ? "side=\"left\"" : "side=\"right\"";
      int bucket = 0;
      std::uint64_t below = 0;
      for (const std::string bound : {"1.0", "2.0", "4.0", "8.0", "+Inf"}) {
        const std::uint64_t now = sample(response, "sizes_bytes_bucket{" + labels + ",le=\"" + bound + "\"}");
        fell = fell || now < last[which][bucket] || now < below;
        last[which][bucket++] = below = now;
      }
      disagreed = disagreed || sample(response, "sizes_bytes_count{" + labels + "}") != below;
    }
  }
  done = true;
  writers.clear();
  CHECK_FALSE(disagreed);
  CHECK_FALSE(fell);
  CHECK(last[0][4] > 0);
}
