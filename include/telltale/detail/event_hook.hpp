// How a lower layer reports a problem of its own (a family over its cap, a collector that cannot be reached) without
// knowing the logger: it holds an `event_hook`, and the facade installs a handler that logs. Reports are rare and
// rate-limited here, so that a broken dependency cannot flood the log.
#pragma once

#include <telltale/clock.hpp>
#include <telltale/detail/platform.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace telltale {
inline namespace v0 {
namespace detail {

enum class event_severity : std::uint8_t { info, warning, error };

/// A problem inside telltale. `component` is a literal such as "metrics" or "span exporter".
struct internal_event {
  event_severity severity;
  std::string_view component;
  std::string_view message;
  std::uint64_t suppressed;  ///< reports dropped by the rate limit since the last one delivered
};

/// Thread safety: all members may be called concurrently. The handler runs on the reporting thread, outside
/// every lock of the reporter but under this hook's own; it must not report to the same hook.
/// Cost: a mutex and a clock reading a report.
class TELLTALE_API event_hook {
 public:
  using handler = std::function<void(const internal_event&)>;

  explicit event_hook(const clock& source = system_clock());
  ~event_hook();
  event_hook(const event_hook&) = delete;
  event_hook& operator=(const event_hook&) = delete;

  /// Replaces the handler; an empty one stops delivery. When this returns, the old one is not running.
  void install(handler replacement);

  /// Delivers the event, at most `burst` in `interval`; others are counted as suppressed. Never throws: what the
  /// handler throws is swallowed and counted. Without a handler the event is only counted.
  void report(event_severity severity, std::string_view component, std::string_view message) noexcept;

  /// Reports since construction, delivered or not.
  std::uint64_t reported() const noexcept;

  static constexpr int burst = 20;
  static constexpr std::chrono::seconds interval{10};

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
