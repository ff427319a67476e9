// Whatever bytes are logged, in message, key, text and service: the line is one line, a strict parser takes it, no
// key appears twice, and the parser's text escapes to the same bytes again.
#include "base/json.hpp"

#include <telltale/logging.hpp>
#include <telltale/testing/captured_logs.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

namespace tt = telltale;
using nlohmann::json;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t half = size / 2;
  const std::string_view key = input.substr(0, half);
  const std::string_view text = input.substr(half);

  tt::testing::captured_logs logs;
  logs.logger({.service = std::string(text)}).info(input, tt::kv{key, text}, tt::kv{text, size}, tt::kv{key, 1});
  const std::string line = logs.lines().at(0);
  require(line.find('\n') == std::string::npos);

  std::set<std::string> keys;
  const json parsed = json::parse(line, [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::key) require(keys.insert(value.get<std::string>()).second);
    return true;
  });
  require(parsed.is_object());

  std::string once;
  tt::detail::append_json_string(once, input);
  const auto decoded = json::parse(once).get<std::string>();
  require(parsed["msg"] == decoded);
  std::string twice;
  tt::detail::append_json_string(twice, decoded);
  require(once == twice);
  return 0;
}
