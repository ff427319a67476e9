#include <telltale/tracing/tracer.hpp>

#include "tracing/record.hpp"
#include "tracing/thread.hpp"

#include <cstring>

namespace telltale {
inline namespace v0 {

namespace detail {

// The way from the tracer into a new span.
struct span_access {
  static void identify(span& made, const span_context& ids, const trace_state& state) {
    made.context_ = ids;
    made.state_ = state;
  }
  static void enter(span& made) noexcept { made.node_ = push_scope(made.context_, made.state_); }
  static void record(span& made, span_record* record) noexcept { made.record_ = record; }
};

namespace {

// Fresh ids, from the calling thread's random numbers unless a test has asked for a sequence.
class id_source {
 public:
  explicit id_source(tracer_core& core) noexcept
      : core_(core), thread_(core.options().id_seed ? nullptr : tracing_thread_here()) {}

  trace_id new_trace() noexcept {
    const std::uint64_t bits[2] = {any(), not_zero()};
    trace_id made;
    std::memcpy(made.bytes.data(), bits, sizeof bits);
    return made;
  }
  span_id new_span() noexcept {
    const std::uint64_t bits = not_zero();
    span_id made;
    std::memcpy(made.bytes.data(), &bits, sizeof bits);
    return made;
  }

 private:
  std::uint64_t any() noexcept { return thread_ != nullptr ? next_random(*thread_) : core_.sequence_bits(); }
  std::uint64_t not_zero() noexcept {
    std::uint64_t bits = any();
    while (bits == 0) bits = any();
    return bits;
  }

  tracer_core& core_;
  tracing_thread* thread_;
};

}  // namespace
}  // namespace detail

span_limits span_limits_from_environment(const environment& variables, const environment::complaint& complain) {
  span_limits limits;
  const auto read = [&](std::string_view name, std::uint32_t& limit) {
    const auto value = variables.unsigned_integer(name, 0, UINT32_MAX, complain);
    if (value) limit = static_cast<std::uint32_t>(*value);
  };
  // The general limits first: those for spans go before them.
  read("OTEL_ATTRIBUTE_COUNT_LIMIT", limits.attributes);
  read("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", limits.value_length);
  read("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", limits.attributes);
  read("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", limits.value_length);
  read("OTEL_SPAN_EVENT_COUNT_LIMIT", limits.events);
  read("OTEL_SPAN_LINK_COUNT_LIMIT", limits.links);
  read("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", limits.attributes_per_event);
  return limits;
}

tracer::tracer(tracer_options options) : core_(std::make_shared<detail::tracer_core>(std::move(options))) {}

tracer::~tracer() { shutdown(std::chrono::seconds{5}); }

span tracer::begin(std::string_view name, const span_options* options, bool current) noexcept {
  span made;
  if (detail::this_thread.exporting) return made;
  detail::tracer_core& core = *core_;

  const span_context* parent = nullptr;
  const trace_state* state = nullptr;
  if (options != nullptr && options->parent) {
    parent = &options->parent->ids();
    state = &options->parent->state();
  } else if (const detail::scope_node* top = detail::innermost_scope()) {
    parent = &top->context;
    state = &top->state;
  }
  if (parent != nullptr && !parent->valid()) parent = nullptr;

  detail::id_source fresh(core);
  span_context ids;
  ids.trace_id = parent != nullptr ? parent->trace_id : fresh.new_trace();
  ids.flags = parent != nullptr ? parent->flags & trace_flags::random : trace_flags::random;
  ids.span_id = fresh.new_span();
  const bool sampled = core.options().sampling.decide(ids.trace_id, parent);
  if (sampled) ids.flags |= trace_flags::sampled;

  if (sampled && core.options().processor != nullptr) {
    if (detail::span_record* record = core.take()) {
      const time_point now = core.options().time->now();
      record->context = ids;
      if (parent != nullptr) {
        record->parent = parent->span_id;
        record->parent_remote = parent->remote;
        record->state = *state;
      }
      record->start = now.wall;
      record->begun = now.steady;
      record->forks = detail::fork_count();
      record->uncaught_exceptions = std::uncaught_exceptions();
      record->rename(name);
      if (options != nullptr) {
        record->kind = options->kind;
        for (const span_link& link : options->links) record->add_link(link);
      }
      detail::span_access::record(made, record);
    }
  }
  detail::span_access::identify(made, ids, parent != nullptr ? *state : trace_state{});
  if (current) detail::span_access::enter(made);
  return made;
}

bool tracer::flush(std::chrono::nanoseconds timeout) noexcept {
  return core_->options().processor == nullptr || core_->options().processor->flush(timeout);
}

bool tracer::shutdown(std::chrono::nanoseconds timeout) noexcept {
  return core_->options().processor == nullptr || core_->options().processor->shutdown(timeout);
}

span_counts tracer::counts() const noexcept { return core_->counts(); }

}  // namespace v0
}  // namespace telltale
