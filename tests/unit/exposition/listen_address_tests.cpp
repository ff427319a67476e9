#include "exposition/listen_address.hpp"

#include "unit/exposition/temporary_directory.hpp"

#include <telltale/result.hpp>

#include <catch2/catch.hpp>

namespace tt = telltale;
using tt::detail::listener;
using tt::detail::parse_listen_address;

namespace {

// What opening a listener there says.
std::pair<tt::error_code, std::string> problem(const std::string& address) {
  try {
    listener opened(address);
  } catch (const tt::error& thrown) {
    return {thrown.code(), thrown.what()};
  }
  return {};
}

}  // namespace

TEST_CASE("addresses are host:port, [v6]:port or unix:path") {
  CHECK(parse_listen_address("127.0.0.1:9464").host == "127.0.0.1");
  CHECK(parse_listen_address("127.0.0.1:9464").port == 9464);
  CHECK(parse_listen_address("[::1]:0").host == "::1");
  CHECK(parse_listen_address("localhost:65535").port == 65535);
  CHECK(parse_listen_address("unix:/run/a:b.sock").path == "/run/a:b.sock");

  for (const char* wrong : {"", "9464", ":9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                            "127.0.0.1:-1", "127.0.0.1: 80", "127.0.0.1:80 ", "::1:80", "[::1]", "[::1]80", "[]:80",
                            "unix:", "http://127.0.0.1:80"}) {
    CAPTURE(wrong);
    try {
      (void)parse_listen_address(wrong);
      FAIL("accepted");
    } catch (const tt::error& thrown) {
      CHECK(thrown.code() == tt::error_code::invalid_address);
      CHECK_THAT(thrown.what(), Catch::Contains("write host:port"));
    }
  }
  CHECK_THROWS_AS(parse_listen_address("unix:" + std::string(108, 'a')), tt::error);
}

TEST_CASE("a taken port is an error that names address, port and remedy") {
  const listener first("127.0.0.1:0");
  const auto [code, text] = problem(first.address());
  CHECK(code == tt::error_code::address_in_use);
  CHECK_THAT(text, Catch::Contains(first.address()) && Catch::Contains("port 0 for a free one"));
  CHECK(problem("192.0.2.1:0").first == tt::error_code::address_unavailable);
}

TEST_CASE("a socket file is closed to others, excludes a second server, and goes at the end") {
  const temporary_directory directory;
  const std::string path = directory / "metrics.sock";
  struct stat facts {};
  {
    const listener first("unix:" + path);
    CHECK(first.address() == "unix:" + path);
    REQUIRE(::lstat(path.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0117) == 0);
    CHECK(problem("unix:" + path).first == tt::error_code::address_in_use);
  }
  CHECK(::lstat(path.c_str(), &facts) != 0);
  CHECK(problem("unix:" + (directory / "no/such.sock")).first == tt::error_code::address_unavailable);
}

TEST_CASE("an abandoned socket file is replaced, another file is not, and nobody else's is removed") {
  const temporary_directory directory;
  const std::string path = directory / "metrics.sock";
  struct stat facts {};
  {
    listener killed("unix:" + path);
    ::close(killed.release());
    const listener next("unix:" + path);
    CHECK(next.address() == "unix:" + path);
    std::filesystem::remove(path);
    directory.write("metrics.sock", "precious");
  }
  CHECK(::lstat(path.c_str(), &facts) == 0);
  CHECK(problem("unix:" + path).first == tt::error_code::address_in_use);
}
