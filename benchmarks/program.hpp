// How each benchmark program begins and ends.
#pragma once

#include <benchmark/benchmark.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace bench {

/// A second thread, asleep. The C library leaves out the lock prefix of some atomic operations in a process with a
/// single thread, which no service is.
class sleeping_thread {
 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_{[this](std::stop_token stop) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, stop, [] { return false; });
  }};
};

inline int run(int argc, char** argv) {
#if defined(__clang__)
  benchmark::AddCustomContext("compiler", "Clang " __clang_version__);
#else
  benchmark::AddCustomContext("compiler", "GCC " __VERSION__);
#endif
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const sleeping_thread second;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace bench
