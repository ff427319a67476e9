// Collectors: metrics that are counted elsewhere (another metrics library, a device's driver) and shown beside a
// registry's own. A collector is a function that fills in plain data at each collection; the registry checks what it
// gives, mends what can be mended, and leaves the rest out. exposition/prometheus.hpp makes collectors of prometheus-cpp's
// Collectables.
//
//   auto attached = metrics.attach([](std::vector<tt::foreign_family>& into) {
//     into.push_back({.name = "pool_size", .help = "Connections.", .type = tt::metric_type::gauge,
//                     .series = {{.labels = {{"pool", "main"}}, .value = tt::metric_value{8.0}}}});
//   });
//
// Names, help and labels are taken as they are: the registry's prefix and constant labels are not added. Mended: text
// that is not UTF-8 (U+FFFD), a label given twice with one value, empty labels (which Prometheus takes for none),
// buckets and quantiles out of order or given twice, a missing or repeated +Inf bucket, a count that is not the
// +Inf bucket, a family given in several parts. A histogram's buckets are those that all series of the family have: their
// counts are exact.
//
// Left out, counted in `telltale_foreign_rejected_total{metric,reason}` and reported once each:
//
//   invalid_name      the family's name is not [a-zA-Z_:][a-zA-Z0-9_:]*
//   name_clash        a sample of the family would have the name of another family's, which keeps it; ours come first
//   unsupported_type  a family that is no counter, gauge, histogram, summary or unknown
//   invalid_label     a series with a label whose name is not valid or reserved (__x, a histogram's le, a summary's
//                     quantile), or that has two values
//   duplicate_series  a series whose labels another series of the family has
//   invalid_value     a series of a counter that is NaN or negative
//   invalid_buckets   a series whose buckets are not cumulative, or have NaN for a bound
//   invalid_quantile  a series with a quantile that is not from 0 to 1
//   bounds_differ     buckets that not all series of the family have (counted a family and collection)
//   collector_failed  what a collector that threw has not given, with metric="*"
//
// At most 100 pairs of metric and reason are told apart; further ones are counted under metric="_other".
#pragma once

#include <telltale/metrics/snapshot.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace detail {
struct attachment_record;
}

/// One time series as a collector gives it.
struct foreign_series {
  struct bucket {
    double upper_bound = 0;  ///< inclusive
    std::uint64_t cumulative_count = 0;
  };

  std::vector<std::pair<std::string, std::string>> labels{};  ///< unescaped, in any order
  metric_value value{};                                       ///< counters, gauges and unknowns
  std::vector<bucket> buckets{};                              ///< histograms; +Inf may be left out
  std::vector<quantile_value> quantiles{};                    ///< summaries
  std::uint64_t count = 0;                                    ///< histograms and summaries: observations
  double sum = 0;                                             ///< histograms and summaries
};

struct foreign_family {
  std::string name;                               ///< complete; a counter's should end in _total, but need not
  std::string help{};                             ///< unescaped
  metric_type type = metric_type::unknown;
  std::vector<foreign_series> series{};
};

/// Appends families. Runs on the collecting thread, with no lock held but its attachment's own, so it must not take
/// long: the scrape waits for it. What it throws costs what it has not appended.
using collector = std::function<void(std::vector<foreign_family>& into)>;

/// An attached collector; detaches when destroyed. When the destructor returns, the collector is not running and will not
/// run again. Destroy it from anywhere, except under a lock that the collector takes.
/// Thread safety: move and destroy from one thread at a time.
class [[nodiscard]] TELLTALE_API attachment {
 public:
  attachment() noexcept = default;
  attachment(attachment&& other) noexcept = default;
  attachment& operator=(attachment&& other) noexcept;
  ~attachment();

 private:
  friend class registry;
  explicit attachment(std::shared_ptr<detail::attachment_record> record) noexcept;
  std::shared_ptr<detail::attachment_record> record_;
};

}  // namespace v0
}  // namespace telltale
