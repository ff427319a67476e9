// The text formats of a scrape: the Prometheus text format 0.0.4 and OpenMetrics 1.0, written from a snapshot. The
// handler (exposition/handlers.hpp) uses them; call them directly to write metrics to a file or to a server of your
// own. An encoder only reads plain data: it takes no lock that a counting thread could want.
#pragma once

#include <telltale/detail/platform.hpp>
#include <telltale/metrics/snapshot.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {

/// What can be sent. OpenMetrics 0.0.1 has the same bytes as 1.0.0: Prometheus reads them by the same rules.
enum class exposition_format : std::uint8_t { text_0_0_4, openmetrics_0_0_1, openmetrics_1_0_0 };

struct encoder_options {
  /// OpenMetrics: adds a `_created` sample to each counter and histogram series. Off, because Prometheus before
  /// 3 and most other servers store it as one more series.
  bool created = false;
};

/// Appends the snapshot to `out`, complete with the line that ends the format. Names, types, units and help are as
/// registered; labels are copied as the snapshot holds them, rendered and escaped once. Floats are the shortest
/// that read back the same, integers exact. Exemplars are written in OpenMetrics only: in text 0.0.4 they would be
/// a parse error. Throws std::bad_alloc only.
/// Cost: `out` grows and keeps its capacity, nothing else is allocated; some 10 ns a counter series.
TELLTALE_API void encode(const snapshot& metrics, exposition_format format, std::string& out,
                         const encoder_options& options = {});

/// The Content-Type that says exactly what `encode` wrote: type, version and charset.
TELLTALE_API std::string_view content_type(exposition_format format) noexcept;

/// The format that the value of an Accept header prefers (RFC 9110, section 12.5.1, q-values included), several
/// header lines joined by commas. Where ranges tie, a range that names a format wins over a wildcard, and then
/// OpenMetrics 1.0.0 over 0.0.1 over text; wildcards mean text. With no header, with one that cannot be read, or
/// when nothing offered is accepted, text 0.0.4: a scraper can use that more than a 406.
/// Cost: one pass, no allocation.
TELLTALE_API exposition_format negotiate(std::string_view accept) noexcept;

}  // namespace v0
}  // namespace telltale
