// State sets: which of a closed set of states something is in (a circuit breaker, a consumer, a leader election). In a
// scrape there is one series for each state, of which exactly one is 1: `sum by (breaker_state) (...)` counts the
// breakers that are open. The process keeps one number, so a scrape never sees two states or none.
#pragma once

#include <telltale/detail/enum_names.hpp>
#include <telltale/metrics/gauge.hpp>
#include <telltale/metrics/label.hpp>

#include <cstdint>
#include <type_traits>

namespace telltale {
inline namespace v0 {

/// The current one of the states that `Enum` lists: a scoped enumeration, contiguous from zero. The first enumerator is the
/// state at the start. A handle like `gauge`: trivially copyable, valid for ever; made by `registry::state_set`.
/// Thread safety: `set` from any thread at any time. Cost: a range check and one relaxed store.
template <class Enum>
class state_set {
  using state = label<"state", Enum>;  // which also holds the enum to the rules of a label

 public:
  /// Writes into nothing.
  state_set() noexcept = default;

  /// A value that is no enumerator (a cast) is stored nowhere and counted in `telltale_metric_rejected_total`.
  TELLTALE_INLINE void set(std::type_identity_t<Enum> current) const noexcept {
    if constexpr (!detail::enabled) return;
    const state chosen(current);
    if (chosen.in_range()) [[likely]] {
      current_.set(static_cast<double>(chosen.index()));
    } else {
      detail::add_slowly(rejected_, std::uint64_t{1});
    }
  }

  using location = gauge::location;
  TELLTALE_INLINE state_set(location where, std::uint32_t index) noexcept
      : current_(where, index), rejected_(where.rejected) {}
  static state_set rejecting(location where) noexcept {
    detail::add_slowly(where.rejected, std::uint64_t{1});
    return state_set{};
  }

 private:
  gauge current_;  // the index of the current state
  detail::slot rejected_ = detail::nowhere;
};

}  // namespace v0
}  // namespace telltale
