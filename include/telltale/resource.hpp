// The resource: what this process is, sent along with everything that it exports. The facade builds one from its
// options, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES; exporters and the logger only read it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace telltale {
inline namespace v0 {

/// Text attributes in the order in which they were set: `service.name`, `service.version`,
/// `deployment.environment`, ... Thread safety: a value type. Cost: a linear search over a dozen entries.
class resource {
 public:
  using entry = std::pair<std::string, std::string>;

  resource() = default;
  resource(std::initializer_list<entry> entries) {
    for (const auto& [key, value] : entries) set(key, value);
  }

  /// Adds the attribute, or replaces its value.
  void set(std::string_view key, std::string_view value) {
    for (entry& known : entries_) {
      if (known.first == key) {
        known.second = value;
        return;
      }
    }
    entries_.emplace_back(key, value);
  }

  /// The value, or empty text when the attribute is not set.
  std::string_view get(std::string_view key) const noexcept {
    for (const entry& known : entries_) {
      if (known.first == key) return known.second;
    }
    return {};
  }

  const std::vector<entry>& entries() const noexcept { return entries_; }

 private:
  std::vector<entry> entries_;
};

}  // namespace v0
}  // namespace telltale
