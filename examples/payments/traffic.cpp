// A bounded load: so many requests a second, for so long, over every flow of the payments service, the good and the
// bad. It knows what each request should be answered with; whatever else comes back is a surprise, and makes it leave
// with 1.
#include "process.hpp"

#include <httplib.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

using nlohmann::json;
using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;

namespace {

constexpr double for_ever = 1e9;  // seconds: 30 years

struct totals {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> good{0};     // 2xx, and 402: a decline is an answer
  std::atomic<std::uint64_t> refused{0};  // 4xx that was meant
  std::atomic<std::uint64_t> failed{0};   // 5xx: the provider's faults, passed on
  std::atomic<std::uint64_t> surprises{0};
};

/// Hands out the moments at which requests may start, evenly spaced; nothing once the time is over.
class pacer {
 public:
  pacer(double rate, seconds length) : interval_(1.0 / rate), start_(clock::now()), end_(start_ + to_clock(length)) {}

  bool wait_for_turn() {
    const auto turn = start_ + to_clock(interval_ * static_cast<double>(next_.fetch_add(1)));
    std::unique_lock lock(mutex_);
    stopped_.wait_until(lock, std::min(turn, end_), [this] { return stop_; });
    return !stop_ && turn < end_;
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    stopped_.notify_all();
  }
  double elapsed() const { return seconds(clock::now() - start_).count(); }

 private:
  using clock = std::chrono::steady_clock;
  static clock::duration to_clock(seconds length) { return std::chrono::duration_cast<clock::duration>(length); }

  const seconds interval_;
  const clock::time_point start_;
  const clock::time_point end_;
  std::atomic<std::uint64_t> next_{0};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
};

/// What a client may send by mistake or on purpose, and the status that it must get.
struct mistake {
  const char* method;
  const char* path;
  const char* body;
  int status;
};

constexpr mistake mistakes[] = {
    {"POST", "/payments", "{", 400},
    {"POST", "/payments", "[]", 400},
    {"POST", "/payments", R"({"merchant":"acme","amount_minor":-5,"currency":"EUR"})", 400},
    {"POST", "/payments", R"({"merchant":"acme","amount_minor":10.5,"currency":"EUR"})", 400},
    {"POST", "/payments", R"({"merchant":"acme","amount_minor":"10","currency":"EUR"})", 400},
    {"POST", "/payments", R"({"merchant":"acme","amount_minor":1000,"currency":"XXX"})", 400},
    {"POST", "/payments", R"({"amount_minor":1000,"currency":"EUR"})", 400},
    {"GET", "/payments/pay_0000000000000000", "", 404},
    {"POST", "/payments/pay_0000000000000000/capture", "", 404},
    {"POST", "/escrows", R"({"buyer":"b","seller":"b","amount_minor":1000,"currency":"EUR"})", 400},
    {"POST", "/escrows/esc_0000000000000000/complete", "", 404},
    {"GET", "/no/such/page", "", 404},
};

/// One customer after the other, on a thread of its own.
class customer {
 public:
  customer(const std::string& target, unsigned seed, pacer& turns, totals& counted)
      : client_(target), random_(seed), turns_(turns), counted_(counted) {
    client_.set_connection_timeout(2s);
    client_.set_read_timeout(10s);
  }

  void run() {
    while (open_) {
      const int dice = between(1, 100);
      if (dice <= 40) {
        pay();
      } else if (dice <= 55) {
        pay_twice();
      } else if (dice <= 85) {
        use_escrow(dice > 75);
      } else {
        blunder();
      }
    }
  }

 private:
  static constexpr int none = 0;  // no answer, or no turn any more

  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  // One request when its turn comes. `expected` are the statuses that are no surprise.
  int ask(const char* method, const std::string& path, const std::string& body, std::initializer_list<int> expected,
          const httplib::Headers& headers = {}) {
    answer_ = json();
    if (!turns_.wait_for_turn()) {
      open_ = false;
      return none;
    }
    ++counted_.requests;
    const httplib::Result result =
        *method == 'G' ? client_.Get(path, headers) : client_.Post(path, headers, body, "application/json");
    const int status = result ? result->status : none;
    if (result) answer_ = json::parse(result->body, nullptr, false);
    if (std::find(expected.begin(), expected.end(), status) == expected.end()) {
      if (++counted_.surprises <= 10) {
        std::fprintf(stderr, "traffic: %s %s was answered with %d %s\n", method, path.c_str(), status,
                     result ? result->body.c_str() : httplib::to_string(result.error()).c_str());
      }
    } else if (status >= 500) {
      ++counted_.failed;
    } else if (status >= 400 && status != 402) {
      ++counted_.refused;
    } else {
      ++counted_.good;
    }
    return status;
  }

  std::string answered(const char* member) const {
    return answer_.is_object() ? answer_.value(member, std::string()) : std::string();
  }

  json order() {
    static constexpr std::array merchants{"acme", "globex", "initech", "umbrella"};
    static constexpr std::array currencies{"EUR", "EUR", "EUR", "USD", "USD", "GBP", "JPY"};
    return {{"merchant", merchants[static_cast<std::size_t>(between(0, merchants.size() - 1))]},
            {"amount_minor", between(100, 500'00)},
            {"currency", currencies[static_cast<std::size_t>(between(0, currencies.size() - 1))]}};
  }

  // A captured payment's id, or nothing when the provider did not go along.
  std::string captured_payment(const json& wanted) {
    if (ask("POST", "/payments", wanted.dump(), {201, 402, 502, 504}) != 201) return {};
    const std::string id = answered("id");
    if (ask("POST", "/payments/" + id + "/capture", "", {200, 502, 504}) != 200) return {};
    return id;
  }

  void pay() {
    const std::string id = captured_payment(order());
    if (!id.empty()) ask("GET", "/payments/" + id, "", {200});
    if (!id.empty() && between(1, 5) == 1) ask("POST", "/payments/" + id + "/capture", "", {409});
  }

  // An impatient client: the same order twice under one key, then another order under the same key.
  void pay_twice() {
    const httplib::Headers key{{"Idempotency-Key", "order-" + std::to_string(random_()) + std::to_string(random_())}};
    json wanted = order();
    const int first = ask("POST", "/payments", wanted.dump(), {201, 402, 502, 504}, key);
    if (first != 201) return;
    const std::string id = answered("id");
    if (ask("POST", "/payments", wanted.dump(), {201}, key) == 201 && answered("id") != id) ++counted_.surprises;
    wanted["amount_minor"] = 99'999;
    ask("POST", "/payments", wanted.dump(), {409}, key);
  }

  void use_escrow(bool dispute) {
    const json wanted = order();
    const json opening{{"buyer", "buyer-" + std::to_string(between(1, 50))},
                       {"seller", wanted["merchant"]},
                       {"amount_minor", wanted["amount_minor"]},
                       {"currency", wanted["currency"]}};
    if (ask("POST", "/escrows", opening.dump(), {201}) != 201) return;
    const std::string escrow = "/escrows/" + answered("id");
    const std::string payment = captured_payment(wanted);
    if (payment.empty()) {
      ask("POST", escrow + "/complete", "", {409});
      return;
    }
    if (ask("POST", escrow + "/fund", json{{"payment_id", payment}}.dump(), {200}) != 200) return;
    if (!dispute) {
      ask("POST", escrow + "/complete", "", {200});
    } else if (ask("POST", escrow + "/dispute", R"({"reason":"not as described"})", {200}) == 200) {
      ask("POST", escrow + "/resolve", json{{"in_favour_of", between(0, 1) == 0 ? "buyer" : "seller"}}.dump(), {200});
    }
  }

  void blunder() {
    const mistake& made = mistakes[static_cast<std::size_t>(between(0, std::size(mistakes) - 1))];
    ask(made.method, made.path, made.body, {made.status});
  }

  httplib::Client client_;
  std::mt19937 random_;
  pacer& turns_;
  totals& counted_;
  json answer_;
  bool open_ = true;
};

// A line that moves on a terminal, one every five seconds elsewhere.
void show_progress(const pacer& turns, double length, const totals& counted, bool last) {
  static const bool terminal = isatty(STDOUT_FILENO) != 0;
  static double shown = 0;
  const double now = std::min(turns.elapsed(), length);
  const std::string whole = length < for_ever ? " of " + std::to_string(std::lround(length)) : "";
  if (!terminal && !last && now - shown < 5) return;
  shown = now;
  std::printf(
      "%straffic %2.0f%s s: %llu requests, %llu answered, %llu refused as they should be, "
      "%llu provider faults, %llu surprises%s",
      terminal ? "\r\033[K" : "", now, whole.c_str(), static_cast<unsigned long long>(counted.requests),
      static_cast<unsigned long long>(counted.good), static_cast<unsigned long long>(counted.refused),
      static_cast<unsigned long long>(counted.failed), static_cast<unsigned long long>(counted.surprises),
      terminal && !last ? "" : "\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  const payments::stop_signals signals;
  const payments::command_line options(argc, argv, "traffic: a bounded load on the payments service",
                                       {{"target", "http://127.0.0.1:8080", "where the service listens"},
                                        {"rate", "40", "requests a second"},
                                        {"seconds", "20", "how long; 0 goes on until it is stopped"},
                                        {"customers", "8", "requests at the same time, at most"},
                                        {"seed", "0", "the same seed makes the same choices; 0 takes a random one"}});
  const double rate = options.number("rate", 0.1, 2000);
  double length = options.number("seconds", 0, 1e6);
  if (length == 0) length = for_ever;
  auto seed = static_cast<unsigned>(options.number("seed", 0, 4e9));
  if (seed == 0) seed = std::random_device{}();

  totals counted;
  pacer turns(rate, seconds(length));
  std::vector<std::thread> customers;
  std::atomic<int> working{static_cast<int>(options.number("customers", 1, 64))};
  for (int i = working; i > 0; --i) {
    customers.emplace_back([&, i] {
      customer(options.text("target"), seed + static_cast<unsigned>(i), turns, counted).run();
      --working;
    });
  }

  bool interrupted = false;
  while (working > 0) {
    interrupted = signals.stopped_within(250ms) || interrupted;
    if (interrupted) turns.stop();
    show_progress(turns, length, counted, false);
  }
  for (std::thread& thread : customers) thread.join();
  show_progress(turns, length, counted, true);
  return counted.surprises == 0 && counted.requests > 0 ? 0 : 1;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "traffic: %s\n", problem.what());
  return 2;
}
