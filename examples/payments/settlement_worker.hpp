// Drains what is captured, on a thread of its own: every so often it moves all captured payments into settlements, one
// a currency, and tells the gauges what waits and whether the books balance.
#pragma once

#include "store.hpp"

#include <telltale/telltale.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace payments {

/// Cost: one thread, a handful of queries an interval.
class settlement_worker {
 public:
  settlement_worker(telltale::telemetry& obs, std::shared_ptr<store> state, const payment_metrics& payments,
                    std::chrono::milliseconds interval);
  ~settlement_worker() { stop(); }
  settlement_worker(const settlement_worker&) = delete;
  settlement_worker& operator=(const settlement_worker&) = delete;

  /// Settles once more what is captured by now, then ends the thread.
  void stop();

 private:
  void run();
  void drain();
  void settle(currency unit);
  books report();

  telltale::telemetry& obs_;
  std::shared_ptr<store> state_;
  std::chrono::milliseconds interval_;
  telltale::families::settlement<telltale::families::by_settlement_status, by_currency> metrics_;
  payment_metrics payments_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace payments
