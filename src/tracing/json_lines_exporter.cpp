#include "base/json.hpp"

#include <telltale/tracing/exporter.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace telltale {
inline namespace v0 {

namespace {

using detail::append_json_string;

constexpr std::string_view kind_name(span_kind kind) noexcept {
  switch (kind) {
    case span_kind::internal: return "internal";
    case span_kind::server: return "server";
    case span_kind::client: return "client";
    case span_kind::producer: return "producer";
    case span_kind::consumer: return "consumer";
  }
  return "internal";
}

// The members' names and ids need no escaping.
void append_member(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  out.append("\"").append(name).append("\":");
}

void append_time(std::string& out, wall_time time) {
  append_member(out, "ts");
  out += '"';
  detail::append_rfc3339(out, time, detail::time_digits::nanoseconds);
  out += '"';
}

template <class Id>
void append_id(std::string& out, std::string_view name, const Id& id) {
  char hex[2 * sizeof id.bytes];
  id.write(hex);
  append_member(out, name);
  out.append("\"").append(hex, sizeof hex).append("\"");
}

void append_attributes(std::string& out, std::span<const attribute> attributes) {
  if (attributes.empty()) return;
  append_member(out, "attributes");
  out += '{';
  for (const attribute& each : attributes) {
    if (out.back() != '{') out += ',';
    append_json_string(out, each.key);
    out += ':';
    detail::append_json_value(out, each.value);
  }
  out += '}';
}

// `append(each)` writes the members of one object.
template <class List, class Append>
void append_objects(std::string& out, std::string_view name, const List& list, Append append) {
  if (list.empty()) return;
  append_member(out, name);
  out += '[';
  for (const auto& each : list) {
    if (out.back() != '[') out += ',';
    out += '{';
    append(each);
    out += '}';
  }
  out += ']';
}

void append_dropped(std::string& out, std::string_view name, std::uint32_t count) {
  if (count == 0) return;
  append_member(out, name);
  out += std::to_string(count);
}

void append_line(std::string& out, const span_data& span) {
  out += '{';
  append_time(out, span.start);
  append_member(out, "name");
  append_json_string(out, span.name);
  append_member(out, "kind");
  append_json_string(out, kind_name(span.kind));
  append_id(out, "trace_id", span.context.trace_id);
  append_id(out, "span_id", span.context.span_id);
  if (span.parent.valid()) append_id(out, "parent_span_id", span.parent);
  if (!span.state.empty()) {
    append_member(out, "trace_state");
    append_json_string(out, span.state.text());
  }
  append_member(out, "duration_seconds");
  detail::append_seconds(out, span.duration);
  if (span.status != span_status::unset) {
    append_member(out, "status");
    out += span.status == span_status::ok ? "\"ok\"" : "\"error\"";
  }
  if (!span.status_description.empty()) {
    append_member(out, "status_description");
    append_json_string(out, span.status_description);
  }
  append_attributes(out, span.attributes);
  append_objects(out, "events", span.events, [&](const span_event& event) {
    append_time(out, event.time);
    append_member(out, "name");
    append_json_string(out, event.name);
    append_attributes(out, event.attributes);
  });
  append_objects(out, "links", span.links, [&](const span_link& link) {
    append_id(out, "trace_id", link.context.trace_id);
    append_id(out, "span_id", link.context.span_id);
    append_attributes(out, link.attributes);
  });
  append_dropped(out, "dropped_attributes", span.dropped_attributes);
  append_dropped(out, "dropped_events", span.dropped_events);
  append_dropped(out, "dropped_links", span.dropped_links);
  if (span.resource != nullptr && !span.resource->entries().empty()) {
    append_member(out, "resource");
    out += '{';
    for (const auto& [key, value] : span.resource->entries()) {
      if (out.back() != '{') out += ',';
      append_json_string(out, key);
      out += ':';
      append_json_string(out, value);
    }
    out += '}';
  }
  out += "}\n";
}

// How much was written. Waits for a slow reader of a pipe, but not for ever.
std::size_t write_all(int descriptor, std::string_view text) noexcept {
  constexpr int patience_milliseconds = 1000;
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t step = ::write(descriptor, text.data() + written, text.size() - written);
    if (step >= 0) {
      written += static_cast<std::size_t>(step);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd writable{descriptor, POLLOUT, 0};
      if (::poll(&writable, 1, patience_milliseconds) <= 0) break;
    } else if (errno != EINTR) {
      break;
    }
  }
  return written;
}

}  // namespace

json_lines_exporter::json_lines_exporter(const std::string& path)
    : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)), owned_(true) {
  if (descriptor_ >= 0) return;
  throw error(error_code::unusable_file, "the span file " + path + " cannot be opened for appending (" +
                                             std::strerror(errno) +
                                             "): its directory must exist and the process must be allowed to write there");
}

json_lines_exporter::json_lines_exporter(int descriptor) : descriptor_(descriptor), owned_(false) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY) return;
  throw error(error_code::unusable_file, "the span descriptor " + std::to_string(descriptor) +
                                             " is not open for writing: open it first, or give a path");
}

json_lines_exporter::~json_lines_exporter() {
  if (owned_) ::close(descriptor_);
}

export_result json_lines_exporter::export_spans(std::span<const span_data* const> batch) {
  std::string lines;
  if (torn_) lines += '\n';
  for (const span_data* span : batch) append_line(lines, *span);
  const std::size_t written = write_all(descriptor_, lines);
  if (written > 0) torn_ = lines[written - 1] != '\n';
  return written == lines.size() ? export_result::success : export_result::failure;
}

}  // namespace v0
}  // namespace telltale
