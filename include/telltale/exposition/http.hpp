// The seam between telltale's endpoints and an HTTP server: a request in, a response out, no sockets. Any server can
// serve telltale's endpoints by filling in an `http_request`, calling `handler::handle` and sending what it returns.
#pragma once

#include <telltale/detail/platform.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {

/// One header line, as received.
struct http_header {
  std::string_view name;
  std::string_view value;
};

/// A request as the server parsed it. The views must stay good during the call only. Telltale's endpoints take no
/// request body: the server reads and drops it.
struct http_request {
  std::string_view method;  ///< "GET", case-sensitive
  std::string_view target;  ///< as on the request line: "/metrics?x=y", or with scheme and host before it
  std::span<const http_header> headers;

  /// The target's path: "/metrics". Not percent-decoded.
  TELLTALE_API std::string_view path() const noexcept;
  /// What follows the first '?', or empty.
  TELLTALE_API std::string_view query() const noexcept;
  /// The value of the first header of that name (in any case), or empty.
  TELLTALE_API std::string_view header(std::string_view name) const noexcept;
};

/// What to send. The server adds Date, Content-Length (`length`), Connection and whatever else is its own affair.
struct http_response {
  int status = 200;
  std::string_view content_type;  ///< of static storage; empty when there is no body
  std::vector<std::pair<std::string_view, std::string_view>> headers;  ///< further ones, of static storage
  /// The body. For a scrape it is a buffer of the handler's that is used again once every copy of this pointer is
  /// gone: drop the response when it is sent. Null means empty.
  std::shared_ptr<const std::string> body;
  /// The Content-Length: the size of the body, also in an answer to HEAD, which carries no body.
  std::size_t length = 0;

  std::string_view text() const noexcept { return body ? std::string_view(*body) : std::string_view(); }
};

}  // namespace v0
}  // namespace telltale
