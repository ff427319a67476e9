// Calls to the payment provider: each one a client span, a metric by outcome and the trace context in its headers.
#pragma once

#include "money.hpp"

#include <telltale/telltale.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace payments {

enum class psp { simulator };
enum class psp_call { authorize, capture };
enum class psp_event { payment_captured, other };

using by_provider = telltale::label<"provider", psp>;
using by_operation = telltale::label<"operation", psp_call>;
using by_event = telltale::label<"event", psp_event>;

struct provider_answer {
  telltale::families::provider_outcome outcome = telltale::families::provider_outcome::failed;
  std::string reference;  ///< the provider's name for the payment, when it approved
};

/// Thread safety: all members may be called concurrently. Each call uses a connection of its own.
class provider_client {
 public:
  /// `url` is "http://host:port"; an answer that takes longer than `timeout` counts as none.
  provider_client(telltale::telemetry& obs, std::string url, std::chrono::milliseconds timeout);

  provider_answer authorize(std::string_view payment_id, money amount) const;
  provider_answer capture(std::string_view payment_id, std::string_view reference) const;

 private:
  provider_answer call(psp_call operation, const char* path, const std::string& body) const;

  telltale::telemetry& obs_;
  telltale::families::provider<by_provider, by_operation, telltale::families::by_outcome> calls_;
  std::string url_;
  std::chrono::milliseconds timeout_;
};

/// Whether the provider answers at all. Needs no client: health checks own what they use.
telltale::check_result ask_provider(const std::string& url);

}  // namespace payments
