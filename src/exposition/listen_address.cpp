#include "exposition/listen_address.hpp"

#include <telltale/result.hpp>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

constexpr std::string_view unix_prefix = "unix:";

[[noreturn]] void invalid(const std::string& text, const std::string& why) {
  throw error(error_code::invalid_address, "\"" + text + "\" is not an address to listen on: " + why +
                                               "; write host:port, [v6]:port or unix:path, such as 127.0.0.1:9464");
}

[[noreturn]] void refuse(const std::string& text, int code, const listen_address& address) {
  const std::string reason = std::generic_category().message(code);
  if (code == EADDRINUSE) {
    throw error(error_code::address_in_use,
                address.path.empty()
                    ? "port " + std::to_string(address.port) + " of " + address.host + " is taken (" + text +
                          "): another process, or another server of this one, listens there; stop it, choose "
                          "another port, or port 0 for a free one"
                    : "socket file " + address.path + " is taken (" + text +
                          "): another process listens there, or the file is not a socket; stop it or choose "
                          "another path");
  }
  std::string remedy = "choose an address of this machine";
  if (code == EACCES || code == EPERM) {
    remedy = address.path.empty() ? "choose a port from 1024 on, or give the process the right to bind lower ones"
                                  : "give the process the right to write to the directory";
  }
  throw error(error_code::address_unavailable, "cannot listen on " + text + ": " + reason + "; " + remedy);
}

int open_socket(int family) { return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0); }

sockaddr_un socket_name(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  return name;
}

// A socket file that nobody listens on any more, left by a process that was killed.
bool abandoned(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0 || !S_ISSOCK(facts.st_mode)) return false;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return false;
  const sockaddr_un name = socket_name(path);
  const bool dead =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return dead;
}

}  // namespace

listen_address parse_listen_address(const std::string& text) {
  listen_address address;
  if (text.starts_with(unix_prefix)) {
    address.path = text.substr(unix_prefix.size());
    if (address.path.empty()) invalid(text, "the path is missing");
    if (address.path.find('\0') != std::string::npos) invalid(text, "the path holds a zero byte");
    if (address.path.size() >= sizeof(sockaddr_un::sun_path)) invalid(text, "the path has more than 107 bytes");
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) invalid(text, "the port is missing");
  address.host = text.substr(0, colon);
  if (address.host.size() >= 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find_first_of(":[]") != std::string::npos) {
    invalid(text, "an IPv6 address stands in brackets");
  }
  if (address.host.empty()) {
    invalid(text, "the host is missing (127.0.0.1 for this machine only, 0.0.0.0 for every interface)");
  }
  const char* const first = text.data() + colon + 1;
  const char* const last = text.data() + text.size();
  const auto [end, problem] = std::from_chars(first, last, address.port);
  if (first == last || problem != std::errc{} || end != last) invalid(text, "the port is not a number from 0 to 65535");
  return address;
}

listener::listener(const std::string& text) {
  const listen_address address = parse_listen_address(text);
  try {
    if (address.path.empty()) {
      listen_tcp(text, address);
    } else {
      listen_unix(text, address.path);
    }
  } catch (...) {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw;
  }
}

listener::~listener() {
  if (descriptor_ >= 0) ::close(descriptor_);
  struct stat facts {};
  if (!path_.empty() && ::lstat(path_.c_str(), &facts) == 0 && facts.st_dev == device_ && facts.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
}

void listener::listen_tcp(const std::string& text, const listen_address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  const int problem = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (problem != 0) {
    throw error(error_code::address_unavailable, "cannot listen on " + text + ": the host cannot be looked up (" +
                                                     ::gai_strerror(problem) + "); use an address of this machine");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

  int code = EADDRNOTAVAIL;
  // IPv4 first: "localhost" then means what Prometheus's examples mean by it.
  for (const int family : {AF_INET, AF_INET6}) {
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      if (one->ai_family != family) continue;
      descriptor_ = open_socket(family);
      const int on = 1;
      // Only lets go of connections that the kernel still winds up; two listeners still exclude each other.
      if (descriptor_ >= 0 && ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
          ::bind(descriptor_, one->ai_addr, one->ai_addrlen) == 0 && ::listen(descriptor_, SOMAXCONN) == 0) {
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        char host[NI_MAXHOST];
        char port[NI_MAXSERV];
        if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&bound), &size) == 0 &&
            ::getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, host, sizeof host, port, sizeof port,
                          NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
          family_ = family;
          address_ = family == AF_INET6 ? "[" + std::string(host) + "]:" + port : std::string(host) + ":" + port;
          return;
        }
      }
      code = errno;
      if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
      if (code == EADDRINUSE) refuse(text, code, address);
    }
  }
  refuse(text, code, address);
}

void listener::listen_unix(const std::string& text, const std::string& path) {
  const listen_address address{{}, 0, path};
  descriptor_ = open_socket(AF_UNIX);
  if (descriptor_ < 0) refuse(text, errno, address);
  // Before bind, so that the file never exists with wider rights.
  if (::fchmod(descriptor_, 0660) != 0) refuse(text, errno, address);
  const sockaddr_un name = socket_name(path);
  const auto bind = [&] { return ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&name), sizeof name); };
  if (bind() != 0) {
    if (errno != EADDRINUSE || !abandoned(path) || ::unlink(path.c_str()) != 0) refuse(text, errno, address);
    if (bind() != 0) refuse(text, errno, address);
  }
  struct stat facts {};
  if (::listen(descriptor_, SOMAXCONN) != 0 || ::lstat(path.c_str(), &facts) != 0) refuse(text, errno, address);
  family_ = AF_UNIX;
  address_ = text;
  path_ = path;
  device_ = facts.st_dev;
  inode_ = facts.st_ino;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
