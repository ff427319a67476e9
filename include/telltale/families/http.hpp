// The requests that a service answers. Every HTTP service wants this pack; twinkle-backend, a8n and defy each
// describe it, with different label names.
//
//   metric                          type       labels                      unit
//   http_requests_total             counter    method, route, status_code  requests
//   http_request_duration_seconds   histogram  method, route, status_code  seconds, with exemplars
//   http_requests_in_flight         gauge      -                           requests
//
//   tt::families::http<> http{obs.metrics()};
//
//   auto request = http.start(obs.traces(), {.method = tt::families::parse_http_method(in.method),
//                                            .route = "/payments/{id}", .path = in.path},
//                             [&](std::string_view name) { return in.header(name); });
//   handle(in, out);                  // throws: 500, span error
//   request.end(out.status);
//
// The facts that fill a label: `http_method`, `http_route` and `http_status`. Other names, an order of your own, fewer
// labels:
//   tt::families::http<tt::label<"verb", http_method>, route_label<"path">, status_code_label<"status">>
// Standard: OpenTelemetry semantic conventions for HTTP server spans, 1.23 and later.
#pragma once

#include <telltale/families/operation.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace families {

/// The methods of RFC 9110 and RFC 5789; every other one is `other`, so that a caller cannot invent series.
enum class http_method : std::uint8_t { get, head, post, put, patch, delete_, connect, options, trace, other };

/// Case-sensitive, as methods are.
TELLTALE_API http_method parse_http_method(std::string_view method) noexcept;

/// The pattern that a request matched, `/payments/{id}`; never the path. Empty when none did: the label then is
/// `_unmatched`.
struct http_route {
  std::string_view pattern;
};

/// The status that ends a request.
struct http_status {
  constexpr http_status(int status_code) noexcept : code(status_code) {}
  int code;
};

enum class http_status_class : std::uint8_t { informational, success, redirection, client_error, server_error };

}  // namespace families

/// As the semantic conventions spell them.
template <>
inline constexpr std::array<std::string_view, 10> enum_names<families::http_method>{
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "_OTHER"};
template <>
inline constexpr std::array<std::string_view, 5> enum_names<families::http_status_class>{"1xx", "2xx", "3xx", "4xx",
                                                                                         "5xx"};

namespace detail {

/// The server failed, or gave no status that there is; what the caller got wrong is no error of the request's span.
template <>
struct outcome_traits<families::http_status> {
  static constexpr families::http_status failed{500};
  static constexpr bool is_error(families::http_status status) noexcept {
    return status.code >= 500 || status.code < 100;
  }
};

/// "100" to "599"; "invalid" for another number.
TELLTALE_API std::string_view status_code_text(int code) noexcept;

}  // namespace detail

namespace families {

/// The route pattern, at most `MaxRoutes` of them.
template <fixed_string Name, std::size_t MaxRoutes = 256>
struct route_label : text_label<Name, MaxRoutes> {
  using fact = http_route;
  constexpr explicit route_label(http_route route) noexcept
      : text_label<Name, MaxRoutes>(route.pattern.empty() ? std::string_view{"_unmatched"} : route.pattern) {}
};

/// The status code: 404.
template <fixed_string Name>
struct status_code_label : text_label<Name, 501> {
  using fact = http_status;
  explicit status_code_label(http_status status) noexcept
      : text_label<Name, 501>(detail::status_code_text(status.code)) {}
};

/// The class of the status code: 4xx. `{status=~"5.."}` matches this, too. Five series, at 0 from the start, where
/// codes appear as they occur. A number that is no status code counts as 5xx.
template <fixed_string Name>
struct status_class_label : label<Name, http_status_class> {
  using fact = http_status;
  constexpr explicit status_class_label(http_status status) noexcept
      : label<Name, http_status_class>(status.code >= 100 && status.code <= 599
                                           ? static_cast<http_status_class>(status.code / 100 - 1)
                                           : http_status_class::server_error) {}
};

using by_method = label<"method", http_method>;
using by_route = route_label<"route">;
using by_status_code = status_code_label<"status_code">;

struct http_options {
  /// Put before each name, with an underscore. Default: none.
  std::string prefix{};
  // An empty name leaves the metric out.
  std::string requests = "http_requests_total";
  std::string duration = "http_request_duration_seconds";
  std::string in_flight = "http_requests_in_flight";
  /// Seconds.
  std::vector<double> buckets = telltale::v0::buckets::latency();
};

/// What is known of a request when it begins. The route's text is referenced until the request ends: give a literal, or
/// the router's own pattern.
struct http_request {
  http_method method = http_method::other;
  std::string_view route{};  ///< the pattern; empty when none matched
  std::string_view path{};   ///< as it came, without the query; goes to the span alone
};

/// The pack; `http` below is how it is spelled. A struct of handles: cheap to copy, safe for as long as the process
/// lives.
/// Thread safety: all members may be called concurrently.
/// Cost of a request: a server span, an observation, an increment and, with text labels, two look-ups, plus two
/// additions to the shared gauge; unsampled some 0.2 us in all.
template <class RequestLabels, class DurationLabels = RequestLabels>
class basic_http {
  template <class... Labels>
  static constexpr bool all_filled(labels<Labels...>) noexcept {
    return ((detail::fillers<Labels, http_method, http_route, http_status>() == 1) && ...);
  }
  static_assert(all_filled(RequestLabels{}) && all_filled(DurationLabels{}),
                "a label of families::http is filled from a request's method, route or status: "
                "use label<\"...\", http_method>, route_label<\"...\">, status_code_label<\"...\"> or "
                "status_class_label<\"...\">");

  using requests_series = detail::series<counter, RequestLabels>;
  using duration_series = detail::series<histogram, DurationLabels>;

 public:
  /// Throws `error`: a name is registered already or breaks the rules of docs/naming.md.
  explicit basic_http(registry& metrics, const http_options& options = {})
      : record_{
            detail::add_counter(metrics, RequestLabels{}, options.prefix, options.requests, "HTTP requests answered."),
            detail::add_histogram(metrics, DurationLabels{}, options.prefix, options.duration,
                                  "HTTP request duration, from the first handler to the response.", options.buckets),
            detail::add_gauge(metrics, labels<>{}, options.prefix, options.in_flight,
                              "HTTP requests being handled now."),
            {}} {}

  /// Makes the series of a route exist at 0 before the first request, so that `rate()` sees the first error.
  TELLTALE_SWITCHED void declare(http_method method, std::string_view route,
               std::initializer_list<int> status_codes = {200, 400, 500}) const noexcept {
    if constexpr (!detail::enabled) return;
    for (const int code : status_codes) {
      (void)record_.requests_of(method, http_route{route}, http_status{code});
      (void)record_.duration_of(method, http_route{route}, http_status{code});
    }
  }

  struct record {
    typename requests_series::type requests;
    typename duration_series::type duration;
    gauge in_flight;
    http_request request;

    TELLTALE_SWITCHED counter requests_of(http_method method, http_route route, http_status status) const noexcept {
      return requests_series::find(requests, method, route, status);
    }
    TELLTALE_SWITCHED histogram duration_of(http_method method, http_route route, http_status status) const noexcept {
      return duration_series::find(duration, method, route, status);
    }

    TELLTALE_SWITCHED void operator()(v0::span& traced, http_status status, std::chrono::nanoseconds elapsed) const noexcept {
      traced.set(kv{"http.response.status_code", status.code});
      if (detail::outcome_traits<http_status>::is_error(status))
        traced.set(kv{"error.type", detail::status_code_text(status.code)});
      duration_of(request.method, http_route{request.route}, status).observe(elapsed);
      requests_of(request.method, http_route{request.route}, status).inc();
      in_flight.sub(1);
    }
  };

  /// A request in progress; `end(status)` is given the status that was sent. Without it: 500.
  using guard = operation<http_status, record>;

  /// Begins a server span below `caller` (in a trace of its own when that is empty) and makes it current.
  TELLTALE_SWITCHED guard start(tracer& traces, const http_request& request, const context& caller) const noexcept {
    if constexpr (!detail::enabled) return guard{v0::span{}, record_};
    detail::short_text name;
    name.append_word(detail::label_text(by_method{request.method}));
    if (!request.route.empty()) name.append_word(request.route);
    v0::span begun = traces.start(name.view(), {.kind = span_kind::server, .parent = caller},
                                  kv{"http.request.method", request.method});
    if (!request.route.empty()) begun.set(kv{"http.route", request.route});
    if (!request.path.empty()) begun.set(kv{"url.path", request.path});
    record made = record_;
    made.request = request;
    made.in_flight.add(1);
    return guard{std::move(begun), std::move(made)};
  }

  /// The same; the caller's trace is read from the request's headers, see `tt::extract`.
  template <std::invocable<std::string_view> Getter>
  TELLTALE_SWITCHED guard start(tracer& traces, const http_request& request, Getter&& header) const {
    if constexpr (!detail::enabled) return start(traces, request, context{});
    return start(traces, request, extract(header));
  }

 private:
  record record_;
};

/// The pack over your own labels; `http<>` has method, route and status_code.
template <class... Labels>
using http = basic_http<typename detail::labels_or<labels<by_method, by_route, by_status_code>, Labels...>::type>;

namespace presets {
/// twinkle-backend: what `http<>` is.
using twinkle_http = http<by_method, by_route, by_status_code>;
/// a8n: http_requests_total{method,path,status}, http_request_duration_seconds{method,path}.
using a8n_http = basic_http<labels<by_method, route_label<"path">, status_code_label<"status">>,
                            labels<by_method, route_label<"path">>>;
/// defy: http_requests_total{status}, http_request_duration_seconds without labels.
using defy_http = basic_http<labels<status_code_label<"status">>, labels<>>;
}  // namespace presets

}  // namespace families
}  // namespace v0
}  // namespace telltale
