#include "tracing/record.hpp"

#include "tracing/thread.hpp"

#include <algorithm>
#include <new>

namespace telltale {
inline namespace v0 {
namespace detail {

namespace {

// The first `limit` characters, never half of one.
std::string_view cut(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) return text;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins_character && characters++ == limit) return text.substr(0, i);
  }
  return text;
}

}  // namespace

std::byte* span_arena::take(std::size_t size, std::size_t alignment) {
  const auto misaligned = reinterpret_cast<std::uintptr_t>(at_) & (alignment - 1);
  const std::size_t padding = misaligned == 0 ? 0 : alignment - misaligned;
  if (size + padding <= static_cast<std::size_t>(end_ - at_)) {
    std::byte* taken = at_ + padding;
    at_ = taken + size;
    return taken;
  }
  const std::size_t wanted = std::max(size, block_size);
  more_.push_back(std::make_unique<std::byte[]>(wanted));
  std::byte* taken = more_.back().get();  // aligned for everything, as new does
  at_ = taken + size;
  end_ = taken + wanted;
  return taken;
}

std::span<attribute> span_arena::make_list(std::size_t size) {
  if (size == 0) return {};
  auto* list = reinterpret_cast<attribute*>(take(size * sizeof(attribute), alignof(attribute)));
  std::uninitialized_fill_n(list, size, attribute{{}, false});
  return {list, size};
}

void span_arena::clear() noexcept {
  more_.clear();
  at_ = first_;
  end_ = first_ + sizeof first_;
}

attribute_value span_record::keep(const attribute_value& value) {
  if (value.type() != attribute_value::kind::text) return value;
  return arena.copy(cut(value.as_text(), core->options().limits.value_length));
}

std::span<const attribute> span_record::keep(std::span<const attribute> fields) {
  const std::size_t size = std::min<std::size_t>(fields.size(), core->options().limits.attributes_per_event);
  const std::span<attribute> kept = arena.make_list(size);
  for (std::size_t i = 0; i < size; ++i) kept[i] = {arena.copy(fields[i].key), keep(fields[i].value)};
  return kept;
}

// Where memory runs out, what was to be recorded is counted as dropped: a business call never fails for its span.

void span_record::set(std::span<const attribute> fields) noexcept {
  for (const attribute& field : fields) {
    try {
      const auto known = std::find_if(attribute_list.begin(), attribute_list.end(),
                                      [&](const attribute& each) { return each.key == field.key; });
      if (known != attribute_list.end()) {
        known->value = keep(field.value);
      } else if (attribute_list.size() < core->options().limits.attributes) {
        attribute_list.push_back({arena.copy(field.key), keep(field.value)});
      } else {
        ++dropped_attributes;
      }
    } catch (...) {
      ++dropped_attributes;
    }
  }
}

void span_record::add_event(std::string_view event_name, std::span<const attribute> fields) noexcept {
  try {
    if (event_list.size() < core->options().limits.events) {
      const wall_time time = start + (core->options().time->steady_now() - begun);
      event_list.push_back({arena.copy(event_name), time, keep(fields)});
      return;
    }
  } catch (...) {
  }
  ++dropped_events;
}

void span_record::add_link(const span_link& link) noexcept {
  try {
    if (link_list.size() < core->options().limits.links) {
      link_list.push_back({link.context, keep(link.attributes)});
      return;
    }
  } catch (...) {
  }
  ++dropped_links;
}

void span_record::set_status(span_status wanted, std::string_view description) noexcept {
  if (wanted == span_status::unset || status == span_status::ok) return;
  status = wanted;
  status_description = {};
  if (wanted != span_status::error) return;
  try {
    status_description = arena.copy(description);
  } catch (...) {
  }
}

void span_record::rename(std::string_view wanted) noexcept {
  try {
    name = arena.copy(wanted);
  } catch (...) {
  }
}

void span_record::seal(steady_time ended) noexcept {
  duration = std::max(ended - begun, std::chrono::nanoseconds{0});
  attributes = attribute_list;
  events = event_list;
  links = link_list;
  resource = &core->options().resource;
}

void span_record::clear() noexcept {
  static_cast<span_data&>(*this) = span_data{};
  attribute_list.clear();
  event_list.clear();
  link_list.clear();
  arena.clear();
}

void recycle_span::operator()(const span_data* span) const noexcept {
  // Only `span_record`s are ever owned by a finished_span, and none of them is const.
  auto* record = static_cast<span_record*>(const_cast<span_data*>(span));
  record->clear();
  const std::shared_ptr<tracer_core> core = std::move(record->core);
  core->give(record);
}

tracer_core::tracer_core(tracer_options options)
    : options_(std::move(options)), id_sequence_(options_.id_seed.value_or(0)) {
  join_forks(*this);
}

tracer_core::~tracer_core() {
  leave_forks(*this);
  while (spare_ != nullptr) delete std::exchange(spare_, spare_->next);
}

span_record* tracer_core::take() noexcept {
  span_record* taken = nullptr;
  {
    const std::lock_guard lock(mutex_);
    taken = spare_;
    if (taken != nullptr) {
      spare_ = taken->next;
      --spare_count_;
    }
    ++started_;
  }
  if (taken == nullptr) {
    taken = new (std::nothrow) span_record;
    if (taken == nullptr) {
      const std::lock_guard lock(mutex_);
      --started_;
      return nullptr;
    }
  }
  taken->core = shared_from_this();
  return taken;
}

void tracer_core::give(span_record* record) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (spare_count_ < max_spare) {
      record->next = spare_;
      spare_ = record;
      ++spare_count_;
      return;
    }
  }
  delete record;
}

void tracer_core::count_drop_after_fork() noexcept {
  const std::lock_guard lock(mutex_);
  ++dropped_after_fork_;
}

span_counts tracer_core::counts() const noexcept {
  span_counts all = options_.processor ? options_.processor->counts() : span_counts{};
  const std::lock_guard lock(mutex_);
  all.started = started_;
  all.dropped_after_fork = dropped_after_fork_;
  return all;
}

void tracer_core::after_fork_in_child() noexcept {
  mutex_.unlock();
  started_ = 0;
  dropped_after_fork_ = 0;
}

std::uint64_t tracer_core::sequence_bits() noexcept {
  // splitmix64 over a counter: the same ids in the same order, whatever thread asks.
  std::uint64_t z = id_sequence_.fetch_add(0x9E3779B97F4A7C15, std::memory_order_relaxed) + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace detail
}  // namespace v0
}  // namespace telltale
