// Health: what a service answers when it is asked how it is. A service adds a check for each thing that it cannot
// work without; orchestrators and people read the outcome at /livez, /readyz and /health (exposition/handlers.hpp),
// programs read it here. A check may hang, throw or take its time: it runs on a thread of its own, is waited for no
// longer than its timeout, and its answer is kept for a chosen time, so that ten probes a second cost the database
// one query a second.
#pragma once

#include <telltale/clock.hpp>
#include <telltale/detail/platform.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {

enum class check_status : std::uint8_t { ok, degraded, error };

/// What a check answers. The reason is shown at /health: no secrets, no personal data.
struct check_result {
  check_status status = check_status::ok;
  std::string reason;
};

inline check_result healthy() { return {}; }
/// Works, but not as it should: /health says so and stays at 200.
inline check_result degraded(std::string reason) { return {check_status::degraded, std::move(reason)}; }
inline check_result unhealthy(std::string reason) { return {check_status::error, std::move(reason)}; }

/// How one check counts and how often it runs.
struct check_options {
  /// False: when it fails the service is degraded, never unhealthy, and /readyz does not ask it.
  bool critical = true;
  /// False: /readyz does not ask it. For what all instances share: when a common database is down, taking every
  /// instance out of the load balancer helps nobody.
  bool readiness = true;
  /// How long an answer is waited for. A later answer counts as an error too. From 1 ms to 60 s.
  std::chrono::milliseconds timeout{1000};
  /// How long an answer is used again, from the moment it was given. Zero: ask at every report.
  std::chrono::milliseconds cache{1000};
};

/// Where the service is in its life. Only /readyz follows it: 200 when ready, otherwise 503.
enum class service_state : std::uint8_t { starting, ready, draining };

enum class health_status : std::uint8_t { healthy, degraded, unhealthy };

/// The answers of all checks at one moment, in the order in which they were added.
struct health_report {
  struct entry {
    std::string name;
    check_result result;
    std::chrono::milliseconds latency{0};  ///< of the run that gave the answer
  };

  health_status status = health_status::healthy;
  wall_time timestamp{};
  std::chrono::seconds uptime{0};  ///< since the `health` was built
  std::vector<entry> checks;
  std::string service;

  /// `{"status":"healthy","timestamp":"2024-01-11T10:00:00.000Z","uptime":3600,"checks":{"redis":{"status":"ok",
  /// "latency":1}},"service":"api"}`: uptime in seconds, latency in milliseconds, a check's status ok, degraded or
  /// error, with a "message" where it gave a reason.
  TELLTALE_API std::string to_json() const;
};

/// What a `health` is built with.
struct health_options {
  std::string service{};  ///< the name shown in reports
  /// For a service that must load something first: `starting`, and `set_state(ready)` once it can serve.
  service_state state = service_state::ready;
  /// How long the destructor waits for checks that still run. Afterwards they are left to end by themselves: what a
  /// check captured by reference must then live on, so let checks own what they use.
  std::chrono::milliseconds shutdown_timeout{2000};
  const clock* time = &system_clock();  ///< timestamps, uptime, latency and caching; timeouts are always real time
};

/// The checks of one service. Owned by `telemetry`, or built alone.
///
/// Thread safety: all members may be called concurrently. No lock is held while a check runs, so a check may use
/// telltale, also this object (except its destructor).
/// Cost: nothing until asked. A report starts a thread for each check whose answer is too old (at most one a check
/// at any time) and waits for them together; from kept answers it takes about a microsecond.
/// Fork: a child has no check threads; a check that was running at the fork times out there for ever. Build a new
/// `health` in the child.
class TELLTALE_API health {
 public:
  explicit health(health_options options = {});
  ~health();
  health(const health&) = delete;
  health& operator=(const health&) = delete;

  /// Adds a check for good. Throws `error`: duplicate_name when the name is taken, invalid_option when the name or
  /// the function is empty or an option is out of its range. What the function throws is an error of the check with
  /// the exception's text as reason.
  void add(std::string name, std::function<check_result()> check, check_options options = {});

  /// Runs what is not fresh and reports all checks. Blocks no longer than the longest timeout among them.
  health_report report();

  /// Whether the service should get traffic: it is `ready` and none of its critical readiness checks fails.
  /// Blocks no longer than the longest timeout among those; not at all in another state.
  bool ready();

  service_state state() const noexcept;
  /// Draining is final: a start-up thread that reports `ready` too late does not undo it.
  void set_state(service_state state) noexcept;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace v0
}  // namespace telltale
