// Telltale's endpoints on a server that is there already, here cpp-httplib: fill in an http_request, call `handle`,
// send what it returns. Then: curl http://127.0.0.1:8080/metrics
#include <telltale/telltale.hpp>

#include <httplib.h>

#include <memory>
#include <string>
#include <vector>

namespace tt = telltale;

// One telltale endpoint as an httplib handler.
httplib::Server::Handler adapt(std::shared_ptr<tt::handler> endpoints) {
  return [endpoints](const httplib::Request& in, httplib::Response& out) {
    std::vector<tt::http_header> headers;
    for (const auto& [name, value] : in.headers) headers.push_back({name, value});

    const tt::http_response answer = endpoints->handle({.method = in.method, .target = in.target, .headers = headers});

    out.status = answer.status;
    for (const auto& [name, value] : answer.headers) out.set_header(std::string(name), std::string(value));
    if (in.method == "HEAD") out.set_header("Content-Length", std::to_string(answer.length));
    if (answer.body) out.set_content(*answer.body, std::string(answer.content_type));
  };
}

int main() {
  tt::telemetry obs{{.service = "own-server"}};
  tt::families::http<> http(obs.metrics());

  httplib::Server server;
  server.Get("/hello", [&](const httplib::Request& in, httplib::Response& out) {
    auto request =
        http.start(obs.traces(), {.method = tt::families::http_method::get, .route = "/hello", .path = in.path},
                   [&](std::string_view name) { return in.get_header_value(std::string(name)); });
    out.set_content("hello\n", "text/plain");
    obs.log().info("said hello");
    request.end(200);
  });
  const auto endpoints = obs.endpoints();
  for (const char* path : {"/metrics", "/livez", "/readyz", "/health"}) server.Get(path, adapt(endpoints));

  obs.log().info("listening", tt::kv{"address", "127.0.0.1:8080"});
  return server.listen("127.0.0.1", 8080) ? 0 : 1;
}
