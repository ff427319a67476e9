// The payments service: an HTTP API over payments and escrows, a settlement worker, and the provider's webhooks. What a
// request does is told by its span, its log lines and its metrics; this file shows how little of that is written by
// hand.
#include "http_server.hpp"
#include "money.hpp"
#include "process.hpp"
#include "provider_client.hpp"
#include "settlement_worker.hpp"
#include "store.hpp"

#include <telltale/exposition/token_file.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace payments {
namespace {

using tt::families::dispute_winner;
using tt::families::payment_status;
using tt::families::provider_outcome;

// ---- What comes in ----

const json& member(const json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end()) throw refusal{400, "missing_field", std::string("the field ") + name + " is missing"};
  return *found;
}

std::string text_in(const json& body, const char* name) {
  const json& value = member(body, name);
  if (!value.is_string()) throw refusal{400, "invalid_field", std::string("the field ") + name + " must be text"};
  std::string text = value;
  if (text.empty() || text.size() > 64) {
    throw refusal{400, "invalid_field", std::string("the field ") + name + " must have 1 to 64 characters"};
  }
  return text;
}

money money_in(const json& body) {
  const json& amount = member(body, "amount_minor");
  if (!amount.is_number_integer() || amount < 1 || amount > largest_amount) {
    throw refusal{400, "invalid_amount", "amount_minor must be a whole number of minor units, from 1 to 1000000000"};
  }
  const auto unit = parse_currency(text_in(body, "currency"));
  if (!unit) throw refusal{400, "unknown_currency", "currency must be EUR, USD, GBP, JPY or CHF"};
  return {amount, *unit};
}

// ---- What goes out ----

json to_json(const payment& shown) {
  return {{"id", shown.id},
          {"merchant", shown.merchant},
          {"amount_minor", shown.amount.minor},
          {"currency", name(shown.amount.unit)},
          {"state", shown.state},
          {"confirmed", shown.confirmed}};
}

json to_json(const escrow& shown) {
  json body{{"id", shown.id},
            {"amount_minor", shown.amount.minor},
            {"currency", name(shown.amount.unit)},
            {"state", shown.state}};
  if (!shown.payment_id.empty()) body["payment_id"] = shown.payment_id;
  return body;
}

payment_status as_status(provider_outcome outcome) {
  switch (outcome) {
    case provider_outcome::approved:
      return payment_status::succeeded;
    case provider_outcome::declined:
      return payment_status::declined;
    default:
      return payment_status::failed;
  }
}

refusal provider_failure(provider_outcome outcome) {
  if (outcome == provider_outcome::timeout) {
    return {504, "provider_timeout", "the provider did not answer in time; the request may be tried again"};
  }
  return {502, "provider_unavailable", "the provider cannot be reached or answers with errors; try again later"};
}

/// The handlers. Thread safety: each member may run on many threads at once; what is shared guards itself.
class service {
 public:
  /// Webhooks must present the token in `webhook_token_file`; with an empty path they come from anybody.
  service(tt::telemetry& obs, std::shared_ptr<store> state, const provider_client& provider,
          const payment_metrics& payments, const std::string& webhook_token_file)
      : obs_(obs),
        state_(std::move(state)),
        provider_(provider),
        payments_(payments),
        escrows_(obs.metrics()),
        webhooks_(obs.metrics()) {
    if (!webhook_token_file.empty()) webhook_token_.emplace(webhook_token_file);
  }

  void serve_on(http_server& server) {
    const auto post = [&](const char* pattern, std::initializer_list<int> status_codes, auto handle) {
      server.post(pattern, status_codes, [this, handle](exchange& asked) { guarded(asked, handle); });
    };
    const auto get = [&](const char* pattern, std::initializer_list<int> status_codes, auto handle) {
      server.get(pattern, status_codes, [this, handle](exchange& asked) { guarded(asked, handle); });
    };
    post("/payments", {201, 400, 402, 409, 502, 504}, &service::create_payment);
    get("/payments/{id}", {200, 404}, &service::show_payment);
    post("/payments/{id}/capture", {200, 404, 409, 502, 504}, &service::capture_payment);
    post("/escrows", {201, 400}, &service::open_escrow);
    get("/escrows/{id}", {200, 404}, &service::show_escrow);
    post("/escrows/{id}/fund", {200, 400, 404, 409}, &service::fund_escrow);
    post("/escrows/{id}/complete", {200, 404, 409}, &service::complete_escrow);
    post("/escrows/{id}/dispute", {200, 400, 404, 409}, &service::dispute_escrow);
    post("/escrows/{id}/resolve", {200, 400, 404, 409}, &service::resolve_escrow);
    post("/webhooks/psp", {200, 400, 401, 404}, &service::take_webhook);
  }

 private:
  void guarded(exchange& asked, void (service::*handle)(exchange&)) {
    try {
      (this->*handle)(asked);
    } catch (const store_error& problem) {
      asked.span().record_exception(problem);
      obs_.log().error("the database failed", tt::kv{"reason", problem.what()});
      throw refusal{503, "database_unavailable", "the database cannot be used now; try again later"};
    }
  }

  // ---- Payments ----

  // With an Idempotency-Key the first final answer is kept and given again; failures of the provider are not final.
  void create_payment(exchange& asked) {
    const json body = asked.body();
    const std::string merchant = text_in(body, "merchant");
    const money amount = money_in(body);
    const std::string key = asked.request().get_header_value("Idempotency-Key");
    if (key.size() > 64) throw refusal{400, "invalid_idempotency_key", "an Idempotency-Key has at most 64 characters"};
    if (key.empty()) return charge(asked, merchant, amount);

    const std::string fingerprint = json{merchant, amount.minor, name(amount.unit)}.dump();
    const idempotency found = state_->claim_key(key, fingerprint);
    switch (found.is) {
      case idempotency::kind::replay:
        payments_.idempotency_replay();
        asked.note("idempotency", "replay");
        asked.set_header("Idempotency-Replayed", "true");
        return asked.answer_raw(found.status, found.body);
      case idempotency::kind::conflict:
        payments_.idempotency_conflict();
        throw refusal{409, "idempotency_conflict", "this Idempotency-Key was used for another request"};
      case idempotency::kind::in_progress:
        throw refusal{409, "idempotency_in_progress", "the first request with this Idempotency-Key is not over yet"};
      case idempotency::kind::fresh:
        break;
    }
    try {
      charge(asked, merchant, amount);
    } catch (...) {
      state_->release_key(key);
      throw;
    }
    state_->keep_answer(key, asked.status(), asked.answered());
  }

  void charge(exchange& asked, const std::string& merchant, money amount) {
    payment made = state_->create_payment(merchant, amount, tt::format_traceparent(asked.span().context()));
    asked.note("payment_id", made.id);
    asked.note("amount_minor", amount.minor);
    asked.note("currency", amount.unit);

    const provider_answer answer = provider_.authorize(made.id, amount);
    const payment_status status = as_status(answer.outcome);
    switch (status) {
      case payment_status::succeeded:
        state_->authorize_payment(made.id, answer.reference);
        break;
      case payment_status::declined:
        state_->decline_payment(made.id);
        break;
      case payment_status::failed:
        state_->fail_payment(made.id);
        break;
    }
    payments_.ended(status, amount.minor, amount.unit);
    asked.note("payment_status", status);
    if (status == payment_status::failed) throw provider_failure(answer.outcome);

    made.state = status == payment_status::succeeded ? "authorized" : "declined";
    asked.answer(status == payment_status::succeeded ? 201 : 402, to_json(made));
  }

  payment known_payment(exchange& asked, const std::string& id) {
    asked.note("payment_id", id);
    auto found = state_->find_payment(id);
    if (!found) throw refusal{404, "unknown_payment", "there is no payment " + id};
    return *std::move(found);
  }

  void show_payment(exchange& asked) { asked.answer(200, to_json(known_payment(asked, asked.id()))); }

  void capture_payment(exchange& asked) {
    const payment known = known_payment(asked, asked.id());
    if (state_->begin_capture(known.id) != transition::done) {
      const std::string state = known_payment(asked, known.id).state;
      throw refusal{409, "wrong_state", "only an authorized payment can be captured; this one is " + state};
    }
    provider_answer answer;
    try {
      answer = provider_.capture(known.id, known.reference);
    } catch (...) {
      state_->abandon_capture(known.id);
      throw;
    }
    if (answer.outcome != provider_outcome::approved) {
      state_->abandon_capture(known.id);
      if (answer.outcome == provider_outcome::declined) {
        throw refusal{409, "capture_declined", "the provider declined to capture this payment"};
      }
      throw provider_failure(answer.outcome);
    }
    state_->finish_capture(known.id);
    asked.answer(200, to_json(known_payment(asked, known.id)));
  }

  // ---- Escrows ----

  void open_escrow(exchange& asked) {
    const json body = asked.body();
    const std::string buyer = text_in(body, "buyer");
    const std::string seller = text_in(body, "seller");
    const money amount = money_in(body);
    if (buyer == seller) throw refusal{400, "same_party", "buyer and seller must be two parties"};
    const escrow made = state_->open_escrow(buyer, seller, amount);
    asked.note("escrow_id", made.id);
    escrows_.created();
    asked.answer(201, to_json(made));
  }

  escrow known_escrow(exchange& asked, const std::string& id) {
    auto found = state_->find_escrow(id);
    if (!found) throw refusal{404, "unknown_escrow", "there is no escrow " + id};
    asked.note("escrow_state", found->state);
    return *std::move(found);
  }

  void show_escrow(exchange& asked) {
    asked.note("escrow_id", asked.id());
    asked.answer(200, to_json(known_escrow(asked, asked.id())));
  }

  // Answers with the escrow after the step; a refusal when it was not to be taken.
  void after(exchange& asked, transition result, const char* rule) {
    const std::string id = asked.id();
    asked.note("escrow_id", id);
    const escrow now = known_escrow(asked, id);
    if (result != transition::done) throw refusal{409, "wrong_state", std::string(rule) + "; this one is " + now.state};
    asked.answer(200, to_json(now));
  }

  void fund_escrow(exchange& asked) {
    const std::string payment_id = text_in(asked.body(), "payment_id");
    asked.note("payment_id", payment_id);
    const transition result = state_->fund_escrow(asked.id(), payment_id);
    if (result == transition::done) escrows_.funded();
    after(asked, result,
          "only an opened escrow can be funded, with a captured payment of its amount that funds no other");
  }

  void complete_escrow(exchange& asked) {
    const transition result = state_->complete_escrow(asked.id());
    if (result == transition::done) escrows_.completed();
    after(asked, result, "only a funded escrow can be completed");
  }

  void dispute_escrow(exchange& asked) {
    const std::string reason = text_in(asked.body(), "reason");
    const transition result = state_->dispute_escrow(asked.id());
    if (result == transition::done) {
      escrows_.disputed();
      asked.note("reason", reason);
    }
    after(asked, result, "only a funded escrow can be disputed");
  }

  void resolve_escrow(exchange& asked) {
    const std::string winner = text_in(asked.body(), "in_favour_of");
    if (winner != "buyer" && winner != "seller") {
      throw refusal{400, "invalid_field", "in_favour_of must be buyer or seller"};
    }
    const bool release = winner == "seller";
    const transition result = state_->resolve_escrow(asked.id(), release);
    if (result == transition::done) escrows_.resolved(release ? dispute_winner::vendor : dispute_winner::buyer);
    after(asked, result, "only a disputed escrow can be resolved");
  }

  // ---- Webhooks ----

  // The provider passes the trace context on, so this request is in the payment's trace. When it does not, a
  // link leads there, by the context that was stored with the payment.
  void take_webhook(exchange& asked) {
    constexpr std::string_view scheme = "Bearer ";
    const std::string presented = asked.request().get_header_value("Authorization");
    if (webhook_token_ && (!presented.starts_with(scheme) || webhook_token_->check(std::string_view(presented).substr(
                                                                 scheme.size())) != tt::token_file::verdict::match)) {
      throw refusal{401, "unauthorized", "a webhook must present the token that was agreed upon"};
    }
    const json body = asked.body();
    const std::string event_id = text_in(body, "event_id");
    const std::string type = text_in(body, "type");
    const psp_event event = type == "payment.captured" ? psp_event::payment_captured : psp_event::other;
    const json& occurred = member(body, "occurred_at_ms");
    if (!occurred.is_number_integer() || occurred < 0 || occurred > 4'102'444'800'000) {
      throw refusal{400, "invalid_field", "occurred_at_ms must be milliseconds since the epoch"};
    }
    asked.note("event_id", event_id);
    asked.note("event_type", type);
    const payment known = known_payment(asked, text_in(body, "payment_id"));
    link_to_origin(asked.span(), known);

    const tt::wall_time happened{std::chrono::milliseconds(occurred.get<std::int64_t>())};
    webhooks_.received_after(happened, tt::system_clock().wall_now(), psp::simulator, event);
    if (event == psp_event::other) throw refusal{400, "unknown_event", "events of this type are not handled"};
    const bool fresh = state_->confirm_capture(event_id, known.id);
    asked.note("duplicate", !fresh);
    asked.answer(200, {{"duplicate", !fresh}});
  }

  static void link_to_origin(tt::span& traced, const payment& known) {
    const auto origin = tt::parse_traceparent(known.traceparent);
    if (origin && origin->trace_id != traced.context().trace_id) traced.add_link(*origin);
  }

  tt::telemetry& obs_;
  std::shared_ptr<store> state_;
  const provider_client& provider_;
  payment_metrics payments_;
  tt::families::escrow<> escrows_;
  tt::families::webhooks<by_provider, by_event> webhooks_;
  std::optional<tt::token_file> webhook_token_;
};

int run(const command_line& options, const stop_signals& signals) {
  tt::telemetry obs{{.service = "payments",
                     .version = "1.0.0",
                     .traces = {.file = options.text("span-file")},
                     .log = {.destination = options.text("log-file")},
                     .state = tt::service_state::starting}};

  const auto state = std::make_shared<store>(options.text("database"));
  const std::string psp_url = options.text("psp-url");
  obs.health().add("database", [state] {
    state->ping();
    return tt::healthy();
  });
  obs.health().add("provider", [psp_url] { return ask_provider(psp_url); }, {.critical = false, .readiness = false});

  const payment_metrics payments(obs.metrics());
  const provider_client provider(
      obs, psp_url, std::chrono::milliseconds(static_cast<int>(options.number("psp-timeout", 0.01, 60) * 1000)));
  settlement_worker settlements(
      obs, state, payments,
      std::chrono::milliseconds(static_cast<int>(options.number("settle-every", 0.01, 3600) * 1000)));
  service handlers(obs, state, provider, payments, options.text("webhook-token-file"));
  http_server api(obs);
  handlers.serve_on(api);

  const tt::server endpoints =
      obs.serve({.address = options.text("metrics-listen"), .token_file = options.text("token-file")});
  const std::string address = api.start(options.text("listen"));
  obs.health().set_state(tt::service_state::ready);
  obs.log().info("ready", tt::kv{"api", address}, tt::kv{"metrics", endpoints.address()});
  write_port_file(options.text("port-file"), {{"api", address}, {"metrics", endpoints.address()}});

  const char* signal = signals.wait_for_stop();
  obs.health().set_state(tt::service_state::draining);
  obs.log().info("stopping", tt::kv{"signal", signal});
  api.stop();          // every accepted request is answered
  settlements.stop();  // what they captured is settled
  return report_stop(obs) ? 0 : 1;
}

}  // namespace
}  // namespace payments

int main(int argc, char** argv) try {
  const payments::stop_signals signals;  // before any thread is started
  const payments::command_line options(
      argc, argv, "payments_service: payments and escrows, observed through telltale",
      {{"listen", "127.0.0.1:8080", "where the API listens; port 0 takes a free one"},
       {"metrics-listen", "127.0.0.1:9464", "where /metrics, /livez, /readyz and /health are; port 0 as above"},
       {"database", "payments.db", "the SQLite file"},
       {"psp-url", "http://127.0.0.1:8090", "the payment provider"},
       {"psp-timeout", "2", "seconds to wait for the provider"},
       {"settle-every", "0.5", "seconds between two settlements"},
       {"token-file", "", "bearer token for /metrics and /health"},
       {"webhook-token-file", "", "bearer token that the provider's webhooks must present"},
       {"log-file", "stdout", "stdout, stderr or a file"},
       {"span-file", "", "a file for finished spans, one JSON object a line"},
       {"port-file", "", "gets the addresses that were taken, for scripts"}});
  return payments::run(options, signals);
} catch (const payments::usage_error& problem) {
  std::fprintf(stderr, "payments_service: %s\n", problem.what());
  return 2;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "payments_service: %s\n", problem.what());
  return 1;
}
