#include "settlement_worker.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace payments {

namespace tt = telltale;
using tt::families::payment_state;
using tt::families::settlement_status;

settlement_worker::settlement_worker(tt::telemetry& obs, std::shared_ptr<store> state, const payment_metrics& payments,
                                     std::chrono::milliseconds interval)
    : obs_(obs),
      state_(std::move(state)),
      interval_(interval),
      metrics_(obs.metrics(), {.buckets = tt::buckets::fast()}),
      payments_(payments),
      thread_([this] { run(); }) {}

void settlement_worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void settlement_worker::run() {
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      last = wake_.wait_for(lock, interval_, [this] { return stop_; });
    }
    try {
      drain();
    } catch (const std::exception& problem) {
      // What could not be settled is still captured: the next round takes it up.
      obs_.log().error("settlement failed", tt::kv{"reason", problem.what()});
    }
  }
}

void settlement_worker::drain() {
  if (report().captured == 0) return;
  for (std::size_t i = 0; i < by_currency::size; ++i) settle(static_cast<currency>(i));
  report();
}

// A settlement has a trace of its own, because it serves many requests; links lead to each of theirs.
void settlement_worker::settle(currency unit) {
  constexpr int most_payments = 100;
  if (!state_->anything_captured(unit)) return;
  auto work = metrics_.start(obs_.traces(), unit);
  const std::optional<settlement> made = state_->settle(unit, most_payments);
  if (made) {
    for (const std::string& origin : made->traceparents) {
      if (const auto linked = tt::parse_traceparent(origin)) work.span().add_link(*linked);
    }
    obs_.log().info("settled", tt::kv{"settlement_id", made->id}, tt::kv{"currency", unit},
                    tt::kv{"amount_minor", made->total.minor}, tt::kv{"payments", made->traceparents.size()});
  }
  work.end(settlement_status::success);
}

books settlement_worker::report() {
  const books now = state_->audit();
  const std::chrono::duration<double> oldest(now.oldest_captured_at);
  metrics_.waiting(static_cast<std::uint64_t>(now.captured),
                   tt::wall_time(std::chrono::duration_cast<std::chrono::nanoseconds>(oldest)));
  payments_.in_state(payment_state::created).set(static_cast<double>(now.created));
  payments_.in_state(payment_state::authorized).set(static_cast<double>(now.authorized));
  payments_.in_state(payment_state::captured).set(static_cast<double>(now.captured));
  payments_.in_state(payment_state::settled).set(static_cast<double>(now.settled));
  for (std::size_t i = 0; i < now.imbalance_minor.size(); ++i) {
    metrics_.imbalance(now.imbalance_minor[i],
                       tt::text_label<"currency", 64>{payments::name(static_cast<currency>(i))});
  }
  return now;
}

}  // namespace payments
