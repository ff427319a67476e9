#include "metrics/text_table.hpp"

#include "base/fork.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <mutex>

#include <sys/random.h>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

// One mutex for all tables of the process: it must outlive every registry, and new series are rare.
union immortal_mutex {
  constexpr immortal_mutex() : instance() {}
  ~immortal_mutex() {}
  std::mutex instance;
};
constinit immortal_mutex text_mutex;

class tables_at_fork final : public fork_participant {
 public:
  void before_fork() noexcept override { text_mutex.instance.lock(); }
  void after_fork_in_parent() noexcept override { text_mutex.instance.unlock(); }
  void after_fork_in_child() noexcept override { text_mutex.instance.unlock(); }
};

inline std::uint64_t multiply_and_fold(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t load8(const char* bytes) noexcept {
  std::uint64_t word;
  std::memcpy(&word, bytes, 8);
  return word;
}

// A text of up to 16 bytes as two words, the same for the same text and for no other of its size. Reads no byte beyond it.
struct two_words {
  std::uint64_t low;
  std::uint64_t high;
  friend bool operator==(const two_words&, const two_words&) = default;
};

inline two_words short_text(const char* bytes, std::size_t size) noexcept {
  if (size >= 8) return {load8(bytes), load8(bytes + size - 8)};
  if (size >= 4) {
    std::uint32_t low, high;
    std::memcpy(&low, bytes, 4);
    std::memcpy(&high, bytes + size - 4, 4);
    return {low, high};
  }
  if (size == 0) return {0, 0};
  const auto at = [bytes](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
  return {at(0) << 16 | at(size / 2) << 8 | at(size - 1), 0};
}

constexpr std::size_t short_bytes = 16;

// Multiply and fold, sixteen bytes at a time. The seed differs between processes, so that nobody outside can choose texts
// that collide.
inline std::uint64_t mix(std::uint64_t state, std::string_view text) noexcept {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15u;
  const char* bytes = text.data();
  std::size_t left = text.size();
  for (; left > short_bytes; left -= short_bytes, bytes += short_bytes) {
    state = multiply_and_fold(state ^ load8(bytes), odd ^ load8(bytes + 8));
  }
  const two_words last = short_text(bytes, left);
  return multiply_and_fold(state ^ last.low ^ text.size(), odd ^ last.high);
}

inline std::uint64_t hash_of(std::uint64_t seed, std::uint32_t enum_index, std::span<const std::string_view> texts) noexcept {
  std::uint64_t state = seed + enum_index;
  for (const std::string_view text : texts) state = mix(state, text);
  return state;
}

inline std::uint32_t tag_of(std::uint64_t hash) noexcept {
  return static_cast<std::uint32_t>(hash >> 32) | 1u;  // 0 marks an empty entry
}

std::string_view cut(std::string_view text) noexcept {
  if (text.size() <= max_text_bytes) return text;
  std::size_t end = max_text_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;
  return text.substr(0, end);
}

static_assert(max_text_bytes <= 255);  // text_key keeps sizes in bytes

inline bool same_bytes(const char* bytes, std::string_view text) noexcept {
  if (text.size() > short_bytes) return std::memcmp(bytes, text.data(), text.size()) == 0;
  return short_text(bytes, text.size()) == short_text(text.data(), text.size());
}

inline bool equal(const text_key& key, std::uint32_t enum_index, std::span<const std::string_view> texts) noexcept {
  if (key.enum_index != enum_index) return false;
  const char* bytes = key.texts(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (key.rest[i] != texts[i].size() || !same_bytes(bytes, texts[i])) return false;
    bytes += texts[i].size();
  }
  return true;
}

}  // namespace

[[gnu::always_inline]] inline std::uint32_t key_table::find(std::uint64_t hash, std::uint32_t enum_index,
                                                            std::span<const std::string_view> texts) const noexcept {
  const std::uint32_t tag = tag_of(hash);
  for (std::uint64_t at = hash & mask;; at = (at + 1) & mask) {
    const entry& candidate = entries[at];
    const std::uint32_t found = candidate.tag.load(std::memory_order_acquire);
    if (found == 0) return no_series;
    // Null when the registry has gone since the line above: its pages read as zero.
    const text_key* key = found == tag ? candidate.key.load(std::memory_order_relaxed) : nullptr;
    if (key != nullptr && equal(*key, enum_index, texts)) {
      return candidate.index.load(std::memory_order_relaxed);
    }
  }
}

namespace {

void report_once(text_table& table, std::size_t which, series_maker& maker) noexcept {
  if (table.reported[which].exchange(true, std::memory_order_relaxed)) return;
  maker.report_overflow(which < table.text_count ? &table.labels[which] : nullptr);
}

using text_array = std::array<std::string_view, max_text_labels>;

// One look-up past the fast path: replaces what is over a bound, then finds or makes the series.
class careful_lookup {
 public:
  careful_lookup(text_table& table, std::uint32_t enum_index, std::span<const std::string_view> given) noexcept
      : table_(table), enum_index_(enum_index), count_(given.size()) {
    std::copy(given.begin(), given.end(), texts_.begin());
  }

  std::uint32_t run() noexcept {
    for (std::size_t i = 0; i < count_; ++i) replace_if_over(i);
    // Also when nothing was replaced: the text may have been cut.
    if (const std::uint32_t known = find(); known != no_series) return known;
    if (table_.series_count.load(std::memory_order_acquire) >= table_.max_series) {
      replace_all();
      if (const std::uint32_t known = find(); known != no_series) return known;
    }
    return make();
  }

 private:
  std::span<const std::string_view> texts() const noexcept { return {texts_.data(), count_}; }
  std::uint32_t find() const noexcept {
    return table_.series.find(hash_of(table_.seed, enum_index_, texts()), enum_index_, texts());
  }
  bool is_known(std::size_t i) const noexcept {
    const std::span<const std::string_view> one(&texts_[i], 1);
    return table_.values[i].find(hash_of(table_.seed, 0, one), 0, one) != no_series;
  }

  void replace_if_over(std::size_t i) noexcept {
    if (texts_[i] == overflow_value) return;
    const bool full = table_.value_counts[i].load(std::memory_order_acquire) >= table_.labels[i].max_values;
    // Text that is not UTF-8 would break the scrape for every other metric.
    if (!(full && !is_known(i)) && is_valid_utf8(texts_[i])) return;
    texts_[i] = overflow_value;
    overflowed_[i] = true;
    add(table_.overflow + static_cast<slot>(i), std::uint64_t{1});
  }

  void replace_all() noexcept {
    std::fill_n(texts_.begin(), count_, overflow_value);
    family_overflowed_ = true;
    add(table_.overflow + static_cast<slot>(count_), std::uint64_t{1});
  }

  std::uint32_t make() noexcept {
    const std::lock_guard lock(text_mutex.instance);
    series_maker* maker = table_.maker.load(std::memory_order_relaxed);
    if (maker == nullptr) return no_series;
    // Another thread may have filled a label or the family, or made the series, in the meantime.
    for (std::size_t i = 0; i < count_; ++i) replace_if_over(i);
    if (const std::uint32_t known = find(); known != no_series) return known;
    if (table_.series_count.load(std::memory_order_relaxed) >= table_.max_series && !family_overflowed_) {
      replace_all();
      if (const std::uint32_t known = find(); known != no_series) return known;
    }
    report(*maker);
    try {
      for (std::size_t i = 0; i < count_; ++i) {
        if (!remember_value(*maker, i)) return no_series;
      }
      const std::uint32_t index = table_.series_count.load(std::memory_order_relaxed);
      if (index >= table_.room) return no_series;  // overflow series that were removed have used up their rows
      key_table::entry* entry =
          table_.series.claim(maker->memory(), hash_of(table_.seed, enum_index_, texts()), enum_index_, texts());
      if (entry == nullptr) return no_series;
      maker->make_series(enum_index_, texts());
      table_.series_count.store(index + 1, std::memory_order_release);
      entry->index.store(index, std::memory_order_release);
      return index;
    } catch (...) {  // no memory: the update is lost, the next one tries again
      return no_series;
    }
  }

  bool remember_value(series_maker& maker, std::size_t i) noexcept {
    if (texts_[i] == overflow_value || is_known(i)) return true;
    const std::span<const std::string_view> one(&texts_[i], 1);
    key_table::entry* entry = table_.values[i].claim(maker.memory(), hash_of(table_.seed, 0, one), 0, one);
    if (entry == nullptr) return false;
    entry->index.store(0, std::memory_order_release);
    table_.value_counts[i].fetch_add(1, std::memory_order_release);
    return true;
  }

  // Only the first overflow of each kind makes an overflow series, hence comes here.
  void report(series_maker& maker) noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      if (overflowed_[i]) report_once(table_, i, maker);
    }
    if (family_overflowed_) report_once(table_, count_, maker);
  }

  text_table& table_;
  std::uint32_t enum_index_;
  std::size_t count_;
  text_array texts_{};
  std::array<bool, max_text_labels> overflowed_{};
  bool family_overflowed_ = false;
};

}  // namespace

bool key_table::allocate(page_memory& memory, std::size_t most) noexcept {
  const std::size_t room = std::bit_ceil(most + most / 4 + 2);  // at most four fifths full
  entries = memory.allocate<entry>(room);
  mask = room - 1;
  return entries != nullptr;
}

key_table::entry* key_table::claim(page_memory& memory, std::uint64_t hash, std::uint32_t enum_index,
                                   std::span<const std::string_view> texts) noexcept {
  std::uint64_t at = hash & mask;
  for (; entries[at].tag.load(std::memory_order_relaxed) != 0; at = (at + 1) & mask) {
    if (equal(*entries[at].key.load(std::memory_order_relaxed), enum_index, texts)) return &entries[at];
  }
  std::size_t size = 0;
  for (const std::string_view text : texts) size += 1 + text.size();
  const std::size_t words = 1 + (size + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t);
  auto* key = reinterpret_cast<text_key*>(memory.allocate<std::uint32_t>(words));
  if (key == nullptr) return nullptr;
  key->enum_index = enum_index;
  unsigned char* bytes = key->rest + texts.size();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    key->rest[i] = static_cast<unsigned char>(texts[i].size());
    bytes = std::copy(texts[i].begin(), texts[i].end(), bytes);
  }
  entries[at].key.store(key, std::memory_order_relaxed);
  entries[at].index.store(no_series, std::memory_order_relaxed);
  entries[at].tag.store(tag_of(hash), std::memory_order_release);
  return &entries[at];
}

void prepare_text_tables_for_forks() {
  [[maybe_unused]] static const bool joined = [] {
    static tables_at_fork part;
    join_forks(part, fork_rank::tables);
    return true;
  }();
}

text_table* make_text_table(series_maker& maker, std::span<const label_spec> text_labels, std::uint32_t max_series,
                            std::uint32_t overflow_series, slot overflow) noexcept {
  auto* table = kept_memory().allocate<text_table>(1);
  if (table == nullptr || !table->series.allocate(maker.memory(), std::size_t{max_series} + overflow_series)) return nullptr;
  for (std::size_t i = 0; i < text_labels.size(); ++i) {
    if (!table->values[i].allocate(maker.memory(), text_labels[i].max_values)) return nullptr;
    table->labels[i] = text_labels[i];
  }
  table->max_series = max_series;
  table->room = max_series + overflow_series;
  table->text_count = static_cast<std::uint32_t>(text_labels.size());
  table->overflow = overflow;
  if (::getrandom(&table->seed, sizeof(table->seed), 0) != sizeof(table->seed)) table->seed = 0;
  table->maker.store(&maker, std::memory_order_release);
  return table;
}

void retire_text_table(text_table& table) noexcept {
  const std::lock_guard lock(text_mutex.instance);
  table.maker.store(nullptr, std::memory_order_relaxed);
}

namespace {

[[gnu::noinline]] std::uint32_t find_cut(text_table& table, std::uint32_t enum_index,
                                         std::span<const std::string_view> texts) noexcept {
  text_array bounded;
  std::transform(texts.begin(), texts.end(), bounded.begin(), cut);
  return careful_lookup(table, enum_index, {bounded.data(), texts.size()}).run();
}

}  // namespace

std::uint32_t find_series(text_table& table, std::uint32_t enum_index, std::span<const std::string_view> texts) noexcept {
  // A text that is too long is in no table, so this finds nothing for it.
  const std::uint32_t known = table.series.find(hash_of(table.seed, enum_index, texts), enum_index, texts);
  if (known != no_series) [[likely]] return known;
  return find_cut(table, enum_index, texts);
}

std::uint32_t find_series(text_table& table, std::uint32_t enum_index, std::string_view text) noexcept {
  // key_table::find with the loops over the texts left out: half the instructions.
  const key_table& series = table.series;
  const std::uint64_t hash = mix(table.seed + enum_index, text);
  const std::uint32_t tag = tag_of(hash);
  for (std::uint64_t at = hash & series.mask;; at = (at + 1) & series.mask) {
    const key_table::entry& candidate = series.entries[at];
    const std::uint32_t found = candidate.tag.load(std::memory_order_acquire);
    if (found == tag) [[likely]] {
      const text_key* key = candidate.key.load(std::memory_order_relaxed);
      if (key != nullptr && key->enum_index == enum_index && key->rest[0] == text.size() && same_bytes(key->texts(1), text))
          [[likely]] {
        const std::uint32_t index = candidate.index.load(std::memory_order_relaxed);
        return index != no_series ? index : find_cut(table, enum_index, {&text, 1});  // removed: begins anew
      }
    } else if (found == 0) {
      return find_cut(table, enum_index, {&text, 1});
    }
  }
}

bool remove_series(text_table& table, std::uint32_t enum_index, std::span<const std::string_view> texts) noexcept {
  text_array bounded;
  std::transform(texts.begin(), texts.end(), bounded.begin(), cut);
  const std::span<const std::string_view> wanted(bounded.data(), texts.size());
  const std::lock_guard lock(text_mutex.instance);
  series_maker* maker = table.maker.load(std::memory_order_relaxed);
  if (maker == nullptr) return false;
  const std::uint64_t hash = hash_of(table.seed, enum_index, wanted);
  const std::uint32_t index = table.series.find(hash, enum_index, wanted);
  if (index == no_series) return false;
  table.series.claim(maker->memory(), hash, enum_index, wanted)->index.store(no_series, std::memory_order_release);
  maker->remove_series(index);
  return true;
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
