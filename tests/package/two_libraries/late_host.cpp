// A program without telltale loads its shared library while threads run, and has them count: its thread-local data must fit
// into what the C library keeps for libraries that come late, on threads that are there already. Closing is harmless, while
// the threads go on counting and when they end.

#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

void* open_library(const char* path) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::_Exit(1);
  }
  return library;
}

template <class Function>
Function* symbol(void* library, const char* name) {
  void* const found = dlsym(library, name);
  if (found == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::_Exit(1);
  }
  return reinterpret_cast<Function*>(found);
}

}  // namespace

int main() {
  constexpr unsigned long threads = 8;
  constexpr unsigned long each = 1000;
  std::atomic<void (*)()> count = nullptr;
  std::atomic<unsigned> running = 0;
  std::atomic<unsigned> half_way = 0;
  std::atomic<bool> closed = false;
  std::vector<std::thread> workers;
  for (unsigned long i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      ++running;
      running.notify_all();
      count.wait(nullptr);
      for (unsigned long n = 0; n < each; ++n) count.load()();
      ++half_way;
      half_way.notify_all();
      closed.wait(false);
    });
  }
  for (unsigned now = running; now < threads; now = running) running.wait(now);

  void* const telltale = open_library(TELLTALE);
  void* const late = open_library(LATE);
  const auto total = symbol<unsigned long()>(late, "counted_events_total");
  count = symbol<void()>(late, "count_event");
  count.notify_all();
  for (unsigned now = half_way; now < threads; now = half_way) half_way.wait(now);
  const unsigned long counted = total();
  dlclose(late);
  dlclose(telltale);
  closed = true;
  closed.notify_all();
  for (std::thread& worker : workers) worker.join();

  // Once more: the cells that the ended threads left behind serve those that start now.
  void* const again = open_library(LATE);
  const auto count_again = symbol<void()>(again, "count_event");
  const unsigned long before = symbol<unsigned long()>(again, "counted_events_total")();
  std::thread{[&] { count_again(); }}.join();
  const unsigned long after = symbol<unsigned long()>(again, "counted_events_total")();
  dlclose(again);
  std::printf("%lu counted, then %lu more\n", counted, after - before);
  return counted == threads * each && after - before == 1 ? 0 : 1;
}
