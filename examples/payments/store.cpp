#include "store.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstdio>
#include <random>
#include <utility>

namespace payments {
namespace {

constexpr const char* schema = R"(
  pragma journal_mode = wal;
  pragma synchronous = normal;
  pragma foreign_keys = on;
  create table if not exists payments (
    id text primary key,
    merchant text not null,
    amount_minor integer not null check (amount_minor > 0),
    currency text not null check (length(currency) = 3),
    state text not null
      check (state in ('created','authorized','capturing','captured','settled','declined','failed')),
    outcome text check (outcome in ('succeeded','declined','failed')),
    reference text not null default '',
    traceparent text not null default '',
    captured_at real,
    confirmed_at real,
    settlement_id text references settlements(id)) strict;
  create index if not exists payments_to_settle on payments (currency, captured_at) where state = 'captured';
  create index if not exists payments_by_state on payments (state, currency, amount_minor);
  create table if not exists settlements (
    id text primary key,
    amount_minor integer not null check (amount_minor > 0),
    currency text not null,
    payments integer not null) strict;
  create table if not exists escrows (
    id text primary key,
    buyer text not null,
    seller text not null,
    amount_minor integer not null check (amount_minor > 0),
    currency text not null check (length(currency) = 3),
    state text not null check (state in ('opened','funded','completed','disputed','released','refunded')),
    payment_id text unique references payments(id)) strict;
  create table if not exists webhooks (
    event_id text primary key,
    payment_id text not null references payments(id)) strict;
  create table if not exists idempotency (
    key text primary key,
    fingerprint text not null,
    status integer,
    body text) strict;
  -- Requests that a crash cut off will never answer: their keys may be used again.
  delete from idempotency where status is null;
)";

// Seconds since the epoch, as SQLite counts them.
#define NOW "((julianday('now') - 2440587.5) * 86400.0)"

[[noreturn]] void fail(sqlite3* database) {
  throw store_error(std::string("SQLite: ") + sqlite3_errmsg(database));
}

void execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(database);
}

/// A prepared statement with its values bound. `next()` steps to a row.
class statement {
 public:
  template <class... Values>
  statement(sqlite3* database, const std::string& sql, const Values&... values) : database_(database) {
    if (sqlite3_prepare_v2(database, sql.c_str(), static_cast<int>(sql.size()), &handle_, nullptr) != SQLITE_OK) {
      fail(database);
    }
    int position = 0;
    (bind(++position, values), ...);
  }
  ~statement() { sqlite3_finalize(handle_); }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  bool next() {
    switch (sqlite3_step(handle_)) {
      case SQLITE_ROW:
        return true;
      case SQLITE_DONE:
        return false;
      default:
        fail(database_);
    }
  }
  /// Runs to the end; true when it changed a row.
  bool run() {
    while (next()) {
    }
    return sqlite3_changes(database_) > 0;
  }

  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return bytes == nullptr ? std::string()
                            : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
  }
  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_, column); }
  double real(int column) const { return sqlite3_column_double(handle_, column); }
  bool null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

 private:
  void bind(int position, std::string_view value) {
    check(sqlite3_bind_text(handle_, position, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT));
  }
  void bind(int position, std::integral auto value) {
    check(sqlite3_bind_int64(handle_, position, static_cast<sqlite3_int64>(value)));
  }
  void check(int status) {
    if (status == SQLITE_OK) return;
    sqlite3_finalize(std::exchange(handle_, nullptr));
    fail(database_);
  }

  sqlite3* database_;
  sqlite3_stmt* handle_ = nullptr;
};

/// Rolls back unless committed.
class transaction {
 public:
  explicit transaction(sqlite3* database) : database_(database) { execute(database, "begin immediate"); }
  ~transaction() {
    if (open_) sqlite3_exec(database_, "rollback", nullptr, nullptr, nullptr);
  }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  void commit() {
    execute(database_, "commit");
    open_ = false;
  }

 private:
  sqlite3* database_;
  bool open_ = true;
};

std::string new_id(const char* prefix) {
  static std::random_device entropy;  // under the store's mutex
  char text[40];
  std::snprintf(text, sizeof text, "%s_%08x%08x", prefix, entropy(), entropy());
  return text;
}

money read_money(const statement& row, int amount, int unit) {
  const auto known = parse_currency(row.text(unit));
  if (!known) throw store_error("the database holds an unknown currency");
  return {row.integer(amount), *known};
}

}  // namespace

void store::close_database::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}

store::store(const std::string& path) {
  sqlite3* opened = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(opened);
  if (status != SQLITE_OK) {
    throw store_error("cannot open the database " + path + ": " + sqlite3_errmsg(opened) +
                      "; give a path in a directory that can be written");
  }
  sqlite3_busy_timeout(opened, 2000);
  execute(opened, schema);
}

store::~store() = default;

void store::ping() {
  const std::lock_guard lock(mutex_);
  statement(database_.get(), "select count(*) from (select 1 from payments limit 1)").next();
}

// One guarded UPDATE. When it changed nothing, the row says why.
template <class... Values>
transition store::step(const char* table, std::string_view id, const char* update, const Values&... values) {
  const std::lock_guard lock(mutex_);
  if (statement(database_.get(), std::string("update ") + table + " set " + update, id, values...).run()) {
    return transition::done;
  }
  statement exists(database_.get(), std::string("select 1 from ") + table + " where id = ?1", id);
  return exists.next() ? transition::refused : transition::unknown;
}

payment store::create_payment(std::string_view merchant, money amount, std::string_view traceparent) {
  const std::lock_guard lock(mutex_);
  payment made{.id = new_id("pay"),
               .merchant = std::string(merchant),
               .amount = amount,
               .state = "created",
               .reference = {},
               .traceparent = std::string(traceparent)};
  statement(database_.get(),
            "insert into payments (id, merchant, amount_minor, currency, state, traceparent)"
            " values (?1, ?2, ?3, ?4, 'created', ?5)",
            made.id, merchant, amount.minor, name(amount.unit), traceparent)
      .run();
  return made;
}

std::optional<payment> store::find_payment(std::string_view id) {
  const std::lock_guard lock(mutex_);
  statement row(database_.get(),
                "select id, merchant, amount_minor, currency, state, reference, traceparent, confirmed_at"
                " from payments where id = ?1",
                id);
  if (!row.next()) return std::nullopt;
  return payment{.id = row.text(0),
                 .merchant = row.text(1),
                 .amount = read_money(row, 2, 3),
                 .state = row.text(4),
                 .reference = row.text(5),
                 .traceparent = row.text(6),
                 .confirmed = !row.null(7)};
}

transition store::authorize_payment(std::string_view id, std::string_view reference) {
  return step("payments", id,
              "state = 'authorized', outcome = 'succeeded', reference = ?2 where id = ?1 and state = 'created'",
              reference);
}

transition store::decline_payment(std::string_view id) {
  return step("payments", id, "state = 'declined', outcome = 'declined' where id = ?1 and state = 'created'");
}

transition store::fail_payment(std::string_view id) {
  return step("payments", id, "state = 'failed', outcome = 'failed' where id = ?1 and state = 'created'");
}

transition store::begin_capture(std::string_view id) {
  return step("payments", id, "state = 'capturing' where id = ?1 and state = 'authorized'");
}

transition store::finish_capture(std::string_view id) {
  return step("payments", id, "state = 'captured', captured_at = " NOW " where id = ?1 and state = 'capturing'");
}

transition store::abandon_capture(std::string_view id) {
  return step("payments", id,
              "state = iif(confirmed_at is null, 'authorized', 'captured'),"
              " captured_at = iif(confirmed_at is null, null, " NOW ") where id = ?1 and state = 'capturing'");
}

bool store::confirm_capture(std::string_view event_id, std::string_view payment_id) {
  const std::lock_guard lock(mutex_);
  transaction work(database_.get());
  if (!statement(database_.get(), "insert into webhooks values (?1, ?2) on conflict (event_id) do nothing", event_id,
                 payment_id)
           .run()) {
    return false;
  }
  statement(database_.get(),
            "update payments set confirmed_at = " NOW ", captured_at = iif(state = 'authorized', " NOW
            ", captured_at), state = iif(state = 'authorized', 'captured', state) where id = ?1",
            payment_id)
      .run();
  work.commit();
  return true;
}

escrow store::open_escrow(std::string_view buyer, std::string_view seller, money amount) {
  const std::lock_guard lock(mutex_);
  escrow made{.id = new_id("esc"), .amount = amount, .state = "opened", .payment_id = {}};
  statement(
      database_.get(),
      "insert into escrows (id, buyer, seller, amount_minor, currency, state) values (?1, ?2, ?3, ?4, ?5, 'opened')",
      made.id, buyer, seller, amount.minor, name(amount.unit))
      .run();
  return made;
}

std::optional<escrow> store::find_escrow(std::string_view id) {
  const std::lock_guard lock(mutex_);
  statement row(database_.get(), "select id, amount_minor, currency, state, payment_id from escrows where id = ?1", id);
  if (!row.next()) return std::nullopt;
  return escrow{.id = row.text(0), .amount = read_money(row, 1, 2), .state = row.text(3), .payment_id = row.text(4)};
}

transition store::fund_escrow(std::string_view id, std::string_view payment_id) {
  return step("escrows", id,
              "state = 'funded', payment_id = ?2 where id = ?1 and state = 'opened'"
              " and exists (select 1 from payments p where p.id = ?2 and p.state in ('captured', 'settled')"
              " and p.amount_minor = escrows.amount_minor and p.currency = escrows.currency)"
              " and not exists (select 1 from escrows other where other.payment_id = ?2)",
              payment_id);
}

transition store::complete_escrow(std::string_view id) {
  return step("escrows", id, "state = 'completed' where id = ?1 and state = 'funded'");
}

transition store::dispute_escrow(std::string_view id) {
  return step("escrows", id, "state = 'disputed' where id = ?1 and state = 'funded'");
}

transition store::resolve_escrow(std::string_view id, bool release_to_seller) {
  return step("escrows", id, "state = ?2 where id = ?1 and state = 'disputed'",
              std::string_view(release_to_seller ? "released" : "refunded"));
}

bool store::anything_captured(currency unit) {
  const std::lock_guard lock(mutex_);
  return statement(database_.get(), "select 1 from payments where state = 'captured' and currency = ?1 limit 1",
                   name(unit))
      .next();
}

std::optional<settlement> store::settle(currency unit, int most_payments) {
  const std::lock_guard lock(mutex_);
  transaction work(database_.get());
  settlement made{.id = new_id("set"), .total = {0, unit}, .traceparents = {}};
  std::vector<std::string> ids;
  {
    statement rows(database_.get(),
                   "select id, amount_minor, traceparent from payments where state = 'captured' and currency = ?1"
                   " order by captured_at limit ?2",
                   name(unit), most_payments);
    while (rows.next()) {
      ids.push_back(rows.text(0));
      made.total.minor += rows.integer(1);
      made.traceparents.push_back(rows.text(2));
    }
  }
  if (ids.empty()) return std::nullopt;
  statement(database_.get(), "insert into settlements values (?1, ?2, ?3, ?4)", made.id, made.total.minor, name(unit),
            ids.size())
      .run();
  for (const std::string& id : ids) {
    statement(database_.get(),
              "update payments set state = 'settled', settlement_id = ?2 where id = ?1 and state = 'captured'", id,
              made.id)
        .run();
  }
  work.commit();
  return made;
}

books store::audit() {
  const std::lock_guard lock(mutex_);
  books found;
  statement states(database_.get(), "select state, count(*) from payments group by state");
  while (states.next()) {
    const std::string state = states.text(0);
    if (state == "created") found.created = states.integer(1);
    if (state == "authorized") found.authorized = states.integer(1);
    if (state == "captured") found.captured = states.integer(1);
    if (state == "settled") found.settled = states.integer(1);
  }
  statement oldest(database_.get(), "select coalesce(min(captured_at), 0.0) from payments where state = 'captured'");
  if (oldest.next()) found.oldest_captured_at = oldest.real(0);
  for (std::size_t i = 0; i < by_currency::size; ++i) {
    statement sums(
        database_.get(),
        "select coalesce((select sum(amount_minor) from payments where state = 'settled' and currency = ?1), 0)"
        " - coalesce((select sum(amount_minor) from settlements where currency = ?1), 0)",
        by_currency::values()[i]);
    if (sums.next()) found.imbalance_minor[i] = sums.integer(0);
  }
  return found;
}

idempotency store::claim_key(std::string_view key, std::string_view fingerprint) {
  const std::lock_guard lock(mutex_);
  if (statement(database_.get(),
                "insert into idempotency (key, fingerprint) values (?1, ?2) on conflict (key) do nothing", key,
                fingerprint)
          .run()) {
    return {};
  }
  statement row(database_.get(), "select fingerprint, status, body from idempotency where key = ?1", key);
  if (!row.next()) throw store_error("an idempotency key vanished");
  if (row.text(0) != fingerprint) return {.is = idempotency::kind::conflict, .body = {}};
  if (row.null(1)) return {.is = idempotency::kind::in_progress, .body = {}};
  return {.is = idempotency::kind::replay, .status = static_cast<int>(row.integer(1)), .body = row.text(2)};
}

void store::keep_answer(std::string_view key, int status, std::string_view body) {
  const std::lock_guard lock(mutex_);
  statement(database_.get(), "update idempotency set status = ?2, body = ?3 where key = ?1", key, status, body).run();
}

void store::release_key(std::string_view key) {
  const std::lock_guard lock(mutex_);
  statement(database_.get(), "delete from idempotency where key = ?1 and status is null", key).run();
}

}  // namespace payments
