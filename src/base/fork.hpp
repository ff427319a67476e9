// What telltale does around fork(): everything with a lock that a thread may hold takes part, so that the child never
// inherits a lock in the hands of a thread that does not exist there. Private to the libraries.
#pragma once

#include <telltale/detail/platform.hpp>

namespace telltale {
inline namespace v0 {
namespace detail {

/// Where a participant's locks stand among the others': who takes a lock while holding another comes further out. See the
/// table in docs/design.md.
enum class fork_rank : unsigned char { collection, tables, reports, leaf };

/// One who takes part. `before_fork` is called in the order of the ranks, within a rank in the order of joining; the
/// other two in the reverse order. None may join or leave from within. In the child, threads that wait on a condition variable are gone: replace it, do not
/// destroy it.
class TELLTALE_API fork_participant {
 public:
  virtual void before_fork() noexcept = 0;
  virtual void after_fork_in_parent() noexcept = 0;
  virtual void after_fork_in_child() noexcept = 0;

 protected:
  ~fork_participant() = default;
};

/// To be called at the end of the constructor and at the beginning of the destructor, without any lock that
/// `before_fork` takes.
TELLTALE_API void join_forks(fork_participant& participant, fork_rank rank = fork_rank::leaf);
TELLTALE_API void leave_forks(fork_participant& participant) noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace telltale
