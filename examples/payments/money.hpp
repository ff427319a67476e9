// Money: an integer number of minor units and a currency. Never a floating-point number, and amounts of different
// currencies are never added: the compiler has no way to do either by accident.
#pragma once

#include <telltale/families/payment.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace payments {

/// ISO 4217; the enumerators' names are the codes, in JSON, in SQL and on metrics.
enum class currency { EUR, USD, GBP, JPY, CHF };

using by_currency = telltale::label<"currency", currency>;

/// payments_total by status, payment_amount_minor_total by status and currency: every series exists from the start.
using payment_metrics = telltale::families::payment<by_currency>;

inline std::string_view name(currency value) {
  return by_currency::values()[static_cast<std::size_t>(value)];
}

inline std::optional<currency> parse_currency(std::string_view code) {
  for (std::size_t i = 0; i < by_currency::size; ++i) {
    if (by_currency::values()[i] == code) return static_cast<currency>(i);
  }
  return std::nullopt;
}

struct money {
  std::int64_t minor = 0;  ///< cents, pence; yen, which has no minor unit, as it is
  currency unit = currency::EUR;

  friend bool operator==(const money&, const money&) = default;
};

/// The most that one payment may be: a bound that every system has, and that keeps sums far from overflow.
inline constexpr std::int64_t largest_amount = 1'000'000'000;

}  // namespace payments
