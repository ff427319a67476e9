#include "unit/exposition/raw_client.hpp"
#include "unit/exposition/temporary_directory.hpp"

#include <telltale/exposition/server.hpp>
#include <telltale/metrics/registry.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <thread>
#include <vector>

namespace tt = telltale;
using namespace std::chrono_literals;
using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;

namespace {

constexpr const char* scrape = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

struct service {
  tt::registry metrics;
  tt::counter charges = metrics.counter({.name = "charges_total", .help = "Charges."});
  tt::health health;
  std::shared_ptr<tt::handler> endpoints = std::make_shared<tt::handler>(
      tt::handler_sources{[this](tt::snapshot& into) { metrics.collect(into); }, &health, nullptr});

  tt::server serve(tt::server_options options = {}) {
    if (options.address == tt::server_options{}.address) options.address = "127.0.0.1:0";
    return tt::server::start(endpoints, std::move(options));
  }
};

std::string get(const tt::server& server, std::string_view request = scrape) {
  raw_client client(server.address());
  client.send(request);
  return client.receive();
}

void eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) FAIL("it did not happen within the deadline");
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("a scrape is answered with all that HTTP asks for") {
  service s;
  const tt::server server = s.serve();
  CHECK_THAT(server.address(), StartsWith("127.0.0.1:") && !EndsWith(":0"));
  const std::string response = get(server);
  CHECK_THAT(response, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  CHECK_THAT(response, Contains(" GMT\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  CHECK_THAT(response, Contains("\r\nCache-Control: no-store\r\n"));
  CHECK_THAT(response, EndsWith("charges_total 0\n") || Contains("\ncharges_total 0\n"));
  CHECK_THAT(get(server, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), Contains("\"status\":\"healthy\""));
  CHECK_THAT(get(server, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  CHECK_THAT(get(server, "GET http://x/livez HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(get(server, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
             StartsWith("HTTP/1.1 405 ") && Contains("\r\nAllow: GET, HEAD\r\n"));
  CHECK(server.statistics().requests == 5);
}

TEST_CASE("a connection serves one request after another, also pipelined and with bodies that are dropped") {
  service s;
  const tt::server server = s.serve();
  raw_client client(server.address());
  client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
              "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
              "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
              "GET /readyz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
              "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
              "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_THAT(client.receive(), EndsWith("Connection: keep-alive\r\n\r\nok\n"));
  const std::string head = client.receive(true);
  CHECK_THAT(head, StartsWith("HTTP/1.1 200 ") && !Contains("Content-Length: 0\r\n") && EndsWith("\r\n\r\n"));
  CHECK_THAT(client.receive(), Contains("\"status\":\"healthy\""));
  CHECK_THAT(client.receive(), EndsWith("\r\n\r\nok\n"));
  CHECK_THAT(client.receive(), EndsWith("Connection: close\r\n\r\nok\n"));
  const auto [rest, closed] = client.receive_all();
  CHECK(rest.empty());
  CHECK(closed);
}

TEST_CASE("HTTP/1.0 closes unless asked to keep the connection") {
  service s;
  const tt::server server = s.serve();
  raw_client client(server.address());
  client.send("GET /livez HTTP/1.0\r\n\r\n");
  const auto [answer, closed] = client.receive_all();
  CHECK_THAT(answer, EndsWith("Connection: close\r\n\r\nok\n"));
  CHECK(closed);
  CHECK_THAT(get(server, "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
             Contains("Connection: keep-alive\r\n"));
}

TEST_CASE("what is not HTTP gets the status that says so, and the connection ends") {
  service s;
  const tt::server server = s.serve({.max_header_bytes = 1024, .max_body_bytes = 16});
  const std::string host = "Host: x\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", "400"},
      {"GET\r\n\r\n", "400"},
      {"GET /livez\r\n\r\n", "400"},
      {"GET /li vez HTTP/1.1\r\n" + host + "\r\n", "400"},
      {"GET /livez HTTP/1.1\r\n\r\n", "400"},
      {"GET /livez HTTP/1.1\r\n" + host + host + "\r\n", "400"},
      {"GET /livez HTTP/1.1\r\n" + host + "Bad Header: x\r\n\r\n", "400"},
      {"GET /livez HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n", "400"},
      {"GET /livez HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
      {"GET /livez HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"GET /livez HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"GET /livez HTTP/2.0\r\n" + host + "\r\n", "400"},
      {"GET /livez HTTP/1.1\r\n" + host + "X: " + std::string(2000, 'a') + "\r\n\r\n", "431"},
      {"GET /" + std::string(100'000, 'a'), "431"},
      {"POST /livez HTTP/1.1\r\n" + host + "Content-Length: 17\r\n\r\n", "413"},
      {"GET /livez HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n20\r\n" + std::string(32, 'a') + "\r\n0\r\n\r\n",
       "413"},
  };
  for (const auto& [request, status] : cases) {
    CAPTURE(request.substr(0, 100));
    raw_client client(server.address());
    client.send(request);
    client.finish_sending();
    const auto [answer, closed] = client.receive_all();
    CHECK_THAT(answer, StartsWith("HTTP/1.1 " + status + " "));
    CHECK_THAT(answer, Contains("Connection: close\r\n"));
    CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
    CHECK(closed);
  }
  CHECK(server.statistics().malformed == std::size(cases));
  CHECK_THAT(get(server), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("who waits for 100 Continue gets the answer") {
  service s;
  const tt::server server = s.serve();
  raw_client client(server.address());
  client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
  const auto [answer, closed] = client.receive_all();
  CHECK_THAT(answer, StartsWith("HTTP/1.1 405 ") && Contains("Connection: close"));
  CHECK(closed);
}

TEST_CASE("a request in fragments of one byte is answered, and slow ones hold nobody up") {
  service s;
  const tt::server server = s.serve();
  raw_client slow_header(server.address());
  slow_header.send("GET /met");
  raw_client slow_body(server.address());
  slow_body.send("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  raw_client silent(server.address());
  raw_client fragments(server.address());
  for (const char* c = scrape; *c != '\0'; ++c) {
    fragments.send({c, 1});
    if ((c - scrape) % 8 == 0) CHECK_THAT(get(server), StartsWith("HTTP/1.1 200 "));
  }
  CHECK_THAT(fragments.receive(), StartsWith("HTTP/1.1 200 "));
  slow_header.send("rics HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_THAT(slow_header.receive(), StartsWith("HTTP/1.1 200 "));
  slow_body.send("cde");
  CHECK_THAT(slow_body.receive(), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("each deadline closes the connection that misses it") {
  service s;
  SECTION("headers, however steadily they trickle") {
    const tt::server server = s.serve({.header_timeout = 50ms});
    raw_client client(server.address());
    client.send("GET /metrics HTTP/1.1\r\n");
    while (client.send("X: y\r\n") && server.statistics().timeouts == 0) std::this_thread::yield();
    // More headers than are allowed may come first; either way it ends.
    CHECK(client.receive_all().second);
  }
  SECTION("no request at all") {
    const tt::server server = s.serve({.header_timeout = 20ms});
    raw_client client(server.address());
    CHECK(client.receive_all() == std::pair<std::string, bool>("", true));
    eventually([&] { return server.statistics().timeouts == 1 && server.statistics().connections_open == 0; });
  }
  SECTION("body") {
    const tt::server server = s.serve({.body_timeout = 20ms});
    raw_client client(server.address());
    client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    CHECK(client.receive_all() == std::pair<std::string, bool>("", true));
    eventually([&] { return server.statistics().timeouts == 1; });
  }
  SECTION("idle") {
    const tt::server server = s.serve({.idle_timeout = 20ms});
    raw_client client(server.address());
    client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto [answer, closed] = client.receive_all();
    CHECK_THAT(answer, EndsWith("ok\n"));
    CHECK(closed);
  }
  SECTION("a reader that does not read") {
    std::vector<tt::counter> many;
    for (int i = 0; i < 2000; ++i) {
      many.push_back(s.metrics.counter({.name = "many_" + std::to_string(i) + "_total", .help = std::string(4000, 'h')}));
    }
    const tt::server server = s.serve({.write_timeout = 50ms});
    raw_client client(server.address());
    client.send(scrape);
    eventually([&] { return server.statistics().timeouts == 1; });
    CHECK_THAT(get(server, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("ok\n"));
  }
}

TEST_CASE("when all connections are taken, the one that waited longest gives way") {
  service s;
  const tt::server server = s.serve({.max_connections = 4});
  std::vector<raw_client> idle;
  for (int i = 0; i < 10; ++i) idle.emplace_back(server.address());
  for (int i = 0; i < 10; ++i) CHECK_THAT(get(server), StartsWith("HTTP/1.1 200 "));
  CHECK(idle.front().receive_all() == std::pair<std::string, bool>("", true));
  const tt::server_statistics counts = server.statistics();
  CHECK(counts.connections == 20);
  CHECK(counts.connections_open <= 4);
  CHECK(counts.evicted >= 6);
  CHECK(counts.refused == 0);
}

TEST_CASE("a hanging health check holds up no scrape, and a full house is answered 503") {
  service s;
  std::promise<void> opener;
  const std::shared_future<void> open = opener.get_future().share();
  std::atomic<bool> entered{false};
  s.health.add("stuck", [&entered, open] { entered = true; open.wait(); return tt::healthy(); }, {.timeout = 60s});
  tt::server server = s.serve({.max_connections = 2});
  raw_client probe(server.address());
  probe.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
  eventually([&] { return entered.load(); });
  CHECK_THAT(get(server), StartsWith("HTTP/1.1 200 "));
  CHECK_THAT(get(server, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("ok\n"));

  raw_client second(server.address());
  second.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  eventually([&] { return server.statistics().requests == 4; });
  raw_client third(server.address());
  CHECK_THAT(third.receive(), StartsWith("HTTP/1.1 503 "));
  CHECK(server.statistics().refused == 1);
  opener.set_value();
  CHECK_THAT(probe.receive(), EndsWith("ok\n"));
  CHECK_THAT(second.receive(), Contains("\"status\":\"healthy\""));
}

TEST_CASE("stopping closes idle connections, finishes answers, and frees the port") {
  service s;
  std::promise<void> opener;
  const std::shared_future<void> open = opener.get_future().share();
  std::atomic<bool> entered{false};
  s.health.add("slow", [&entered, open] { entered = true; open.wait(); return tt::healthy(); }, {.timeout = 60s});
  tt::server server = s.serve();
  const std::string address = server.address();
  raw_client idle(address);
  raw_client asking(address);
  asking.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
  eventually([&] { return entered.load(); });
  auto stopped = std::async(std::launch::async, [&] { server.stop(20s); });
  CHECK(idle.receive_all().second);  // the stop has begun
  opener.set_value();
  CHECK_THAT(asking.receive(), StartsWith("HTTP/1.1 200 ") && Contains("Connection: close"));
  stopped.get();
  server.stop();
  CHECK(server.statistics().connections_open == 0);
  const tt::server next = s.serve({.address = address});
  CHECK(next.address() == address);
}

TEST_CASE("stopping does not wait longer than its deadline for a reader that does not read") {
  service s;
  std::vector<tt::counter> many;
  for (int i = 0; i < 2000; ++i) {
    many.push_back(s.metrics.counter({.name = "many_" + std::to_string(i) + "_total", .help = std::string(4000, 'h')}));
  }
  tt::server server = s.serve();
  raw_client client(server.address());
  client.send(scrape);
  eventually([&] { return server.statistics().requests == 1; });
  server.stop(10ms);
  CHECK(server.statistics().connections_open == 0);
}

TEST_CASE("a unix socket and IPv6 serve as well") {
  service s;
  const temporary_directory directory;
  const tt::server local = s.serve({.address = "unix:" + (directory / "metrics.sock")});
  CHECK_THAT(get(local), StartsWith("HTTP/1.1 200 "));
  auto v6 = tt::server::try_start(s.endpoints, {.address = "[::1]:0"});
  if (v6) CHECK_THAT(v6->address(), StartsWith("[::1]:"));
}

TEST_CASE("what cannot be served is an error, thrown or returned") {
  service s;
  const tt::server first = s.serve();
  CHECK_THROWS_AS(s.serve({.address = first.address()}), tt::error);
  const auto second = tt::server::try_start(s.endpoints, {.address = first.address()});
  REQUIRE_FALSE(second);
  CHECK(second.error().code() == tt::error_code::address_in_use);
  CHECK(tt::server::try_start(s.endpoints, {.address = "nowhere"}).error().code() == tt::error_code::invalid_address);
  CHECK(tt::server::try_start(nullptr, {.address = "127.0.0.1:0"}).error().code() == tt::error_code::invalid_option);
  CHECK(tt::server::try_start(s.endpoints, {.address = "127.0.0.1:0", .max_connections = 0}).error().code() ==
        tt::error_code::invalid_option);
  CHECK(tt::server::try_start(s.endpoints, {.address = "127.0.0.1:0", .idle_timeout = 0ms}).error().code() ==
        tt::error_code::invalid_option);
}

TEST_CASE("scrapes from many clients while threads count give whole answers") {
  service s;
  const tt::server server = s.serve();
  std::atomic<bool> done{false};
  std::thread counting([&] {
    while (!done) s.charges.inc();
  });
  std::vector<std::future<bool>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::async(std::launch::async, [&] {
      raw_client client(server.address());
      for (int n = 0; n < 25; ++n) {
        client.send("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\n\r\n");
        if (!client.receive().ends_with("# EOF\n")) return false;
      }
      return true;
    }));
  }
  for (auto& client : clients) CHECK(client.get());
  done = true;
  counting.join();
  CHECK(s.endpoints->statistics().scrapes == 100);
}
