// Attached collectors: they run, what they gave is made valid, and it joins the snapshot in memory of its own.
#pragma once

#include <telltale/detail/event_hook.hpp>
#include <telltale/metrics/collector.hpp>
#include <telltale/metrics/snapshot.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace detail {

/// One attached collector. Its mutex is held while the function runs.
struct attachment_record {
  std::mutex mutex;
  collector read;                              // empty once detached
  std::atomic<std::thread::id> running_on{};  // so that a collector may detach itself
  std::atomic<bool> dead = false;
  std::vector<foreign_family> given;  // in the collection that is going on
};

/// The counts behind telltale_foreign_rejected_total. One collection at a time uses it.
class foreign_problems {
 public:
  foreign_problems(std::string constant_labels, std::shared_ptr<event_hook> hook);

  /// Counts one problem, and reports it when it is the first of this metric and reason.
  void note(std::string_view metric, std::string_view reason, std::string_view sentence);

  const std::map<std::string, std::uint64_t>& counts() const noexcept { return counts_; }

 private:
  std::string labels_of(std::string_view metric, std::string_view reason) const;

  const std::string constant_labels_;
  const std::shared_ptr<event_hook> hook_;
  std::map<std::string, std::uint64_t> counts_;  // by rendered labels, which snapshots point to
};

/// The collectors of a registry.
class foreign_sources {
 public:
  foreign_sources(const std::string& constant_labels, std::shared_ptr<event_hook> hook);

  static constexpr std::string_view self_metric = "telltale_foreign_rejected_total";

  // Under the registry's mutex:
  std::shared_ptr<attachment_record> attach(collector read);
  void begin_collection();

  // In a collection, without any lock but the collection's:
  void run();
  /// Appends what the collectors gave, and the self-metric, to the families of the registry itself. Returns what owns
  /// them, or null when nothing is attached.
  std::shared_ptr<const void> add_to(std::vector<family_snapshot>& families);

 private:
  void drop_dead();
  void run(attachment_record& record);

  std::vector<std::shared_ptr<attachment_record>> attached_;
  std::vector<std::shared_ptr<attachment_record>> collected_;
  foreign_problems problems_;
  const family_info self_info_;
};

}  // namespace detail
}  // namespace v0
}  // namespace telltale
