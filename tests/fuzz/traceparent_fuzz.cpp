// Whatever bytes come in as trace headers: no crash, and what is accepted is written back as something that is accepted
// again and means the same. The input is a traceparent, a line feed, and a tracestate.
#include <telltale/tracing/propagation.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace tt = telltale;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t split = input.find('\n');
  const std::string_view parent = input.substr(0, split);
  const std::string_view state = split == std::string_view::npos ? std::string_view{} : input.substr(split + 1);

  if (const auto ids = tt::parse_traceparent(parent)) {
    const auto again = tt::parse_traceparent(tt::format_traceparent(*ids));
    if (!again || !(*again == *ids)) std::abort();
  }
  if (const auto parsed = tt::trace_state::parse(state)) {
    if (parsed->text().size() > 512) std::abort();
    const auto again = tt::trace_state::parse(parsed->text());
    if (!again || !(*again == *parsed)) std::abort();
  }
  const std::string_view parents[] = {parent};
  const std::string_view states[] = {state, state.substr(state.size() / 2)};
  const tt::context context = tt::extract(parents, states);
  if (!context.valid() && !context.state().empty()) std::abort();
  return 0;
}
