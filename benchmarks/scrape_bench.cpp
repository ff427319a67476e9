// Scrapes: the values of all series collected and written as text, into memory that the scrape before has left. The
// floor is what cannot be avoided: labels that were rendered before, copied, and a number converted. The argument is
// the number of series; allocations are counted in a scrape after the first.
#include "many_series.hpp"
#include "program.hpp"

#include <telltale/exposition/encoders.hpp>

#include <prometheus/text_serializer.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <ostream>
#include <streambuf>

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

// Not inlined: GCC 12 would see the new-expression's pointer go to free and warn of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

namespace tt = telltale;

// Keeps its memory, as ours does.
class reused_buffer final : public std::streambuf {
 public:
  void rewind() {
    if (memory_.empty()) memory_.resize(1 << 20);
    setp(memory_.data(), memory_.data() + memory_.size());
  }

 private:
  int_type overflow(int_type c) override {
    const auto used = pptr() - pbase();
    memory_.resize(memory_.size() * 2);
    setp(memory_.data(), memory_.data() + memory_.size());
    for (auto left = used; left > 0;) {
      const int step = static_cast<int>(std::min<std::ptrdiff_t>(left, 1 << 30));
      pbump(step);
      left -= step;
    }
    *pptr() = traits_type::to_char_type(c);
    pbump(1);
    return c;
  }
  std::vector<char> memory_;
};

template <class Scrape>
void measure(benchmark::State& state, std::size_t series, Scrape scrape) {
  scrape();
  scrape();
  const std::uint64_t before = allocations.load();
  scrape();
  state.counters["allocations"] = static_cast<double>(allocations.load() - before);
  state.counters["series"] = static_cast<double>(series);
  for (auto _ : state) scrape();
}

void scrape_floor(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> heads;
  std::vector<std::uint64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    heads.push_back("charges_total{merchant=\"" + bench::merchant_name(i / 16) +
                    "\",provider=\"stripe\",outcome=\"approved\"} ");
    values.push_back(bench::value_of(i));
  }
  std::vector<char> out(count * 128);
  measure(state, count, [&] {
    char* to = out.data();
    for (std::size_t i = 0; i < heads.size(); ++i) {
      std::memcpy(to, heads[i].data(), heads[i].size());
      to = std::to_chars(to + heads[i].size(), to + 128, values[i]).ptr;
      *to++ = '\n';
    }
    benchmark::DoNotOptimize(to);
    benchmark::ClobberMemory();
  });
}

// Filling a registry takes longer than scraping it: each is filled once.
template <class Filled>
Filled& filled(std::int64_t series) {
  static std::map<std::int64_t, std::unique_ptr<Filled>> made;
  std::unique_ptr<Filled>& one = made[series];
  if (one == nullptr) one = std::make_unique<Filled>(static_cast<std::size_t>(series));
  return *one;
}

template <class Filled>
void scrape_ours(benchmark::State& state, tt::exposition_format format) {
  auto& source = filled<Filled>(state.range(0));
  tt::snapshot values;
  std::string out;
  measure(state, static_cast<std::size_t>(state.range(0)), [&] {
    out.clear();
    source.registry.collect(values);
    tt::encode(values, format, out);
    benchmark::ClobberMemory();
  });
}

template <class Filled>
void scrape_prometheus(benchmark::State& state) {
  auto& source = filled<Filled>(state.range(0));
  const prometheus::TextSerializer serializer;
  reused_buffer buffer;
  std::ostream out(&buffer);
  measure(state, static_cast<std::size_t>(state.range(0)), [&] {
    buffer.rewind();
    serializer.Serialize(out, source.registry.Collect());
    benchmark::ClobberMemory();
  });
}

}  // namespace

int main(int argc, char** argv) {
  const auto text = tt::exposition_format::text_0_0_4;
  const auto openmetrics = tt::exposition_format::openmetrics_1_0_0;
  for (const std::int64_t series : {10'000, 100'000}) {
    const auto add = [&](const char* name, auto... arguments) {
      benchmark::RegisterBenchmark(name, arguments...)->Arg(series)->Unit(benchmark::kMillisecond);
    };
    add("scrape_floor", scrape_floor);
    add("scrape_counter_text", scrape_ours<bench::our_counters>, text);
    add("scrape_counter_openmetrics", scrape_ours<bench::our_counters>, openmetrics);
    add("scrape_counter_prometheus", scrape_prometheus<bench::their_counters>);
    add("scrape_histogram_text", scrape_ours<bench::our_histograms>, text);
    add("scrape_histogram_openmetrics", scrape_ours<bench::our_histograms>, openmetrics);
    add("scrape_histogram_prometheus", scrape_prometheus<bench::their_histograms>);
  }
  return bench::run(argc, argv);
}
