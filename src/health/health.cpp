#include "base/background_thread.hpp"
#include "base/json.hpp"

#include <telltale/health.hpp>
#include <telltale/result.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace telltale {
inline namespace v0 {

using std::chrono::milliseconds;

namespace {

// Timeouts are real time even where a test drives the clock: a hanging check does not know of that clock.
using real_clock = std::chrono::steady_clock;

struct check {
  std::string name;
  std::function<check_result()> function;
  check_options options;

  // Guarded by impl::mutex.
  bool running = false;
  std::uint64_t run = 0;                // counts the starts
  real_clock::time_point deadline{};    // while running
  steady_time started{};                // while running
  std::optional<check_result> answer;   // of the last run that ended
  steady_time answered{};
  milliseconds latency{0};

  bool fresh(steady_time now) const { return answer && now - answered < options.cache; }
};

constexpr const char* too_late = "no answer within the timeout";

check_result failed(const char* reason) noexcept {
  try {
    return unhealthy(reason);
  } catch (...) {
    return {check_status::error, {}};  // no memory for the reason
  }
}

check_result ask(const std::function<check_result()>& function) noexcept {
  try {
    return function();
  } catch (const std::exception& problem) {
    return failed(problem.what());
  } catch (...) {
    return failed("the check threw something that is not a std::exception");
  }
}

constexpr std::string_view name_of(check_status status) {
  switch (status) {
    case check_status::ok: return "ok";
    case check_status::degraded: return "degraded";
    case check_status::error: break;
  }
  return "error";
}

constexpr std::string_view name_of(health_status status) {
  switch (status) {
    case health_status::healthy: return "healthy";
    case health_status::degraded: return "degraded";
    case health_status::unhealthy: break;
  }
  return "unhealthy";
}

}  // namespace

// Shared with the threads of running checks, which may outlive the `health`.
struct health::impl {
  explicit impl(health_options chosen)
      : options(std::move(chosen)), begin(options.time->steady_now()), state(options.state) {}

  const health_options options;
  const steady_time begin;
  std::atomic<service_state> state;

  std::mutex mutex;
  std::condition_variable ended;  // a check did
  std::vector<std::shared_ptr<check>> checks;
  int running = 0;

  // Starts what is not fresh and waits. With the answers in place, calls visit(check, result, latency) for each.
  template <class Wanted, class Visit>
  static void run(const std::shared_ptr<impl>& self, Wanted&& wanted, Visit&& visit);

  static void start(const std::shared_ptr<impl>& self, const std::shared_ptr<check>& item);
  void finish(check& item, check_result answer) noexcept;
};

void health::impl::finish(check& item, check_result answer) noexcept {
  const std::lock_guard lock(mutex);
  const steady_time now = options.time->steady_now();
  if (real_clock::now() > item.deadline && answer.status != check_status::error) {
    // An answer that comes late is as good as none, and the report must not swing with the moment of asking.
    answer = failed(too_late);
  }
  item.latency = std::chrono::duration_cast<milliseconds>(now - item.started);
  item.answer = std::move(answer);
  item.answered = now;
  item.running = false;
  --running;
  ended.notify_all();
}

void health::impl::start(const std::shared_ptr<impl>& self, const std::shared_ptr<check>& item) {
  try {
    detail::start_background_thread("telltale-check", [self, item] {
      self->finish(*item, ask(item->function));
    }).detach();
  } catch (const std::exception&) {  // no thread, or no memory for one
    self->finish(*item, failed("no thread could be started for the check"));
  }
}

template <class Wanted, class Visit>
void health::impl::run(const std::shared_ptr<impl>& self, Wanted&& wanted, Visit&& visit) {
  struct question {
    std::shared_ptr<check> item;
    std::uint64_t run;
    real_clock::time_point deadline;
  };
  std::vector<question> asked;
  std::vector<std::shared_ptr<check>> to_start;
  std::unique_lock lock(self->mutex);
  const steady_time now = self->options.time->steady_now();
  for (const auto& item : self->checks) {
    if (!wanted(item->options)) continue;
    asked.push_back({item, 0, {}});
    if (!item->running && !item->fresh(now)) to_start.push_back(item);
  }
  for (const auto& item : to_start) {
    item->running = true;
    ++item->run;
    item->started = now;
    item->deadline = real_clock::now() + item->options.timeout;
    ++self->running;
  }
  for (question& q : asked) {
    q.run = q.item->run;
    q.deadline = q.item->deadline;
  }
  lock.unlock();
  for (const auto& item : to_start) start(self, item);
  lock.lock();
  // Another report may have started the check again since: then the run waited for here has ended too.
  const auto open = [](const question& q) { return q.item->running && q.item->run == q.run; };
  for (const question& q : asked) {
    self->ended.wait_until(lock, q.deadline, [&] { return !open(q); });
  }
  for (const question& q : asked) {
    if (open(q)) {
      const auto waited = self->options.time->steady_now() - q.item->started;
      visit(*q.item, failed(too_late), std::chrono::duration_cast<milliseconds>(waited));
    } else {
      visit(*q.item, *q.item->answer, q.item->latency);
    }
  }
}

health::health(health_options options) {
  if (options.time == nullptr) options.time = &system_clock();
  impl_ = std::make_shared<impl>(std::move(options));
}

health::~health() {
  std::unique_lock lock(impl_->mutex);
  impl_->ended.wait_for(lock, impl_->options.shutdown_timeout, [&] { return impl_->running == 0; });
}

void health::add(std::string name, std::function<check_result()> function, check_options options) {
  if (name.empty()) {
    throw error(error_code::invalid_option, "a health check has no name; give it the name of what it checks");
  }
  if (!function) {
    throw error(error_code::invalid_option, "health check \"" + name + "\" has no function; pass a callable");
  }
  if (options.timeout < milliseconds(1) || options.timeout > std::chrono::minutes(1)) {
    throw error(error_code::invalid_option, "health check \"" + name + "\": the timeout is " +
                                                std::to_string(options.timeout.count()) +
                                                " ms; it must be from 1 ms to 60000 ms");
  }
  if (options.cache < milliseconds(0)) {
    throw error(error_code::invalid_option,
                "health check \"" + name + "\": the cache time is negative; use 0 to ask at every report");
  }
  auto item = std::make_shared<check>();
  item->name = std::move(name);
  item->function = std::move(function);
  item->options = options;

  const std::lock_guard lock(impl_->mutex);
  const bool taken = std::any_of(impl_->checks.begin(), impl_->checks.end(),
                                 [&](const auto& other) { return other->name == item->name; });
  if (taken) {
    throw error(error_code::duplicate_name,
                "there is a health check \"" + item->name + "\" already; names are unique, choose another");
  }
  impl_->checks.push_back(std::move(item));
}

health_report health::report() {
  health_report report;
  report.service = impl_->options.service;
  impl::run(
      impl_, [](const check_options&) { return true; },
      [&](const check& item, check_result result, milliseconds latency) {
        if (result.status == check_status::error && item.options.critical) {
          report.status = health_status::unhealthy;
        } else if (result.status != check_status::ok && report.status == health_status::healthy) {
          report.status = health_status::degraded;
        }
        report.checks.push_back({item.name, std::move(result), latency});
      });
  const time_point now = impl_->options.time->now();
  report.timestamp = now.wall;
  report.uptime = std::chrono::duration_cast<std::chrono::seconds>(now.steady - impl_->begin);
  return report;
}

bool health::ready() {
  if (state() != service_state::ready) return false;
  bool good = true;
  impl::run(
      impl_, [](const check_options& options) { return options.critical && options.readiness; },
      [&](const check&, const check_result& result, milliseconds) {
        good = good && result.status != check_status::error;
      });
  return good && state() == service_state::ready;
}

service_state health::state() const noexcept { return impl_->state.load(std::memory_order_acquire); }

void health::set_state(service_state next) noexcept {
  service_state current = state();
  while (current != service_state::draining &&
         !impl_->state.compare_exchange_weak(current, next, std::memory_order_acq_rel)) {
  }
}

std::string health_report::to_json() const {
  std::string out = "{\"status\":\"";
  out += name_of(status);
  out += "\",\"timestamp\":\"";
  detail::append_rfc3339(out, timestamp, detail::time_digits::milliseconds);
  out += "\",\"uptime\":";
  out += std::to_string(uptime.count());
  out += ",\"checks\":{";
  bool first = true;
  for (const entry& item : checks) {
    if (!first) out += ',';
    first = false;
    detail::append_json_string(out, item.name);
    out += ":{\"status\":\"";
    out += name_of(item.result.status);
    out += "\",\"latency\":";
    out += std::to_string(item.latency.count());
    if (!item.result.reason.empty()) {
      out += ",\"message\":";
      detail::append_json_string(out, item.result.reason);
    }
    out += '}';
  }
  out += "},\"service\":";
  detail::append_json_string(out, service);
  out += '}';
  return out;
}

}  // namespace v0
}  // namespace telltale
