#include "exposition/ascii.hpp"

#include <telltale/exposition/handlers.hpp>
#include <telltale/exposition/token_file.hpp>
#include <telltale/result.hpp>

#include <atomic>
#include <mutex>
#include <new>
#include <optional>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace {

enum class endpoint : std::uint8_t { metrics, livez, readyz, health, none };

// The memory of one scrape, used again by the next.
struct scrape {
  snapshot metrics;
  std::string body;
};

http_response plain(int status, std::string text) {
  http_response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::make_shared<const std::string>(std::move(text));
  return response;
}

// All Accept lines as one.
std::string accept_of(const http_request& request) {
  std::string all;
  for (const http_header& line : request.headers) {
    if (!detail::equal_ignoring_case(line.name, "accept")) continue;
    if (!all.empty()) all += ',';
    all += line.value;
  }
  return all;
}

// The token of `Authorization: Bearer ...`, or empty. Two such headers are none: whoever sends them has something in
// mind, and it is not a token.
std::string_view bearer_of(const http_request& request) noexcept {
  std::string_view value;
  bool seen = false;
  for (const http_header& line : request.headers) {
    if (!detail::equal_ignoring_case(line.name, "authorization")) continue;
    if (seen) return {};
    seen = true;
    value = line.value;
  }
  constexpr std::string_view scheme = "bearer ";
  if (value.size() < scheme.size() || !detail::equal_ignoring_case(value.substr(0, scheme.size()), scheme)) return {};
  value.remove_prefix(scheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  return value;
}

}  // namespace

// Shared with the bodies that are still being sent, which may outlive the handler.
struct handler::impl : std::enable_shared_from_this<handler::impl> {
  impl(handler_sources from, handler_options chosen) : sources(std::move(from)), options(std::move(chosen)) {}

  const handler_sources sources;
  const handler_options options;
  std::optional<token_file> token;

  std::mutex mutex;
  std::vector<std::unique_ptr<scrape>> spare;  // guarded by mutex
  int in_flight = 0;                           // guarded by mutex

  std::atomic<std::uint64_t> scrapes{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::uint64_t> unauthorized{0};
  std::atomic<std::int64_t> last_nanoseconds{0};
  std::atomic<std::uint64_t> last_bytes{0};

  endpoint find(std::string_view path) const noexcept;
  endpoint_access access_to(endpoint which) const noexcept;
  std::optional<http_response> refusal(const http_request& request);
  std::shared_ptr<scrape> borrow();
  void give_back(std::unique_ptr<scrape> used) noexcept;
  http_response serve_metrics(const http_request& request);
  http_response serve_health();
};

endpoint handler::impl::find(std::string_view path) const noexcept {
  endpoint which = endpoint::none;
  if (path == "/metrics") which = endpoint::metrics;
  if (path == "/livez") which = endpoint::livez;
  if (path == "/readyz") which = endpoint::readyz;
  if (path == "/health") which = endpoint::health;
  if (which == endpoint::metrics && !sources.metrics) return endpoint::none;
  if ((which == endpoint::readyz || which == endpoint::health) && sources.health == nullptr) return endpoint::none;
  return access_to(which) == endpoint_access::off ? endpoint::none : which;
}

endpoint_access handler::impl::access_to(endpoint which) const noexcept {
  switch (which) {
    case endpoint::metrics: return options.metrics;
    case endpoint::livez: return options.livez;
    case endpoint::readyz: return options.readyz;
    case endpoint::health: return options.health;
    case endpoint::none: break;
  }
  return endpoint_access::off;
}

// Nothing when the request presents the token.
std::optional<http_response> handler::impl::refusal(const http_request& request) {
  const std::string_view presented = bearer_of(request);
  const token_file::verdict verdict = token->check(presented);
  if (verdict == token_file::verdict::match) return std::nullopt;
  unauthorized.fetch_add(1, std::memory_order_relaxed);
  if (verdict == token_file::verdict::unusable) {
    if (sources.events != nullptr) {
      sources.events->report(detail::event_severity::error, "exposition", token->problem());
    }
    return plain(503, "the token file cannot be used at the moment\n");
  }
  http_response response = plain(401, "this endpoint asks for a bearer token\n");
  response.headers.emplace_back("WWW-Authenticate", presented.empty()
                                                        ? "Bearer realm=\"telltale\""
                                                        : "Bearer realm=\"telltale\", error=\"invalid_token\"");
  return response;
}

// Null when too many are out.
std::shared_ptr<scrape> handler::impl::borrow() {
  std::unique_ptr<scrape> memory;
  {
    const std::lock_guard lock(mutex);
    if (in_flight >= options.max_scrapes) return nullptr;
    ++in_flight;
    if (!spare.empty()) {
      memory = std::move(spare.back());
      spare.pop_back();
    }
  }
  // From here the count goes down again in give_back, also when there is no memory.
  const auto giver = [self = shared_from_this()](scrape* used) { self->give_back(std::unique_ptr<scrape>(used)); };
  if (!memory) memory.reset(new (std::nothrow) scrape);
  return std::shared_ptr<scrape>(memory.release(), giver);
}

void handler::impl::give_back(std::unique_ptr<scrape> used) noexcept {
  const std::lock_guard lock(mutex);
  --in_flight;
  if (used) spare.push_back(std::move(used));  // reserved at construction
}

http_response handler::impl::serve_metrics(const http_request& request) {
  const std::shared_ptr<scrape> memory = borrow();
  if (memory.get() == nullptr) {
    rejected.fetch_add(1, std::memory_order_relaxed);
    http_response response = plain(503, "too many scrapes at the same time\n");
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  const exposition_format format = negotiate(accept_of(request));
  const steady_time begin = system_clock().steady_now();
  try {
    sources.metrics(memory->metrics);
    memory->body.clear();
    encode(memory->metrics, format, memory->body, options.encoding);
  } catch (const std::exception& problem) {
    failed.fetch_add(1, std::memory_order_relaxed);
    if (sources.events != nullptr) {
      sources.events->report(detail::event_severity::error, "exposition", problem.what());
    }
    return plain(500, "collecting the metrics failed\n");
  } catch (...) {
    failed.fetch_add(1, std::memory_order_relaxed);
    return plain(500, "collecting the metrics failed\n");
  }
  last_nanoseconds.store((system_clock().steady_now() - begin).count(), std::memory_order_relaxed);
  last_bytes.store(memory->body.size(), std::memory_order_relaxed);
  scrapes.fetch_add(1, std::memory_order_relaxed);

  http_response response;
  response.content_type = content_type(format);
  response.body = std::shared_ptr<const std::string>(memory, &memory->body);
  return response;
}

http_response handler::impl::serve_health() {
  const health_report report = sources.health->report();
  http_response response;
  response.status = report.status == health_status::unhealthy ? 503 : 200;
  response.content_type = "application/json";
  response.body = std::make_shared<const std::string>(report.to_json());
  return response;
}

handler::handler(handler_sources sources, handler_options options) {
  if (options.max_scrapes < 1 || options.max_scrapes > 64) {
    throw error(error_code::invalid_option,
                "max_scrapes is " + std::to_string(options.max_scrapes) + "; it must be from 1 to 64");
  }
  impl_ = std::make_shared<impl>(std::move(sources), std::move(options));
  impl_->spare.reserve(static_cast<std::size_t>(impl_->options.max_scrapes));
  if (!impl_->options.token_file.empty()) {
    impl_->token.emplace(impl_->options.token_file);
  } else if (!impl_->options.token.empty()) {
    impl_->token = token_file::holding(impl_->options.token);
  }
}

handler::~handler() = default;

http_response handler::handle(const http_request& request) {
  const auto answer = [&]() -> http_response {
    const endpoint which = impl_->find(request.path());
    if (which == endpoint::none) return plain(404, "not found\n");
    if (request.method != "GET" && request.method != "HEAD") {
      http_response response = plain(405, "only GET and HEAD\n");
      response.headers.emplace_back("Allow", "GET, HEAD");
      return response;
    }
    if (impl_->token && impl_->access_to(which) == endpoint_access::token) {
      if (auto refused = impl_->refusal(request)) return std::move(*refused);
    }
    switch (which) {
      case endpoint::metrics: return impl_->serve_metrics(request);
      case endpoint::readyz:
        return impl_->sources.health->ready() ? plain(200, "ok\n") : plain(503, "not ready\n");
      case endpoint::health: return impl_->serve_health();
      case endpoint::livez:
      case endpoint::none: break;
    }
    return plain(200, "ok\n");
  };

  http_response response = answer();
  // Every answer is of its moment.
  response.headers.emplace_back("Cache-Control", "no-store");
  response.length = response.text().size();
  if (request.method == "HEAD") response.body.reset();
  return response;
}

bool handler::may_block(const http_request& request) const noexcept {
  const endpoint which = impl_->find(request.path());
  return which == endpoint::readyz || which == endpoint::health;
}

handler_statistics handler::statistics() const noexcept {
  handler_statistics counts;
  counts.scrapes = impl_->scrapes.load(std::memory_order_relaxed);
  counts.scrapes_failed = impl_->failed.load(std::memory_order_relaxed);
  counts.scrapes_rejected = impl_->rejected.load(std::memory_order_relaxed);
  counts.unauthorized = impl_->unauthorized.load(std::memory_order_relaxed);
  counts.last_scrape_duration = std::chrono::nanoseconds(impl_->last_nanoseconds.load(std::memory_order_relaxed));
  counts.last_scrape_bytes = impl_->last_bytes.load(std::memory_order_relaxed);
  return counts;
}

}  // namespace v0
}  // namespace telltale
