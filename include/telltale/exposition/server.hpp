// The default HTTP server for telltale's endpoints: one thread, made for a port that strangers can reach. Whatever a
// client does (slow headers, half a request, thousands of idle connections, no reading) costs it its own connection
// and nobody else's scrape. Most programs get one from `telemetry::serve`.
#pragma once

#include <telltale/detail/platform.hpp>
#include <telltale/exposition/handlers.hpp>
#include <telltale/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace telltale {
inline namespace v0 {

struct server_options {
  /// `host:port`, `[v6]:port` or `unix:path`. Port 0 takes a free one, `server::address` says which. A host name
  /// is looked up once. A socket file has mode 0660 less the umask, replaces one that nobody listens on, and is removed
  /// at the end.
  std::string address = "127.0.0.1:9464";

  // Deadlines, each for the whole of what it names, from 1 ms to 1 h. A connection that misses one is closed.
  std::chrono::milliseconds header_timeout{5'000};  ///< connection or first byte to the end of the headers
  std::chrono::milliseconds body_timeout{5'000};    ///< a request body, which is read and dropped
  std::chrono::milliseconds write_timeout{30'000};  ///< handing the whole response to the kernel
  std::chrono::milliseconds idle_timeout{120'000};  ///< between two requests

  std::size_t max_header_bytes = 8 * 1024;  ///< more gets 431
  std::size_t max_body_bytes = 64 * 1024;   ///< more gets 413
  /// At this number the connection that has waited longest without a complete request gives way to a new one; when
  /// all are being answered, the new one gets 503. From 1 to 65536.
  std::size_t max_connections = 256;
};

/// Counts since the server was started.
struct server_statistics {
  std::uint64_t connections = 0;       ///< accepted
  std::uint64_t connections_open = 0;  ///< now
  std::uint64_t evicted = 0;           ///< closed to make room
  std::uint64_t refused = 0;           ///< answered 503 for want of room
  std::uint64_t requests = 0;          ///< complete ones
  std::uint64_t malformed = 0;         ///< answered 400, 413 or 431
  std::uint64_t timeouts = 0;          ///< connections that missed a deadline
};

/// A running server. It ends with this object.
///
/// Thread safety: all members may be called concurrently, except moving and destruction.
/// Cost: one thread (telltale-http), a second one (telltale-health) from the first request that may wait for a health
/// check; some 10 KB a connection. Both threads block all signals; SIGPIPE is never raised.
/// Fork: a child has no server thread but shares the listening socket until it calls exec; it must not use the server
/// that it inherited, only start its own on another address.
class TELLTALE_API server {
 public:
  /// Listens when it returns. Throws `error`: invalid_address, address_in_use, address_unavailable (each naming the
  /// address and the remedy), or invalid_option.
  static server start(std::shared_ptr<handler> endpoints, server_options options = {});
  /// The same, with the error as a value.
  static result<server> try_start(std::shared_ptr<handler> endpoints, server_options options = {});

  ~server();  ///< stop()
  server(server&&) noexcept;
  server& operator=(server&&) noexcept;

  /// Where it listens, with the real port: "127.0.0.1:40123", "[::1]:9464", "unix:/run/payments.sock".
  const std::string& address() const noexcept;

  server_statistics statistics() const noexcept;

  /// Stops listening, closes idle connections, lets answers in progress finish within the deadline (beyond it only a
  /// running health check, up to its own timeout), and joins the threads. Again: does nothing. Not to be called from a
  /// health check or a metrics source, which it would wait for.
  void stop(std::chrono::milliseconds deadline = std::chrono::seconds(2)) noexcept;

 private:
  struct impl;
  explicit server(std::unique_ptr<impl> state) noexcept;
  std::unique_ptr<impl> impl_;
};

}  // namespace v0
}  // namespace telltale
