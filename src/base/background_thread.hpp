// How telltale starts a thread of its own. Private to the libraries.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Starts a thread that shows as `name` (at most 15 characters) in debuggers and /proc, and that leaves the process's
/// signals to the program's own threads: a handler of the program's never runs on it. Signals that a thread raises
/// by its own fault still arrive, so that crash handlers work. Throws std::system_error when no thread can be had.
template <class Run>
std::thread start_background_thread(const char* name, Run&& run) {
  sigset_t blocked;
  sigfillset(&blocked);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) sigdelset(&blocked, fault);

  // The new thread inherits the mask, so that there is no moment in which it takes a signal.
  struct restore {
    sigset_t before;
    explicit restore(const sigset_t& mask) { pthread_sigmask(SIG_BLOCK, &mask, &before); }
    ~restore() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
  } guard(blocked);

  return std::thread([name, run = std::forward<Run>(run)]() mutable {
    pthread_setname_np(pthread_self(), name);
    run();
  });
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
