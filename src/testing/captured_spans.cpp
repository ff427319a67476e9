#include <telltale/testing/captured_spans.hpp>

#include <mutex>
#include <stdexcept>
#include <string>

namespace telltale {
inline namespace v0 {
namespace testing {

class captured_spans::memory final : public span_processor {
 public:
  void on_end(finished_span span) noexcept override {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      ++counts_.dropped_after_shutdown;
      return;
    }
    try {
      spans_.push_back(std::move(span));
      ++counts_.queued;
      ++counts_.exported;
    } catch (...) {
      ++counts_.dropped_queue_full;
    }
  }

  bool flush(std::chrono::nanoseconds) noexcept override { return true; }

  bool shutdown(std::chrono::nanoseconds) noexcept override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    return true;
  }

  span_counts counts() const noexcept override {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

  std::vector<const span_data*> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<const span_data*> found;
    for (const finished_span& each : spans_) found.push_back(each.get());
    return found;
  }

  std::vector<finished_span> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(spans_, {});
  }

 private:
  mutable std::mutex mutex_;
  std::vector<finished_span> spans_;
  span_counts counts_;
  bool closed_ = false;
};

captured_spans::captured_spans() : memory_(std::make_shared<memory>()) {}

// The spans keep their tracer alive, and that keeps the processor: letting go of them here breaks the circle.
captured_spans::~captured_spans() {
  memory_->shutdown({});
  memory_->take();
}

std::shared_ptr<span_processor> captured_spans::processor() const { return memory_; }

std::vector<const span_data*> captured_spans::all() const { return memory_->all(); }

std::vector<const span_data*> captured_spans::named(std::string_view name) const {
  std::vector<const span_data*> found = all();
  std::erase_if(found, [&](const span_data* each) { return each->name != name; });
  return found;
}

const span_data& captured_spans::only(std::string_view name) const {
  const std::vector<const span_data*> found = named(name);
  if (found.size() == 1) return *found.front();
  std::string message = "expected exactly one span named \"" + std::string(name) + "\", found " +
                        std::to_string(found.size()) + "; the spans that ended are:";
  for (const span_data* each : all()) message.append(" \"").append(each->name).append("\"");
  throw std::runtime_error(message);
}

void captured_spans::clear() { memory_->take(); }

std::optional<attribute_value> attribute_of(const span_data& span, std::string_view key) {
  for (const attribute& each : span.attributes) {
    if (each.key == key) return each.value;
  }
  return std::nullopt;
}

}  // namespace testing
}  // namespace v0
}  // namespace telltale
