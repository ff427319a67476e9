// Exporters: where finished spans go. Implement `span_exporter` for another destination; ready-made here is the one
// that writes JSON lines. What an exporter reads are plain `span_data` values, so that it can be tested without
// a tracer.
#pragma once

#include <telltale/attributes.hpp>
#include <telltale/clock.hpp>
#include <telltale/resource.hpp>
#include <telltale/result.hpp>
#include <telltale/tracing/span_context.hpp>
#include <telltale/tracing/trace_state.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {

/// What a span stands for. A server and a client span are the two ends of one request.
enum class span_kind : std::uint8_t { internal, server, client, producer, consumer };

/// How the operation ended. `unset` is the normal end; `ok` is said by the application alone and is final.
enum class span_status : std::uint8_t { unset, ok, error };

/// Something that happened at one moment within a span.
struct span_event {
  std::string_view name;
  wall_time time{};
  std::span<const attribute> attributes{};
};

/// A relation to a span that is not the parent, such as the request that a queued job came from.
struct span_link {
  span_context context{};
  std::span<const attribute> attributes{};
};

/// A finished span as exporters see it. Text and lists are views: good until the call that received them returns, or
/// as long as the `finished_span` that owns them. Times are on the wall clock, the duration is from the steady clock.
struct span_data {
  span_context context{};
  span_id parent{};  ///< invalid for the first span of a trace
  bool parent_remote = false;
  span_kind kind = span_kind::internal;
  span_status status = span_status::unset;
  std::string_view status_description{};  ///< only with an error
  std::string_view name{};
  wall_time start{};
  std::chrono::nanoseconds duration{};
  std::span<const attribute> attributes{};
  std::span<const span_event> events{};
  std::span<const span_link> links{};
  std::uint32_t dropped_attributes = 0;  ///< beyond the limits
  std::uint32_t dropped_events = 0;
  std::uint32_t dropped_links = 0;
  trace_state state{};
  const v0::resource* resource = nullptr;  ///< what the process is; null means not known
};

/// Whether a batch arrived. The processor counts it; an exporter retries by itself if it wants to.
enum class export_result : std::uint8_t { success, failure };

/// Where finished spans go. Thread safety: calls never overlap, except `interrupt`.
class TELLTALE_API span_exporter {
 public:
  virtual ~span_exporter();

  /// Sends one batch and returns when that is done or given up. May take its time; may throw, which counts as failure.
  virtual export_result export_spans(std::span<const span_data* const> batch) = 0;

  /// A shutdown has run out of time: a call of `export_spans` in progress should return soon. Called from
  /// any thread.
  virtual void interrupt() noexcept;

  /// In the child of a fork, before its first batch. A call of `export_spans` may have been cut off in the middle on
  /// a thread that does not exist here: rebuild what that call was changing, and do not take locks that it held.
  virtual void after_fork_in_child() noexcept;
};

/// Writes each span as one JSON object a line, a batch at a time:
///   {"ts":"2026-01-31T23:59:59.123456789Z","name":"charge","kind":"client","trace_id":"...","span_id":"...",
///    "parent_span_id":"...","duration_seconds":0.0125,"status":"error","status_description":"...",
///    "attributes":{...},"events":[{"ts":"...","name":"...","attributes":{...}}],
///    "links":[{"trace_id":"...","span_id":"...","attributes":{...}}],"resource":{"service.name":"payments"}}
/// `ts` is the start. Members without content are left out. Files are opened for appending (mode 0640), and a batch is
/// written with as few calls as the system allows, so that processes that share a file do not cut into each other's lines.
class TELLTALE_API json_lines_exporter final : public span_exporter {
 public:
  /// Opens or creates the file. Throws `error` unusable_file.
  explicit json_lines_exporter(const std::string& path);
  /// Writes to a descriptor that stays the caller's, such as 1 for standard output. Throws `error` unusable_file when
  /// it is not open for writing.
  explicit json_lines_exporter(int descriptor);
  ~json_lines_exporter() override;
  json_lines_exporter(const json_lines_exporter&) = delete;
  json_lines_exporter& operator=(const json_lines_exporter&) = delete;

  export_result export_spans(std::span<const span_data* const> batch) override;

 private:
  int descriptor_;
  bool owned_;
  bool torn_ = false;  // the last write stopped in the middle of a line
};

}  // namespace v0
}  // namespace telltale
