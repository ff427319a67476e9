// Exporters that a test drives by hand: no test sleeps to wait for one.
#pragma once

#include <telltale/tracing/exporter.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace exporters {

// What a test sees of an exporter that a processor owns.
struct control {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> names;   // of the spans exported
  std::vector<std::size_t> batches;  // sizes
  bool blocked = false;              // export_spans waits while set
  bool fails = false;
  bool throws = false;
  bool inside = false;
  bool interrupted = false;
  bool saw_span_of_its_own = false;
  int children = 0;

  void unblock() {
    const std::lock_guard lock(mutex);
    blocked = false;
    changed.notify_all();
  }
  // True when the exporter is inside a call within a generous time.
  bool wait_until_inside() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds{30}, [&] { return inside; });
  }
  bool wait_for_spans(std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds{30}, [&] { return names.size() >= count; });
  }
};

class driven final : public telltale::span_exporter {
 public:
  explicit driven(std::shared_ptr<control> shared) : control_(std::move(shared)) {}

  telltale::export_result export_spans(std::span<const telltale::span_data* const> batch) override {
    std::unique_lock lock(control_->mutex);
    control_->inside = true;
    control_->changed.notify_all();
    control_->changed.wait(lock, [&] { return !control_->blocked; });
    control_->inside = false;
    if (control_->throws) throw std::runtime_error("exporter");
    if (control_->fails) return telltale::export_result::failure;
    for (const auto* span : batch) control_->names.emplace_back(span->name);
    control_->batches.push_back(batch.size());
    control_->changed.notify_all();
    return telltale::export_result::success;
  }

  void interrupt() noexcept override { control_->interrupted = true; }  // called while the exporter waits

  void after_fork_in_child() noexcept override { ++control_->children; }

 private:
  std::shared_ptr<control> control_;
};

}  // namespace exporters
