#include <telltale/exposition/encoders.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace {

constexpr std::size_t number_room = 32;  // the longest: a negative double of 17 digits and three of exponent, 24

char* put(char* to, std::string_view text) noexcept {
  text.copy(to, text.size());  // unlike memcpy, good for an empty view of nothing
  return to + text.size();
}

char* put(char* to, std::uint64_t value) noexcept { return std::to_chars(to, to + number_room, value).ptr; }

char* put(char* to, double value) noexcept {
  if (std::isnan(value)) return put(to, std::string_view("NaN"));
  if (std::isinf(value)) return put(to, std::string_view(value > 0 ? "+Inf" : "-Inf"));
  return std::to_chars(to, to + number_room, value).ptr;
}

char* put(char* to, const metric_value& value) noexcept {
  return value.is_integer() ? put(to, value.integer()) : put(to, value.as_double());
}

// Seconds since the epoch with milliseconds, which is as much as Prometheus keeps.
char* put(char* to, wall_time time) noexcept {
  using namespace std::chrono;
  const auto since = floor<milliseconds>(time).time_since_epoch().count();
  const auto value = static_cast<std::uint64_t>(since < 0 ? 0 : since);
  to = put(to, value / 1000);
  const auto fraction = static_cast<unsigned>(value % 1000);
  *to++ = '.';
  *to++ = static_cast<char>('0' + fraction / 100);
  *to++ = static_cast<char>('0' + fraction / 10 % 10);
  *to++ = static_cast<char>('0' + fraction % 10);
  return to;
}

// A bucket bound as OpenMetrics wants `le` ("canonical numbers"): 0.0001, 1.0, 100000.0, then 1e+06. The text format
// gets the same, so that a series keeps its identity when a server changes from one format to the other.
char* put_bound(char* to, double bound) noexcept {
  std::array<char, number_room> scientific;
  const char* end =
      std::to_chars(scientific.data(), scientific.data() + scientific.size(), bound, std::chars_format::scientific).ptr;
  const std::string_view text(scientific.data(), static_cast<std::size_t>(end - scientific.data()));
  const std::size_t e = text.find('e');
  int exponent = 0;
  const char* digits = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(digits, end, exponent);
  if (exponent < -4 || exponent >= 6) return put(to, text);
  char* const begin = to;
  to = std::to_chars(to, to + number_room, bound, std::chars_format::fixed).ptr;
  if (std::memchr(begin, '.', static_cast<std::size_t>(to - begin)) == nullptr) to = put(to, std::string_view(".0"));
  return to;
}

// Appends to a string through a pointer. Growing by blocks keeps the zeroing that std::string insists on in the
// first-level cache, where it is lost in the noise.
class appender {
 public:
  explicit appender(std::string& out) noexcept : out_(out), size_(out.size()) {}
  appender(const appender&) = delete;
  appender& operator=(const appender&) = delete;
  ~appender() { out_.resize(size_); }

  /// At least `bytes` to write into, then `done(end)`.
  char* room(std::size_t bytes) {
    if (out_.size() - size_ < bytes) out_.resize(size_ + bytes + block);
    return out_.data() + size_;
  }
  void done(const char* end) noexcept { size_ = static_cast<std::size_t>(end - out_.data()); }

  void append(std::string_view text) { done(put(room(text.size()), text)); }

 private:
  static constexpr std::size_t block = 16 * 1024;
  std::string& out_;
  std::size_t size_;
};

class encoder {
 public:
  encoder(std::string& out, bool openmetrics, const encoder_options& options) noexcept
      : out_(out), openmetrics_(openmetrics), created_(openmetrics && options.created) {}

  void family(const family_snapshot& family) {
    const family_info& info = *family.info;
    describe(info);
    if (info.type == metric_type::histogram) {
      prepare_bounds(info.bounds);
      for (const series_snapshot& series : family.series) histogram(info, series);
    } else if (info.type == metric_type::summary) {
      for (const series_snapshot& series : family.series) summary(info.name, series);
    } else {
      for (const series_snapshot& series : family.series) single(info, series);
    }
  }

  void end() {
    if (openmetrics_) out_.append("# EOF\n");
  }

 private:
  std::string_view family_name(const family_info& info) const noexcept {
    std::string_view name = info.name;
    constexpr std::string_view total = "_total", information = "_info";
    if (openmetrics_ && info.type == metric_type::counter && name.ends_with(total)) name.remove_suffix(total.size());
    if (openmetrics_ && info.type == metric_type::info && name.ends_with(information)) name.remove_suffix(information.size());
    return name;
  }

  std::string_view type_of(const family_info& info) const noexcept {
    switch (info.type) {
      case metric_type::counter:
        // OpenMetrics would have a counter's sample end in _total: one that does not (a collector's) keeps its name, and
        // with it its series, in both formats.
        return openmetrics_ && !info.name.ends_with("_total") ? " unknown\n" : " counter\n";
      case metric_type::gauge: return " gauge\n";
      case metric_type::histogram: return " histogram\n";
      case metric_type::summary: return " summary\n";
      case metric_type::info: return openmetrics_ ? " info\n" : " gauge\n";
      case metric_type::state_set: return openmetrics_ ? " stateset\n" : " gauge\n";
      case metric_type::unknown: break;
    }
    return openmetrics_ ? " unknown\n" : " untyped\n";
  }

  void describe(const family_info& info) {
    const std::string_view name = family_name(info);
    if (!openmetrics_) help(name, info.help);
    out_.append("# TYPE ");
    out_.append(name);
    out_.append(type_of(info));
    if (openmetrics_) {
      if (!info.unit.empty()) {
        out_.append("# UNIT ");
        out_.append(name);
        out_.append(" ");
        out_.append(info.unit);
        out_.append("\n");
      }
      help(name, info.help);
    }
  }

  void help(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    out_.append("# HELP ");
    out_.append(name);
    char* to = out_.room(2 + 2 * text.size());
    *to++ = ' ';
    for (const char c : text) {
      if (c == '\n') {
        to = put(to, std::string_view("\\n"));
      } else if (c == '\\' || (c == '"' && openmetrics_)) {
        *to++ = '\\';
        *to++ = c;
      } else {
        *to++ = c == '\r' || c == '\0' ? ' ' : c;  // neither format has an escape for these
      }
    }
    *to++ = '\n';
    out_.done(to);
  }

  // `name`, then `{labels}` or nothing, then a space. The caller has made room.
  static char* head(char* to, std::string_view name, std::string_view suffix, std::string_view labels) noexcept {
    to = put(put(to, name), suffix);
    if (!labels.empty()) {
      *to++ = '{';
      to = put(to, labels);
      *to++ = '}';
    }
    *to++ = ' ';
    return to;
  }

  template <class Value>
  void sample(std::string_view name, std::string_view suffix, std::string_view labels, Value value) {
    char* to = out_.room(name.size() + suffix.size() + labels.size() + number_room + 4);
    to = put(head(to, name, suffix, labels), value);
    *to++ = '\n';
    out_.done(to);
  }

  void single(const family_info& info, const series_snapshot& series) {
    if (openmetrics_ && !series.exemplars.empty() && series.exemplars[0].trace_id.valid()) {
      char* to = out_.room(info.name.size() + series.labels.size() + number_room + exemplar_room + 4);
      to = put_exemplar(put(head(to, info.name, {}, series.labels), series.value), series.exemplars[0]);
      *to++ = '\n';
      out_.done(to);
    } else {
      sample(info.name, {}, series.labels, series.value);
    }
    if (created_ && info.type == metric_type::counter) created(family_name(info), series);
  }

  void created(std::string_view name, const series_snapshot& series) {
    if (series.created != wall_time{}) sample(name, "_created", series.labels, series.created);
  }

  // `le="0.005"} ` for each bucket of the family, so that a series copies what was formatted once.
  void prepare_bounds(const std::vector<double>& bounds) {
    bounds_.clear();
    bound_ends_.clear();
    std::array<char, number_room> number;
    for (const double bound : bounds) {
      const char* const begin = number.data();
      const char* const end = put_bound(number.data(), bound);
      bounds_.append("le=\"").append(begin, end).append("\"} ");
      bound_ends_.push_back(bounds_.size());
    }
    bounds_.append("le=\"+Inf\"} ");
    bound_ends_.push_back(bounds_.size());
  }

  // OpenMetrics allows a sum that goes only up, as that of observations which cannot be negative.
  bool sum_allowed(double sum) const noexcept { return !openmetrics_ || sum >= 0; }

  void summary(std::string_view name, const series_snapshot& series) {
    std::array<char, number_room> number;
    for (const quantile_value& each : series.quantiles) {
      if (openmetrics_ && each.value < 0) continue;
      const char* const end = put_bound(number.data(), each.quantile);
      char* to = out_.room(name.size() + series.labels.size() + 2 * number_room + 20);
      to = put(to, name);
      *to++ = '{';
      if (!series.labels.empty()) {
        to = put(to, series.labels);
        *to++ = ',';
      }
      to = put(put(to, std::string_view("quantile=\"")), std::string_view(number.data(), end));
      to = put(put(to, std::string_view("\"} ")), each.value);
      *to++ = '\n';
      out_.done(to);
    }
    if (sum_allowed(series.sum)) sample(name, "_sum", series.labels, series.sum);
    sample(name, "_count", series.labels, series.count());
    if (created_) created(name, series);
  }

  void histogram(const family_info& info, const series_snapshot& series) {
    const std::string_view name = info.name;
    std::uint64_t cumulative = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < bound_ends_.size(); ++i) {
      const std::string_view bound(bounds_.data() + begin, bound_ends_[i] - begin);
      begin = bound_ends_[i];
      cumulative += series.buckets[i];
      char* to = out_.room(name.size() + series.labels.size() + bound.size() + number_room + exemplar_room + 16);
      to = put(put(to, name), std::string_view("_bucket{"));
      if (!series.labels.empty()) {
        to = put(to, series.labels);
        *to++ = ',';
      }
      to = put(put(to, bound), cumulative);
      if (openmetrics_ && i < series.exemplars.size() && series.exemplars[i].trace_id.valid()) {
        to = put_exemplar(to, series.exemplars[i]);
      }
      *to++ = '\n';
      out_.done(to);
    }
    // In OpenMetrics a histogram has both or neither.
    const bool negative_bounds = !info.bounds.empty() && info.bounds.front() < 0;
    if (sum_allowed(series.sum) && !(openmetrics_ && negative_bounds)) {
      sample(name, "_sum", series.labels, series.sum);
      sample(name, "_count", series.labels, cumulative);
    }
    if (created_) created(name, series);
  }

  static constexpr std::size_t exemplar_room = 160;

  // ` # {trace_id="...",span_id="..."} value timestamp`: 64 characters of label set, the standard allows 128.
  static char* put_exemplar(char* to, const exemplar& sample) noexcept {
    to = put(to, std::string_view(" # {trace_id=\""));
    sample.trace_id.write(to);
    to = put(to + 32, std::string_view("\",span_id=\""));
    sample.span_id.write(to);
    to = put(to + 16, std::string_view("\"} "));
    to = put(to, sample.value);
    *to++ = ' ';
    return put(to, sample.timestamp);
  }

  appender out_;
  bool openmetrics_;
  bool created_;
  std::string bounds_;
  std::vector<std::size_t> bound_ends_;
};

}  // namespace

void encode(const snapshot& metrics, exposition_format format, std::string& out, const encoder_options& options) {
  encoder target(out, format != exposition_format::text_0_0_4, options);
  for (const family_snapshot& family : metrics.families()) target.family(family);
  target.end();
}

std::string_view content_type(exposition_format format) noexcept {
  switch (format) {
    case exposition_format::openmetrics_1_0_0: return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case exposition_format::openmetrics_0_0_1: return "application/openmetrics-text; version=0.0.1; charset=utf-8";
    case exposition_format::text_0_0_4: break;
  }
  return "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace v0
}  // namespace telltale
