// How much metrics grew: what a test asks when it does not want to know what was counted before it.
//
//   tt::testing::changes changes{obs.metrics()};
//   charge(obs);
//   CHECK(changes.of("charges_total", {{"provider", "stripe"}, {"outcome", "approved"}}) == 1);
//   CHECK(changes.all().size() == 1);   // and nothing else happened
#pragma once

#include <telltale/metrics/registry.hpp>
#include <telltale/metrics/snapshot.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace testing {

/// How one series differs between two collections.
struct change {
  std::string name;
  std::string labels;              ///< as in `series_snapshot`: rendered, without braces
  double by = 0;                   ///< of the value, or of a histogram's sum; exact up to 2^53
  std::uint64_t observations = 0;  ///< histograms: how many came
};
TELLTALE_API std::ostream& operator<<(std::ostream& out, const change& one);

/// The series whose value differs, in the order of `after`. A series that is in `after` alone began at zero; one that is in
/// `before` alone (it was removed) is left out.
TELLTALE_API std::vector<change> difference(const snapshot& before, const snapshot& after);

/// What changed in a registry since this object was made. The registry must outlive it.
/// Thread safety: as a container. Cost: a collection of the whole registry at construction and in each question.
class TELLTALE_API changes {
 public:
  explicit changes(const registry& metrics) : metrics_(metrics), before_(metrics.collect()) {}

  /// How much a counter or gauge, or a histogram's sum, grew. Throws std::runtime_error, which lists the series that there
  /// are, unless there is exactly this one.
  double of(std::string_view name, snapshot::label_list labels = {}) const;
  /// How many observations a histogram got. Throws as `of` does.
  std::uint64_t observations(std::string_view name, snapshot::label_list labels = {}) const;
  /// Everything that changed, telltale's own metrics (rejected updates, overflows) among them.
  std::vector<change> all() const { return difference(before_, metrics_.collect()); }

  /// Begins anew from the values of now.
  void restart() { metrics_.collect(before_); }

 private:
  change find(std::string_view name, snapshot::label_list labels) const;

  const registry& metrics_;
  snapshot before_;
};

}  // namespace testing
}  // namespace v0
}  // namespace telltale
