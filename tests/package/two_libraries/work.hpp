#pragma once

#include <telltale/metrics.hpp>

namespace tt = telltale;

enum class place { program, left, right };
using by_place = tt::label<"place", place>;

struct instruments {
  tt::counter shared;
  tt::family<tt::counter, by_place> by;
  tt::histogram sizes;
};

[[gnu::visibility("default")]] void count_left(const instruments& metrics, place where);
[[gnu::visibility("default")]] void count_right(const instruments& metrics, place where);
