// The escrow funnel: how many were created, funded, completed, disputed and resolved, and who won. The names are
// monero-marketplace's, whose ratios divide one counter by another and whose bias query compares the winners.
//
//   metric                     type     labels  unit
//   escrows_created_total      counter  -       escrows
//   escrows_funded_total       counter  -       escrows
//   escrows_completed_total    counter  -       escrows
//   escrows_disputed_total     counter  -       escrows
//   escrows_resolved_total     counter  -       escrows
//   disputes_buyer_won_total   counter  -       disputes
//   disputes_vendor_won_total  counter  -       disputes
//
//   tt::families::escrow<> escrows{obs.metrics()};
//   escrows.created();
//   escrows.resolved(tt::families::dispute_winner::buyer);
//
// Amounts, addresses and users are not in it. Labels of your own are on all seven, for instance the asset:
//   tt::families::escrow<tt::label<"asset", asset>> escrows{obs.metrics()};   escrows.created(asset::xmr);
#pragma once

#include <telltale/families/labels.hpp>

#include <cstdint>
#include <string>

namespace telltale {
inline namespace v0 {
namespace families {

enum class dispute_winner : std::uint8_t { buyer, vendor };

struct escrow_options {
  /// Put before each name, with an underscore. Default: none.
  std::string prefix{};
  // An empty name leaves the metric out.
  std::string created = "escrows_created_total";
  std::string funded = "escrows_funded_total";
  std::string completed = "escrows_completed_total";
  std::string disputed = "escrows_disputed_total";
  std::string resolved = "escrows_resolved_total";
  std::string buyer_won = "disputes_buyer_won_total";
  std::string vendor_won = "disputes_vendor_won_total";
};

/// A struct of handles: cheap to copy, safe for as long as the process lives.
/// Thread safety: all members may be called concurrently.
/// Cost: an increment; `resolved` two.
template <class... Labels>
class escrow {
  using list = labels<Labels...>;
  using series = detail::series<counter, list>;

 public:
  /// Throws `error`: a name is registered already or breaks the rules of docs/naming.md.
  explicit escrow(registry& metrics, const escrow_options& options = {})
      : created_(detail::add_counter(metrics, list{}, options.prefix, options.created, "Escrows created.")),
        funded_(detail::add_counter(metrics, list{}, options.prefix, options.funded, "Escrows funded.")),
        completed_(detail::add_counter(metrics, list{}, options.prefix, options.completed,
                                       "Escrows completed without a dispute or after one.")),
        disputed_(
            detail::add_counter(metrics, list{}, options.prefix, options.disputed, "Escrows that entered a dispute.")),
        resolved_(detail::add_counter(metrics, list{}, options.prefix, options.resolved,
                                      "Disputed escrows that were resolved.")),
        buyer_won_(detail::add_counter(metrics, list{}, options.prefix, options.buyer_won,
                                       "Disputes resolved in the buyer's favour.")),
        vendor_won_(detail::add_counter(metrics, list{}, options.prefix, options.vendor_won,
                                        "Disputes resolved in the vendor's favour.")) {}

  // Each takes one value for each label of the pack.
  template <class... Values>
  TELLTALE_SWITCHED void created(const Values&... values) const noexcept {
    series::find(created_, values...).inc();
  }
  template <class... Values>
  TELLTALE_SWITCHED void funded(const Values&... values) const noexcept {
    series::find(funded_, values...).inc();
  }
  template <class... Values>
  TELLTALE_SWITCHED void completed(const Values&... values) const noexcept {
    series::find(completed_, values...).inc();
  }
  template <class... Values>
  TELLTALE_SWITCHED void disputed(const Values&... values) const noexcept {
    series::find(disputed_, values...).inc();
  }
  /// The dispute is over; counts the winner, too.
  template <class... Values>
  TELLTALE_SWITCHED void resolved(dispute_winner winner, const Values&... values) const noexcept {
    series::find(resolved_, values...).inc();
    series::find(winner == dispute_winner::buyer ? buyer_won_ : vendor_won_, values...).inc();
  }

 private:
  typename series::type created_;
  typename series::type funded_;
  typename series::type completed_;
  typename series::type disputed_;
  typename series::type resolved_;
  typename series::type buyer_won_;
  typename series::type vendor_won_;
};

}  // namespace families
}  // namespace v0
}  // namespace telltale
