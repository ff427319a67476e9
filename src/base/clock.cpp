#include <telltale/clock.hpp>

namespace telltale {
inline namespace v0 {

clock::~clock() = default;

namespace {

class machine_clock final : public clock {
 public:
  wall_time wall_now() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
  steady_time steady_now() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now());
  }
};

// A union member is never destroyed: the clock outlives every static destructor that still wants the time.
union immortal_clock {
  constexpr immortal_clock() : instance() {}
  ~immortal_clock() {}
  machine_clock instance;
};

immortal_clock machine;

}  // namespace

const clock& system_clock() noexcept { return machine.instance; }

}  // namespace v0
}  // namespace telltale
