#include <telltale/tracing/processor.hpp>

namespace telltale {
inline namespace v0 {

span_exporter::~span_exporter() = default;
void span_exporter::interrupt() noexcept {}
void span_exporter::after_fork_in_child() noexcept {}

span_processor::~span_processor() = default;

}  // namespace v0
}  // namespace telltale
