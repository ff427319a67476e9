// From an address as users write it to a listening socket. Private to the exposition.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace telltale {
inline namespace v0 {
namespace detail {

/// `host:port`, `[v6]:port` or `unix:path`, taken apart.
struct listen_address {
  std::string host;
  std::uint16_t port = 0;
  std::string path;  ///< of a unix socket; then the others mean nothing
};

/// Throws `error` (invalid_address) that names the text and the rule.
listen_address parse_listen_address(const std::string& text);

/// A listening socket, closed with this object; a unix socket's file goes with it.
/// Thread safety: none.
class listener {
 public:
  /// Binds and listens. Throws `error`: invalid_address, address_in_use, address_unavailable.
  explicit listener(const std::string& address);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  int family() const noexcept { return family_; }
  const std::string& address() const noexcept { return address_; }  ///< with the real port
  /// The descriptor, which the caller closes from now on.
  int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  void listen_tcp(const std::string& text, const listen_address& address);
  void listen_unix(const std::string& text, const std::string& path);

  int descriptor_ = -1;
  int family_ = 0;
  std::string address_;
  std::string path_;            // of the socket file that is ours
  std::uint64_t device_ = 0;    // and which file it is: another server may have put its own there since
  std::uint64_t inode_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
