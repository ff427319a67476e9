// Loads a plug-in that brings a shared telltale, counts on a thread that is older than the plug-in, closes the
// plug-in, and lets the thread exit after that: its cells must be reachable still.

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

namespace {

template <class Function>
Function* symbol(void* library, const char* name) {
  void* const found = dlsym(library, name);
  if (found == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::exit(1);
  }
  return reinterpret_cast<Function*>(found);
}

}  // namespace

int main() {
  std::promise<void (*)()> loaded;
  std::promise<void> counted;
  std::promise<void> closed;
  std::thread worker{[&] {
    void (*const count)() = loaded.get_future().get();
    for (int i = 0; i < 1000; ++i) count();
    counted.set_value();
    closed.get_future().wait();
  }};

  void* const library = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::_Exit(1);
  }
  loaded.set_value(symbol<void()>(library, "count_event"));
  counted.get_future().wait();
  const unsigned long total = symbol<unsigned long()>(library, "counted_events_total")();
  dlclose(library);
  closed.set_value();
  worker.join();
  std::printf("%lu counted\n", total);
  return total == 1000 ? 0 : 1;
}
