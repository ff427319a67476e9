// The `tracestate` of a request: what other vendors' systems wrote along its way. telltale adds nothing to it and
// passes it on unchanged, from the incoming request to children and to outgoing requests.
// Standard: W3C Trace Context, level 2.
#pragma once

#include <telltale/detail/platform.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {

/// A validated tracestate, or none. Thread safety: immutable; copies share one text.
/// Cost: empty it is two null words; otherwise a copy is one atomic increment.
class TELLTALE_API trace_state {
 public:
  trace_state() = default;

  /// Reads a header value (several headers are joined with commas first). Nothing when a member is malformed, a
  /// key comes twice, or there are more than 32 members: the standard wants such a header dropped whole. Beyond
  /// 512 characters whole members are left out, those over 128 characters first, then from the end.
  static std::optional<trace_state> parse(std::string_view header);

  bool empty() const noexcept { return text_ == nullptr; }
  /// As it is sent: `key=value,key=value` without optional space. Lives as long as this value or a copy of it.
  std::string_view text() const noexcept { return text_ ? std::string_view{*text_} : std::string_view{}; }
  /// The value of one member, or nothing.
  std::optional<std::string_view> get(std::string_view key) const noexcept;

  friend bool operator==(const trace_state& a, const trace_state& b) noexcept { return a.text() == b.text(); }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace v0
}  // namespace telltale
