// A payment provider to practise against: it approves, declines, takes its time and breaks as it is told to, by options
// or, while it runs, by POST /admin/behaviour. It is observed through telltale like the service that calls it: it goes
// on with the caller's trace, so that its log lines carry the same trace id, and passes the trace on in its webhooks.
#include "http_server.hpp"
#include "process.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <exception>
#include <fstream>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>

namespace payments {
namespace {

using namespace std::chrono_literals;

enum class operation { authorize, capture };
enum class decision { approved, declined, fault };
enum class delivery { delivered, refused, unreachable };

/// What can be dialled. Times are in seconds, ratios from 0 to 1.
struct behaviour {
  double latency = 0.02;
  double jitter = 0.02;         ///< added to the latency, at random, up to this
  double decline_ratio = 0.08;  ///< of authorizations
  double fault_ratio = 0.02;    ///< answered with 503
  double hang_ratio = 0.0;      ///< answered after `hang`
  double hang = 5.0;
  double webhook_delay = 0.05;
  bool webhook_context = true;  ///< whether webhooks carry traceparent
  std::string webhook_url;      ///< the service that gets them, as http://host:port; empty for none

  static constexpr std::pair<const char*, double behaviour::*> numbers[] = {
      {"latency", &behaviour::latency},
      {"jitter", &behaviour::jitter},
      {"decline_ratio", &behaviour::decline_ratio},
      {"fault_ratio", &behaviour::fault_ratio},
      {"hang_ratio", &behaviour::hang_ratio},
      {"hang", &behaviour::hang},
      {"webhook_delay", &behaviour::webhook_delay}};
};

/// Waits that a stop cuts short.
class stoppable {
 public:
  void wait(double seconds) {
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return stop_; });
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    stopped_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
};

/// Delivers events on a thread of its own, in the context of the request that caused each.
class webhooks {
 public:
  webhooks(tt::telemetry& obs, std::string token, stoppable& patience)
      : obs_(obs),
        token_(std::move(token)),
        patience_(patience),
        deliveries_(obs.metrics().counter<by_delivery>(
            {.name = "psp_webhooks_total", .help = "Webhooks, by what became of them."})),
        pending_(obs.metrics().gauge({.name = "psp_webhooks_pending", .help = "Webhooks that wait to be delivered."})),
        thread_([this] { run(); }) {}
  ~webhooks() { stop(); }

  /// Sends from the calling request's context, when the delay is over.
  void send(json event, const behaviour& today) {
    if (today.webhook_url.empty()) return;
    const auto delay = std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(today.webhook_delay));
    const std::lock_guard lock(mutex_);
    pending_.add(1);
    queue_.push_back(
        {tt::context::current(), std::move(event), clock::now() + delay, today.webhook_url, today.webhook_context});
    wake_.notify_one();
  }

  /// Delivers what waits without further delay, and ends.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  using by_delivery = tt::label<"outcome", delivery>;
  using clock = std::chrono::steady_clock;

  struct entry {
    tt::context origin;
    json event;
    clock::time_point due;
    std::string url;
    bool with_context;
  };

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
      if (queue_.empty()) return;
      wake_.wait_until(lock, queue_.front().due, [this] { return stop_; });
      const entry next = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      deliver(next);
      pending_.sub(1);
      lock.lock();
    }
  }

  void deliver(const entry& sent) {
    const tt::scope attached{sent.origin};
    auto span = obs_.traces().start("POST webhook", {.kind = tt::span_kind::client});
    httplib::Headers headers;
    if (!token_.empty()) headers.emplace("Authorization", "Bearer " + token_);
    if (sent.with_context) {
      tt::inject([&](std::string_view name, std::string_view value) { headers.emplace(name, value); });
    }
    delivery outcome = delivery::unreachable;
    int status = 0;
    for (int attempt = 1; attempt <= 3 && outcome == delivery::unreachable; ++attempt) {
      if (attempt > 1) patience_.wait(0.1 * attempt);
      httplib::Client client(sent.url);
      client.set_connection_timeout(1s);
      client.set_read_timeout(2s);
      const httplib::Result result = client.Post("/webhooks/psp", headers, sent.event.dump(), "application/json");
      status = result ? result->status : 0;
      if (status >= 200 && status < 300) outcome = delivery::delivered;
      if (status >= 400 && status < 500) outcome = delivery::refused;
    }
    deliveries_.with(outcome).inc();
    if (outcome != delivery::delivered) span.set_status(tt::span_status::error);
    obs_.log().log(outcome == delivery::delivered ? tt::level::info : tt::level::warn, "webhook",
                   tt::kv{"outcome", outcome}, tt::kv{"status", status},
                   tt::kv{"event_id", sent.event.value("event_id", std::string())},
                   tt::kv{"payment_id", sent.event.value("payment_id", std::string())});
  }

  tt::telemetry& obs_;
  const std::string token_;
  stoppable& patience_;
  tt::family<tt::counter, by_delivery> deliveries_;
  tt::gauge pending_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<entry> queue_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the rest
};

/// The provider's API. Thread safety: each member may run on many threads at once.
class simulator {
 public:
  simulator(tt::telemetry& obs, behaviour dialled, webhooks& events, stoppable& patience)
      : obs_(obs),
        dialled_(dialled),
        events_(events),
        patience_(patience),
        decisions_(obs.metrics().counter<by_operation, by_decision>(
            {.name = "psp_decisions_total", .help = "Requests from merchants, by what was decided."})) {}

  void serve_on(http_server& server) {
    server.post("/v1/authorizations", {200, 503}, [this](exchange& asked) { decide(asked, operation::authorize); });
    server.post("/v1/captures", {200, 503}, [this](exchange& asked) { decide(asked, operation::capture); });
    server.get("/v1/ping", {200}, [](exchange& asked) { asked.answer(200, {{"status", "ok"}}); });
    server.get("/admin/behaviour", {200}, [this](exchange& asked) { asked.answer(200, to_json(now())); });
    server.post("/admin/behaviour", {200, 400}, [this](exchange& asked) { dial(asked); });
  }

 private:
  using by_operation = tt::label<"operation", operation>;
  using by_decision = tt::label<"decision", decision>;

  behaviour now() {
    const std::lock_guard lock(mutex_);
    return dialled_;
  }

  static json to_json(const behaviour& shown) {
    json body{{"webhook_context", shown.webhook_context}, {"webhook_url", shown.webhook_url}};
    for (const auto& [name, field] : behaviour::numbers) body[name] = shown.*field;
    return body;
  }

  // Takes what is named and leaves the rest.
  void dial(exchange& asked) {
    const json body = asked.body();
    behaviour wanted = now();
    for (const auto& [name, value] : body.items()) {
      bool known = false;
      if (name == "webhook_context" && value.is_boolean()) {
        wanted.webhook_context = value;
        known = true;
      }
      if (name == "webhook_url" && value.is_string()) {
        wanted.webhook_url = value;
        known = wanted.webhook_url.empty() || wanted.webhook_url.starts_with("http://");
      }
      for (const auto& [number, field] : behaviour::numbers) {
        if (name != number || !value.is_number()) continue;
        wanted.*field = value;
        known = wanted.*field >= 0 && wanted.*field <= (name.ends_with("_ratio") ? 1 : 60);
      }
      if (!known) throw refusal{400, "invalid_field", "there is no such dial, or its value is out of range: " + name};
    }
    {
      const std::lock_guard lock(mutex_);
      dialled_ = wanted;
    }
    obs_.log().info("behaviour changed", tt::kv{"behaviour", to_json(wanted).dump()});
    asked.answer(200, to_json(wanted));
  }

  void decide(exchange& asked, operation wanted) {
    const json body = asked.body();
    const auto found = body.find("payment_id");
    if (found == body.end() || !found->is_string()) throw refusal{400, "missing_field", "payment_id must be text"};
    const std::string payment_id = *found;
    asked.note("payment_id", payment_id);

    const behaviour today = now();
    thread_local std::mt19937 random{std::random_device{}()};
    std::uniform_real_distribution<double> chance(0.0, 1.0);
    patience_.wait(chance(random) < today.hang_ratio ? today.hang : today.latency + today.jitter * chance(random));

    decision made = decision::approved;
    if (chance(random) < today.fault_ratio) {
      made = decision::fault;
    } else if (wanted == operation::authorize && chance(random) < today.decline_ratio) {
      made = decision::declined;
    }
    decisions_.with(wanted, made).inc();
    asked.note("decision", made);
    if (made == decision::fault) throw refusal{503, "acquirer_unavailable", "the acquirer does not answer"};

    json answer{{"status", made == decision::approved ? "approved" : "declined"}};
    if (made == decision::approved) answer["reference"] = "psp_" + payment_id;
    if (made == decision::approved && wanted == operation::capture) announce(payment_id, today);
    asked.answer(200, answer);
  }

  void announce(const std::string& payment_id, const behaviour& today) {
    const auto happened = std::chrono::system_clock::now().time_since_epoch();
    events_.send({{"event_id", "evt_" + payment_id},
                  {"type", "payment.captured"},
                  {"payment_id", payment_id},
                  {"occurred_at_ms", std::chrono::duration_cast<std::chrono::milliseconds>(happened).count()}},
                 today);
  }

  tt::telemetry& obs_;
  std::mutex mutex_;
  behaviour dialled_;
  webhooks& events_;
  stoppable& patience_;
  tt::family<tt::counter, by_operation, by_decision> decisions_;
};

std::string read_token(const std::string& path) {
  if (path.empty()) return {};
  std::string token;
  if (!(std::ifstream(path) >> token)) throw usage_error("cannot read a token from " + path);
  return token;
}

int run(const command_line& options, const stop_signals& signals) {
  tt::telemetry obs{{.service = "psp-simulator",
                     .version = "1.0.0",
                     .traces = {.file = options.text("span-file")},
                     .log = {.destination = options.text("log-file")}}};
  behaviour dialled;
  dialled.latency = options.number("latency", 0, 60);
  dialled.jitter = options.number("jitter", 0, 60);
  dialled.decline_ratio = options.number("decline-ratio", 0, 1);
  dialled.fault_ratio = options.number("fault-ratio", 0, 1);
  dialled.webhook_delay = options.number("webhook-delay", 0, 60);
  dialled.webhook_url = options.text("webhook-url");

  stoppable patience;
  webhooks events(obs, read_token(options.text("webhook-token-file")), patience);
  simulator handlers(obs, dialled, events, patience);
  http_server api(obs);
  handlers.serve_on(api);

  const tt::server endpoints = obs.serve({.address = options.text("metrics-listen")});
  const std::string address = api.start(options.text("listen"));
  obs.log().info("ready", tt::kv{"api", address}, tt::kv{"metrics", endpoints.address()});
  write_port_file(options.text("port-file"), {{"api", address}, {"metrics", endpoints.address()}});

  const char* signal = signals.wait_for_stop();
  obs.health().set_state(tt::service_state::draining);
  obs.log().info("stopping", tt::kv{"signal", signal});
  patience.stop();  // whoever waits for its latency is answered now
  api.stop();
  events.stop();
  return report_stop(obs) ? 0 : 1;
}

}  // namespace
}  // namespace payments

int main(int argc, char** argv) try {
  const payments::stop_signals signals;  // before any thread is started
  const payments::command_line options(
      argc, argv, "psp_simulator: a payment provider to practise against",
      {{"listen", "127.0.0.1:8090", "where the API listens; port 0 takes a free one"},
       {"metrics-listen", "127.0.0.1:9465", "where /metrics, /livez, /readyz and /health are; port 0 as above"},
       {"webhook-url", "", "the service that gets webhooks, as http://host:port; empty for none"},
       {"webhook-token-file", "", "bearer token to present with webhooks"},
       {"latency", "0.02", "seconds before each answer"},
       {"jitter", "0.02", "seconds added to that at random, at most"},
       {"decline-ratio", "0.08", "of authorizations"},
       {"fault-ratio", "0.02", "of requests that are answered with 503"},
       {"webhook-delay", "0.05", "seconds from a capture to its webhook"},
       {"log-file", "stdout", "stdout, stderr or a file"},
       {"span-file", "", "a file for finished spans, one JSON object a line"},
       {"port-file", "", "gets the addresses that were taken, for scripts"}});
  return payments::run(options, signals);
} catch (const payments::usage_error& problem) {
  std::fprintf(stderr, "psp_simulator: %s\n", problem.what());
  return 2;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "psp_simulator: %s\n", problem.what());
  return 1;
}
