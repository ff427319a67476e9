// A plug-in that counts.

#include <telltale/metrics.hpp>

namespace tt = telltale;

namespace {

struct counted_events {
  tt::registry metrics;
  tt::counter events = metrics.counter({.name = "events_total", .help = "What the host reported."});
};

counted_events& counted() {
  static counted_events one;
  return one;
}

}  // namespace

extern "C" [[gnu::visibility("default")]] void count_event() { counted().events.inc(); }

extern "C" [[gnu::visibility("default")]] unsigned long counted_events_total() {
  const tt::snapshot values = counted().metrics.collect();
  return values.find("events_total", {})->value.integer();
}
