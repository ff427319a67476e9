// The state of the service: payments, escrows, settlements, webhooks and idempotency keys in one SQLite database in WAL
// mode. Every transition is one guarded UPDATE ("... where state = 'authorized'"), so that two requests that race
// for the same payment cannot both win, whatever the code above does.
//
// Thread safety: all members may be called concurrently; one connection, one mutex, short transactions.
#pragma once

#include "money.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace payments {

/// The database refused or failed: the request ends with 503, and nothing of it is stored.
struct store_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct payment {
  std::string id;
  std::string merchant;
  money amount;
  std::string state;        ///< created, authorized, capturing, captured, settled, declined, failed
  std::string reference;    ///< the provider's name for it
  std::string traceparent;  ///< of the request that created it: what later work links back to
  bool confirmed = false;   ///< the provider's webhook has come
};

struct escrow {
  std::string id;
  money amount;
  std::string state;  ///< opened, funded, completed, disputed, released, refunded
  std::string payment_id;
};

/// What became of a transition.
enum class transition {
  done,
  unknown,  ///< no such payment or escrow
  refused,  ///< not in a state from which this step may be taken
};

/// What an Idempotency-Key turned out to be.
struct idempotency {
  enum class kind { fresh, replay, conflict, in_progress } is = kind::fresh;
  int status = 0;  ///< of the first answer, for a replay
  std::string body;
};

struct settlement {
  std::string id;
  money total;
  std::vector<std::string> traceparents;  ///< of the payments in it
};

/// The whole of it in numbers.
struct books {
  std::int64_t created = 0;  ///< payments in this state, and so on
  std::int64_t authorized = 0;
  std::int64_t captured = 0;
  std::int64_t settled = 0;
  double oldest_captured_at = 0;  ///< seconds since the epoch, of those that are not settled
  /// What payments say is settled, less what settlements say; 0 when the books balance. By currency.
  std::array<std::int64_t, by_currency::size> imbalance_minor{};
};

class store {
 public:
  /// Opens or creates the database. Throws `store_error`.
  explicit store(const std::string& path);
  ~store();
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  void ping();

  // ---- payments ----
  /// State `created`; the provider is asked next.
  payment create_payment(std::string_view merchant, money amount, std::string_view traceparent);
  std::optional<payment> find_payment(std::string_view id);
  /// From `created`, with the provider's answer.
  transition authorize_payment(std::string_view id, std::string_view reference);
  transition decline_payment(std::string_view id);
  transition fail_payment(std::string_view id);
  /// From `authorized`: this caller, and no other, may ask the provider to capture.
  transition begin_capture(std::string_view id);
  transition finish_capture(std::string_view id);
  /// The provider did not say yes: `authorized` again, unless its webhook has confirmed the capture by now.
  transition abandon_capture(std::string_view id);

  // ---- webhooks ----
  /// Confirms a capture. A capture whose answer was lost is completed by this. False: this event was here before.
  bool confirm_capture(std::string_view event_id, std::string_view payment_id);

  // ---- escrows ----
  escrow open_escrow(std::string_view buyer, std::string_view seller, money amount);
  std::optional<escrow> find_escrow(std::string_view id);
  /// With a captured payment of the same amount that funds nothing else.
  transition fund_escrow(std::string_view id, std::string_view payment_id);
  transition complete_escrow(std::string_view id);
  transition dispute_escrow(std::string_view id);
  transition resolve_escrow(std::string_view id, bool release_to_seller);

  // ---- settlement ----
  bool anything_captured(currency unit);
  /// Moves what is captured in this currency into one settlement; nothing when there is nothing.
  std::optional<settlement> settle(currency unit, int most_payments);
  books audit();

  // ---- idempotency ----
  idempotency claim_key(std::string_view key, std::string_view fingerprint);
  void keep_answer(std::string_view key, int status, std::string_view body);
  void release_key(std::string_view key);

 private:
  struct close_database {
    void operator()(sqlite3* database) const noexcept;
  };

  template <class... Values>
  transition step(const char* table, std::string_view id, const char* update, const Values&... values);

  std::mutex mutex_;
  std::unique_ptr<sqlite3, close_database> database_;
};

}  // namespace payments
