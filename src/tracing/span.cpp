#include <telltale/tracing/span.hpp>

#include "tracing/record.hpp"
#include "tracing/thread.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>

namespace telltale {
inline namespace v0 {

span& span::operator=(span&& other) noexcept {
  if (this == &other) return *this;
  end();
  context_ = other.context_;
  state_ = std::move(other.state_);
  record_ = std::exchange(other.record_, nullptr);
  node_ = std::exchange(other.node_, nullptr);
  return *this;
}

void span::set_attributes(std::span<const attribute> fields) noexcept { record_->set(fields); }

void span::append_event(std::string_view name, std::span<const attribute> fields) noexcept {
  record_->add_event(name, fields);
}

void span::append_link(const span_link& link) noexcept { record_->add_link(link); }

void span::append_exception(const std::exception& problem) noexcept {
  const char* mangled = typeid(problem).name();
  const std::unique_ptr<char, decltype(&std::free)> readable{
      abi::__cxa_demangle(mangled, nullptr, nullptr, nullptr), &std::free};
  const std::string_view type = readable != nullptr ? readable.get() : mangled;
  const attribute fields[] = {{"exception.type", type}, {"exception.message", std::string_view{problem.what()}}};
  record_->add_event("exception", fields);
  record_->set_status(span_status::error, problem.what());
}

void span::change_status(span_status status, std::string_view description) noexcept {
  record_->set_status(status, description);
}

void span::change_name(std::string_view name) noexcept { record_->rename(name); }

void span::finish(bool by_destructor) noexcept {
  if (node_ != nullptr) detail::pop_scope(std::exchange(node_, nullptr));
  detail::span_record* record = std::exchange(record_, nullptr);
  if (record == nullptr) return;

  finished_span finished(record);
  // The processor may free the span at once, and with it what keeps the processor alive.
  const std::shared_ptr<detail::tracer_core> core = record->core;
  if (record->forks != detail::fork_count()) {
    core->count_drop_after_fork();
    return;
  }
  if (by_destructor && record->status == span_status::unset &&
      std::uncaught_exceptions() > record->uncaught_exceptions) {
    record->set_status(span_status::error, "left by an exception");
  }
  record->seal(core->options().time->steady_now());
  core->options().processor->on_end(std::move(finished));
}

}  // namespace v0
}  // namespace telltale
