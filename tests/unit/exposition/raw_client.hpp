// A client that sends exactly the bytes it is given, whole or in pieces, and reads with a deadline.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

struct raw_client {
  static constexpr int deadline_ms = 20'000;

  explicit raw_client(const std::string& address) {
    if (address.starts_with("unix:")) {
      descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
      sockaddr_un name{};
      name.sun_family = AF_UNIX;
      std::strncpy(name.sun_path, address.c_str() + 5, sizeof name.sun_path - 1);
      connect(name);
    } else {
      descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in name{};
      name.sin_family = AF_INET;
      name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      name.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
      connect(name);
    }
  }
  ~raw_client() {
    if (descriptor >= 0) ::close(descriptor);
  }
  raw_client(raw_client&& other) noexcept : descriptor(std::exchange(other.descriptor, -1)) {}
  raw_client(const raw_client&) = delete;

  /// False when the other side is gone.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// One response: head, and as much body as its Content-Length says (none for an answer to HEAD). Empty at the end.
  std::string receive(bool head_only = false) {
    while (true) {
      const std::size_t end = pending.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::size_t size = end + 4;
        const std::size_t length = pending.find("Content-Length: ");
        if (!head_only && length < end) size += std::strtoul(pending.c_str() + length + 16, nullptr, 10);
        if (pending.size() >= size) {
          std::string response = pending.substr(0, size);
          pending.erase(0, size);
          return response;
        }
      }
      if (!read_more()) return {};
    }
  }

  /// Everything until the server closes; false in `second` when it did not do so within the deadline.
  std::pair<std::string, bool> receive_all() {
    try {
      while (read_more()) {
      }
    } catch (const std::runtime_error&) {
      return {std::move(pending), false};
    }
    return {std::move(pending), true};
  }

  void finish_sending() const { ::shutdown(descriptor, SHUT_WR); }

  int descriptor = -1;
  std::string pending;

 private:
  template <class Name>
  void connect(const Name& name) {
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
      ::close(descriptor);
      throw std::runtime_error("connect: " + std::string(std::strerror(errno)));
    }
  }

  bool read_more() {
    pollfd ready{descriptor, POLLIN, 0};
    if (::poll(&ready, 1, deadline_ms) != 1) throw std::runtime_error("nothing came within the deadline");
    char bytes[16 * 1024];
    const ssize_t size = ::recv(descriptor, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    pending.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
};
