// Where cpp-httplib and telltale meet: a server on which every request, also one that never reaches a handler, gets a
// server span below its caller's, the metrics of `families::http`, and one canonical log line, however it ends.
//
// Handlers get an `exchange`. They answer, or throw `refusal` for what the caller did wrong; what else they throw
// becomes a 500 that says nothing of the inside.
#pragma once

#include "process.hpp"

#include <telltale/telltale.hpp>

#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include <deque>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace payments {

namespace tt = telltale;
using nlohmann::json;

/// The request cannot be done as asked: a 4xx, or 503 for now. `code` is for programs, the message for people.
struct refusal {
  int status;
  std::string code;
  std::string message;
};

/// The values of a header as telltale wants them: all, with commas between them.
inline std::string header_text(const httplib::Request& request, std::string_view name) {
  const std::string key(name);
  std::string all = request.get_header_value(key);
  for (std::size_t i = 1; i < request.get_header_value_count(key); ++i) all += "," + request.get_header_value(key, i);
  return all;
}

/// One request on its way through a handler.
class exchange {
 public:
  exchange(const httplib::Request& in, httplib::Response& out, tt::span& traced) : in_(in), out_(out), span_(traced) {}

  const httplib::Request& request() const { return in_; }
  tt::span& span() { return span_; }

  /// What stood for {id} in the route.
  std::string id() const { return in_.matches[1]; }

  /// The body as a JSON object; a refusal when it is none.
  json body() const {
    json parsed = json::parse(in_.body, nullptr, false);
    if (!parsed.is_object()) throw refusal{400, "invalid_json", "the body must be one JSON object"};
    return parsed;
  }

  /// Worth knowing about this request: goes into the span and the canonical log line. Keys are literals.
  template <class Value>
  void note(std::string_view key, const Value& value) {
    span_.set(tt::kv{key, value});
    if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      notes_.push_back({key, std::string_view(texts_.emplace_back(value))});
    } else {
      notes_.push_back(tt::kv{key, value});
    }
  }
  const std::vector<tt::attribute>& notes() const { return notes_; }

  void answer(int status, const json& body) {
    out_.status = status;
    // Text of the caller's may be in it: what is no UTF-8 is replaced, not thrown about.
    out_.set_content(body.dump(-1, ' ', false, json::error_handler_t::replace), "application/json");
  }
  void answer_raw(int status, const std::string& body) {
    out_.status = status;
    out_.set_content(body, "application/json");
  }
  void set_header(const char* name, const std::string& value) { out_.set_header(name, value); }
  int status() const { return out_.status; }
  const std::string& answered() const { return out_.body; }

  void refuse(const refusal& why) {
    note("error_code", why.code);
    note("error_message", why.message);
    answer(why.status, {{"error", {{"code", why.code}, {"message", why.message}}}});
  }

 private:
  const httplib::Request& in_;
  httplib::Response& out_;
  tt::span& span_;
  std::deque<std::string> texts_;  // what notes_ refers to
  std::vector<tt::attribute> notes_;
};

/// The last line of a process: what became of its spans. False when some could not be written in time.
inline bool report_stop(tt::telemetry& obs) {
  const bool flushed = obs.flush();
  const tt::span_counts spans = obs.traces().counts();
  obs.log().info("stopped", tt::kv{"spans_started", spans.started}, tt::kv{"spans_exported", spans.exported},
                 tt::kv{"spans_failed", spans.failed}, tt::kv{"spans_dropped", spans.dropped_queue_full});
  return flushed;
}

/// Thread safety: set up and stopped by one thread. Cost: the threads of its pool, and one that accepts.
class http_server {
 public:
  using handler = std::function<void(exchange&)>;

  explicit http_server(tt::telemetry& obs) : obs_(obs), metrics_(obs.metrics()) {
    // One request a connection. What is left unread of a refused body is never taken for a request, and a stop does not
    // wait for idle clients.
    server_.set_keep_alive_max_count(1);
    server_.set_payload_max_length(largest_body);
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;  // httplib's default would let a second process share the port
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server_.new_task_queue = [] { return new httplib::ThreadPool(threads); };
    server_.set_pre_routing_handler([this](const httplib::Request& in, httplib::Response& out) {
      return refuse_early(in, out) ? httplib::Server::HandlerResponse::Handled
                                   : httplib::Server::HandlerResponse::Unhandled;
    });
    // Called for every 4xx and 5xx; one without a body is httplib's own: no route, a malformed or too large request.
    server_.set_error_handler(httplib::Server::HandlerWithResponse([this](const auto& in, auto& out) {
      if (!out.body.empty()) return httplib::Server::HandlerResponse::Unhandled;
      const int status = out.status;
      observe({}, in, out, [status](exchange& asked) {
        asked.refuse(status == 404   ? refusal{404, "not_found", "there is nothing here"}
                     : status == 413 ? refusal{413, "too_large", "the body is larger than 64 KiB"}
                                     : refusal{status, "bad_request", "this is not HTTP as this service speaks it"});
      });
      return httplib::Server::HandlerResponse::Handled;
    }));
  }
  ~http_server() { stop(); }
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  // The pattern, as in "/payments/{id}", is the route on metrics and spans; the path itself never is. The status codes
  // are those that the route answers with: their series are there from the start, so that `rate` sees the first of
  // each.
  void get(const char* pattern, std::initializer_list<int> status_codes, handler handle) {
    metrics_.declare(tt::families::http_method::get, pattern, status_codes);
    server_.Get(regex_of(pattern), observed(pattern, std::move(handle)));
  }
  void post(const char* pattern, std::initializer_list<int> status_codes, handler handle) {
    metrics_.declare(tt::families::http_method::post, pattern, status_codes);
    server_.Post(regex_of(pattern), observed(pattern, std::move(handle)));
  }

  /// Listens, and answers on threads of its own from now on. Returns "host:port" with the real port.
  std::string start(const std::string& address) {
    auto [host, port] = split_address(address);
    if (port == 0) {
      port = server_.bind_to_any_port(host);
    } else if (!server_.bind_to_port(host, port)) {
      port = -1;
    }
    if (port < 0) throw std::runtime_error("cannot listen on " + address + ": is the port taken?");
    server_.widen_backlog();
    accepting_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();  // stop() before that would be lost
    return host + ":" + std::to_string(port);
  }

  /// Accepts nothing more and returns when every request that was accepted has been answered.
  void stop() {
    server_.stop();
    if (accepting_.joinable()) accepting_.join();
  }

 private:
  static constexpr std::size_t largest_body = 64 * 1024;
  static constexpr std::size_t threads = 16;

  struct backlog_server : httplib::Server {
    void widen_backlog() { ::listen(svr_sock_, 128); }  // httplib asks for 5
  };

  static std::string regex_of(std::string pattern) {
    const std::size_t open = pattern.find("{id}");
    if (open != std::string::npos) pattern.replace(open, 4, "([^/]+)");
    return pattern;
  }

  httplib::Server::Handler observed(const char* pattern, handler handle) {
    return [this, pattern, handle = std::move(handle)](const httplib::Request& in, httplib::Response& out) {
      observe(pattern, in, out, handle);
    };
  }

  // Refuses, before it is read or matched, what no client of this service has reason to send.
  bool refuse_early(const httplib::Request& in, httplib::Response& out) {
    refusal why{0, {}, {}};
    const std::string type = in.get_header_value("Content-Type");
    if (in.path.size() > 256) {
      why = {414, "path_too_long", "the path is longer than 256 characters"};
    } else if (in.has_header("Transfer-Encoding")) {
      why = {411, "length_required", "send the body with a Content-Length"};
    } else if (in.has_header("Content-Encoding") || (!type.empty() && !type.starts_with("application/json"))) {
      why = {415, "unsupported_media_type", "send plain application/json"};
    } else {
      return false;
    }
    observe({}, in, out, [&why](exchange& asked) { asked.refuse(why); });
    return true;
  }

  void observe(std::string_view route, const httplib::Request& in, httplib::Response& out, const handler& handle) {
    auto guard = metrics_.start(obs_.traces(),
                                {.method = tt::families::parse_http_method(in.method), .route = route, .path = in.path},
                                [&](std::string_view name) { return header_text(in, name); });
    exchange asked(in, out, guard.span());
    try {
      handle(asked);
    } catch (const refusal& why) {
      asked.refuse(why);
    } catch (const std::exception& problem) {
      guard.span().record_exception(problem);
      asked.note("exception", std::string_view(problem.what()));
      asked.answer(500, {{"error", {{"code", "internal"}, {"message", "this is our fault; it has been logged"}}}});
    }

    // The canonical line: everything about this request in one place.
    std::vector<tt::attribute> fields{tt::kv{"method", in.method}, tt::kv{"route", route}, tt::kv{"status", out.status},
                                      tt::kv{"duration_seconds", guard.elapsed()}};
    fields.insert(fields.end(), asked.notes().begin(), asked.notes().end());
    const tt::level level = out.status >= 500   ? tt::level::error
                            : out.status >= 400 ? tt::level::warn
                                                : tt::level::info;
    obs_.log().write(level, "request", fields);
    guard.end(out.status);
  }

  tt::telemetry& obs_;
  tt::families::http<> metrics_;
  backlog_server server_;
  std::thread accepting_;
};

}  // namespace payments
