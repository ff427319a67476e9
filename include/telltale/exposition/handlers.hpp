// Telltale's HTTP endpoints, on no particular server: /metrics for Prometheus, /livez and /readyz for orchestrators,
// /health for people. `server` (exposition/server.hpp) serves a handler; so does any other server, through the seam in
// exposition/http.hpp.
//
//   /metrics  the metrics in the format that Accept asks for
//   /livez    200 "ok" as long as the process answers; asks no dependency
//   /readyz   200 "ok", or 503 while starting, draining, or when a critical readiness check fails
//   /health   200 or 503 with the JSON of health_report::to_json()
//
// All answer GET and HEAD; other methods get 405 with Allow, other paths 404.
#pragma once

#include <telltale/detail/event_hook.hpp>
#include <telltale/detail/platform.hpp>
#include <telltale/exposition/encoders.hpp>
#include <telltale/exposition/http.hpp>
#include <telltale/health.hpp>
#include <telltale/metrics/snapshot.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace telltale {
inline namespace v0 {

/// Where the answers come from. A source left out takes its endpoints with it: they answer 404.
struct handler_sources {
  /// Fills the snapshot; runs on the thread that handles the scrape, may run on several at once. For a registry:
  /// `[&metrics](snapshot& into) { metrics.collect(into); }`. What it throws makes the scrape a 500 and is reported.
  std::function<void(snapshot&)> metrics{};
  /// Must outlive the handler.
  telltale::health* health = nullptr;
  /// Told about failing scrapes and unusable token files; may be null.
  std::shared_ptr<detail::event_hook> events = nullptr;
};

/// Who may ask an endpoint.
enum class endpoint_access : std::uint8_t {
  off,    ///< nobody: 404
  open,   ///< everybody who reaches the port
  token,  ///< whoever presents the bearer token; everybody when no token file is set
};

struct handler_options {
  /// The file that holds the bearer token, see exposition/token_file.hpp. Empty: no token is asked for anywhere.
  std::string token_file{};
  /// The token itself, where it cannot come from a file. Not used when there is a file.
  std::string token{};
  endpoint_access metrics = endpoint_access::token;
  endpoint_access livez = endpoint_access::open;   ///< probes carry no secrets
  endpoint_access readyz = endpoint_access::open;
  endpoint_access health = endpoint_access::token;  ///< its body names the dependencies
  /// Scrapes that may be collected, encoded or still being sent at the same time; more get 503 with Retry-After.
  /// Bounds memory: each holds one snapshot and one body. From 1 to 64.
  int max_scrapes = 4;
  encoder_options encoding = {};
};

/// Counts since the handler was built.
struct handler_statistics {
  std::uint64_t scrapes = 0;           ///< answered 200
  std::uint64_t scrapes_failed = 0;    ///< the source threw
  std::uint64_t scrapes_rejected = 0;  ///< over max_scrapes
  std::uint64_t unauthorized = 0;      ///< no token, a wrong one, or an unusable token file
  std::chrono::nanoseconds last_scrape_duration{0};  ///< collect and encode
  std::uint64_t last_scrape_bytes = 0;
};

/// Thread safety: all members may be called concurrently.
/// Cost: a scrape collects and encodes into memory that is used again; the rest is a comparison of strings.
class TELLTALE_API handler {
 public:
  /// Throws `error`: unusable_secret_file, or invalid_option.
  explicit handler(handler_sources sources, handler_options options = {});
  ~handler();
  handler(const handler&) = delete;
  handler& operator=(const handler&) = delete;

  /// Answers. Never throws for anything that a request contains; std::bad_alloc may pass.
  http_response handle(const http_request& request);

  /// Whether `handle` may wait for a health check (up to its timeout). A server with one thread for all connections
  /// runs such a request elsewhere.
  bool may_block(const http_request& request) const noexcept;

  handler_statistics statistics() const noexcept;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace v0
}  // namespace telltale
