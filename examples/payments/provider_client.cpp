#include "provider_client.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace payments {

namespace tt = telltale;
using nlohmann::json;
using tt::families::provider_outcome;

provider_client::provider_client(tt::telemetry& obs, std::string url, std::chrono::milliseconds timeout)
    : obs_(obs), calls_(obs.metrics(), {.buckets = tt::buckets::latency()}), url_(std::move(url)), timeout_(timeout) {}

provider_answer provider_client::authorize(std::string_view payment_id, money amount) const {
  const json body{{"payment_id", payment_id}, {"amount_minor", amount.minor}, {"currency", name(amount.unit)}};
  return call(psp_call::authorize, "/v1/authorizations", body.dump());
}

provider_answer provider_client::capture(std::string_view payment_id, std::string_view reference) const {
  const json body{{"payment_id", payment_id}, {"reference", reference}};
  return call(psp_call::capture, "/v1/captures", body.dump());
}

provider_answer provider_client::call(psp_call operation, const char* path, const std::string& body) const {
  auto call = calls_.start(obs_.traces(), psp::simulator, operation);
  call.span().set(tt::kv{"http.request.method", "POST"}, tt::kv{"url.path", path});

  httplib::Headers headers;
  tt::inject([&](std::string_view name, std::string_view value) { headers.emplace(name, value); });

  httplib::Client client(url_);
  client.set_connection_timeout(timeout_);
  client.set_read_timeout(timeout_);
  const httplib::Result result = client.Post(path, headers, body, "application/json");

  provider_answer answer;
  if (!result) {
    // httplib says Read for an answer that did not come in time, and Connection when nobody listens.
    const bool late = result.error() == httplib::Error::Read || result.error() == httplib::Error::ConnectionTimeout;
    answer.outcome = late && call.elapsed() >= timeout_ ? provider_outcome::timeout : provider_outcome::failed;
    call.span().set(tt::kv{"error.type", httplib::to_string(result.error())});
    obs_.log().error("the provider did not answer", tt::kv{"operation", operation}, tt::kv{"outcome", answer.outcome},
                     tt::kv{"reason", httplib::to_string(result.error())}, tt::kv{"after_seconds", call.elapsed()});
  } else {
    call.span().set(tt::kv{"http.response.status_code", result->status});
    const json said = json::parse(result->body, nullptr, false);
    if (result->status == 200 && said.is_object() && said.contains("status") && said["status"].is_string()) {
      const bool approved = said["status"] == "approved";
      answer.outcome = approved ? provider_outcome::approved : provider_outcome::declined;
      if (approved && said.contains("reference") && said["reference"].is_string()) answer.reference = said["reference"];
    } else {
      obs_.log().error("the provider's answer cannot be used", tt::kv{"operation", operation},
                       tt::kv{"status", result->status}, tt::kv{"after_seconds", call.elapsed()});
    }
  }
  call.end(answer.outcome);
  return answer;
}

tt::check_result ask_provider(const std::string& url) {
  httplib::Client client(url);
  client.set_connection_timeout(std::chrono::milliseconds(500));
  client.set_read_timeout(std::chrono::milliseconds(500));
  const httplib::Result result = client.Get("/v1/ping");
  if (result && result->status == 200) return tt::healthy();
  return tt::degraded(result ? "the provider answers with " + std::to_string(result->status)
                             : "the provider does not answer: " + httplib::to_string(result.error()));
}

}  // namespace payments
