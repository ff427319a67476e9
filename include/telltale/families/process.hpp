// The process itself: CPU, memory, descriptors, threads and how long it has been up. Read from /proc at each scrape, so
// that nothing is spent between scrapes. The names are the ones that every Prometheus client uses; user and system
// CPU time and the heap are twinkle-backend's, uptime_seconds is monero-marketplace's.
//
//   metric                            type     unit
//   process_cpu_seconds_total         counter  seconds, user and system
//   process_cpu_user_seconds_total    counter  seconds
//   process_cpu_system_seconds_total  counter  seconds
//   process_resident_memory_bytes     gauge    bytes
//   process_virtual_memory_bytes      gauge    bytes
//   process_heap_bytes                gauge    bytes of private data (VmData)
//   process_open_fds                  gauge    descriptors
//   process_max_fds                   gauge    descriptors
//   process_threads                   gauge    threads
//   process_start_time_seconds        gauge    seconds since the Unix epoch
//   uptime_seconds                    gauge    seconds
//
//   tt::families::process process{obs.metrics()};
#pragma once

#include <telltale/metrics.hpp>

#include <string>
#include <vector>

namespace telltale {
inline namespace v0 {
namespace families {

struct process_options {
  /// Put before each name, with an underscore. Default: none.
  std::string prefix{};
  /// An empty name leaves it out.
  std::string uptime = "uptime_seconds";
};

/// Registers callbacks and keeps them registered as long as it lives; a value that this system does not tell is left
/// out.
/// Thread safety: make and destroy it from one thread; scrapes run at any time.
/// Cost: some 15 us a scrape, more with thousands of open descriptors; the files are read once a scrape.
class TELLTALE_API process {
 public:
  /// Throws `error`: a name is registered already.
  explicit process(registry& metrics, const process_options& options = {});

 private:
  std::vector<callback> callbacks_;
};

}  // namespace families
}  // namespace v0
}  // namespace telltale
