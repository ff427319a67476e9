#include <telltale/metrics.hpp>

namespace {

// Never destroyed: threads may count while the program ends.
struct counted_events {
  telltale::registry metrics;
  telltale::counter events = metrics.counter({.name = "events_total", .help = "What the host reported."});
};

counted_events& counted() {
  static counted_events& one = *new counted_events;
  return one;
}

}  // namespace

extern "C" [[gnu::visibility("default")]] void count_event() { counted().events.inc(); }

extern "C" [[gnu::visibility("default")]] unsigned long counted_events_total() {
  return counted().metrics.collect().find("events_total", {})->value.integer();
}
