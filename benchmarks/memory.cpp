// Prints, as JSON, the bytes of memory that one series costs: `memory KIND`. Each kind wants a process of its own.
// Measured is what the process holds in private pages before the series exist and after each was counted in once, so
// what an allocator wastes is in it, and what is mapped and never touched is not.
#include "many_series.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>

#include <malloc.h>

namespace {

namespace tt = telltale;

constexpr std::size_t text_series = 100'000;

enum class digit { d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15 };
using by_digit_a = tt::label<"a", digit>;
using by_digit_b = tt::label<"b", digit>;
using by_digit_c = tt::label<"c", digit>;
using by_digit_d = tt::label<"d", digit>;
constexpr std::size_t dense_series = 16 * 16 * 16 * 16;

std::size_t private_bytes() {
  std::FILE* file = std::fopen("/proc/self/smaps_rollup", "re");
  if (file == nullptr) {
    std::perror("/proc/self/smaps_rollup");
    std::exit(1);
  }
  std::size_t kilobytes = 0;
  for (std::array<char, 256> line; std::fgets(line.data(), line.size(), file) != nullptr;) {
    if (std::sscanf(line.data(), "Private_Dirty: %zu", &kilobytes) == 1) break;
  }
  std::fclose(file);
  return kilobytes * 1024;
}

std::size_t settled_bytes() {
  ::malloc_trim(0);
  return private_bytes();
}

void count_each(const auto& family) {
  for (std::size_t i = 0; i < dense_series; ++i) {
    family.with(static_cast<digit>(i >> 12 & 15), static_cast<digit>(i >> 8 & 15), static_cast<digit>(i >> 4 & 15),
                static_cast<digit>(i & 15))
        .inc();
  }
}

void report(const char* name, std::size_t before, std::size_t after, std::size_t series) {
  std::printf("{\"name\": \"%s\", \"bytes\": %.1f}\n", name,
              (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(series));
}

void dense() {
  const std::size_t start = settled_bytes();
  tt::registry registry;
  const auto family = registry.counter<by_digit_a, by_digit_b, by_digit_c, by_digit_d>(
      {.name = "dense_total", .help = "A counter."});
  const std::size_t made = settled_bytes();
  report("memory_dense", start, made, dense_series);
  count_each(family);
  const std::size_t touched = settled_bytes();
  report("memory_dense_cell", made, touched, dense_series);
}

template <class Filled>
void filled(const char* name) {
  const std::size_t start = settled_bytes();
  const auto source = std::make_unique<Filled>(text_series);
  report(name, start, settled_bytes(), text_series);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 2 ? argv[1] : "";
  if (kind == "dense") {
    dense();
  } else if (kind == "text") {
    filled<bench::our_counters>("memory_text");
  } else if (kind == "prometheus") {
    filled<bench::their_counters>("memory_prometheus");
  } else if (kind == "histogram") {
    filled<bench::our_histograms>("memory_histogram");
  } else if (kind == "histogram_prometheus") {
    filled<bench::their_histograms>("memory_histogram_prometheus");
  } else {
    std::fprintf(stderr, "usage: memory dense|text|prometheus|histogram|histogram_prometheus\n");
    return 2;
  }
}
