#include <telltale/logging.hpp>
#include <telltale/testing/captured_logs.hpp>
#include <telltale/tracing/span_context.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tt = telltale;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

// A parse that also notices what nlohmann forgives: a key that appears twice.
json parse_strictly(const std::string& line) {
  std::vector<std::vector<std::string>> open;
  bool repeated = false;
  const json parsed = json::parse(line, [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key) {
      const auto key = value.get<std::string>();
      for (const std::string& earlier : open.back()) repeated = repeated || earlier == key;
      open.back().push_back(key);
    }
    return true;
  });
  if (repeated) throw std::runtime_error("a key appears twice: " + line);
  return parsed;
}

json only_line(const tt::testing::captured_logs& logs) {
  const std::vector<std::string> lines = logs.lines();
  REQUIRE(lines.size() == 1);
  return parse_strictly(lines[0]);
}

// Sets the current span of this thread the way the tracing layer does.
class current_context {
 public:
  explicit current_context(const tt::span_context& context)
      : before_(std::exchange(tt::detail::this_thread.current, &context)) {}
  current_context(const current_context&) = delete;
  current_context& operator=(const current_context&) = delete;
  ~current_context() { tt::detail::this_thread.current = before_; }

 private:
  const tt::span_context* before_;
};

tt::span_context some_context() {
  tt::span_context context;
  for (std::size_t i = 0; i < 16; ++i) context.trace_id.bytes[i] = static_cast<std::uint8_t>(0xf0 + i);
  for (std::size_t i = 0; i < 8; ++i) context.span_id.bytes[i] = static_cast<std::uint8_t>(1 + i);
  return context;
}

}  // namespace

TEST_CASE("every byte value in message, key and text value comes back from a strict parser, on one line") {
  for (int value = 0; value < 256; ++value) {
    CAPTURE(value);
    const char byte = static_cast<char>(value);
    const std::string text = std::string("a") + byte + "z";
    const std::string expected = value < 0x80 ? text : "a\xEF\xBF\xBDz";
    tt::testing::captured_logs logs;
    logs.logger({.service = text}).info(text, tt::kv{text, text});
    REQUIRE(logs.lines().at(0).find('\n') == std::string::npos);
    const json line = only_line(logs);
    CHECK(line["msg"] == expected);
    CHECK(line["service"] == expected);
    CHECK(line[expected] == expected);
    CHECK(line.size() == 5);
  }
}

TEST_CASE("text beyond ASCII is kept as it is") {
  tt::testing::captured_logs logs;
  logs.logger().info("für 5 € 💶", tt::kv{"städte", "東京"});
  const json line = only_line(logs);
  CHECK(line["msg"] == "für 5 € 💶");
  CHECK(line["städte"] == "東京");
}

TEST_CASE("fields keep their types") {
  enum class provider { stripe, adyen };
  tt::testing::captured_logs logs;
  const std::string owned = "owned";
  logs.logger().info("typed", tt::kv{"yes", true}, tt::kv{"int", -42}, tt::kv{"big", std::uint64_t{1} << 63},
                     tt::kv{"low", std::numeric_limits<std::int64_t>::min()}, tt::kv{"real", 0.1},
                     tt::kv{"text", "literal"}, tt::kv{"owned", owned}, tt::kv{"enum", provider::adyen},
                     tt::kv{"took", 12500us}, tt::kv{"at", std::chrono::sys_seconds{0s}},
                     tt::kv{"nan", std::numeric_limits<double>::quiet_NaN()},
                     tt::kv{"inf", std::numeric_limits<double>::infinity()});
  const json line = only_line(logs);
  CHECK(line["yes"] == true);
  CHECK(line["int"] == -42);
  CHECK(line["big"] == std::uint64_t{1} << 63);
  CHECK(line["low"] == std::numeric_limits<std::int64_t>::min());
  CHECK(line["real"] == 0.1);
  CHECK(line["text"] == "literal");
  CHECK(line["owned"] == "owned");
  CHECK(line["enum"] == "adyen");
  CHECK(line["took"] == 0.0125);
  CHECK(line["at"] == "1970-01-01T00:00:00.000000000Z");
  CHECK(line["nan"] == "NaN");
  CHECK(line["inf"] == "+Inf");
}

TEST_CASE("a field that repeats a key of the line gets an underscore, whether or not the line has that key") {
  tt::testing::captured_logs logs;
  logs.logger().info("m", tt::kv{"ts", 1}, tt::kv{"level", 2}, tt::kv{"msg", 3}, tt::kv{"service", 4},
                     tt::kv{"trace_id", 5}, tt::kv{"span_id", 6}, tt::kv{"spam_id", 7});
  const json line = only_line(logs);
  CHECK(line["msg"] == "m");
  CHECK(line["level"] == "info");
  CHECK(line["ts_"] == 1);
  CHECK(line["level_"] == 2);
  CHECK(line["msg_"] == 3);
  CHECK(line["service_"] == 4);
  CHECK(line["trace_id_"] == 5);
  CHECK(line["span_id_"] == 6);
  CHECK(line["spam_id"] == 7);
}

TEST_CASE("of fields with one key the last is written, also when only escaping makes the keys equal") {
  tt::testing::captured_logs logs;
  logs.logger().info("m", tt::kv{"a", 1}, tt::kv{"b", 2}, tt::kv{"a", 3});
  logs.logger().info("m", tt::kv{"msg", 1}, tt::kv{"msg_", 2});
  logs.logger().info("m", tt::kv{"\xff", 1}, tt::kv{"\xfe", 2}, tt::kv{"\xEF\xBF\xBD", 3});
  const std::vector<std::string> lines = logs.lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].ends_with(R"("msg":"m","b":2,"a":3})"));
  CHECK(parse_strictly(lines[1])["msg_"] == 2);
  CHECK(parse_strictly(lines[2])["\xEF\xBF\xBD"] == 3);
}

TEST_CASE("an empty message, an empty key and a huge value make a valid line") {
  tt::testing::captured_logs logs;
  const std::string huge(300'000, '"');
  logs.logger().info("", tt::kv{"", huge});
  const json line = only_line(logs);
  CHECK(line["msg"] == "");
  CHECK(line[""] == huge);
}

TEST_CASE("a line carries the ids of the span that is current where it is logged, and none without one") {
  tt::testing::captured_logs logs;
  const tt::logger log = logs.logger();
  const tt::span_context context = some_context();
  log.info("before");
  {
    const current_context current(context);
    log.info("inside");
    std::thread([&] { log.info("elsewhere"); }).join();
  }
  log.info("after");
  const std::vector<std::string> lines = logs.lines();
  REQUIRE(lines.size() == 4);
  const json inside = parse_strictly(lines[1]);
  CHECK(inside["trace_id"] == "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  CHECK(inside["span_id"] == "0102030405060708");
  for (const std::size_t outside : {0U, 2U, 3U}) {
    CHECK_FALSE(parse_strictly(lines[outside]).contains("trace_id"));
    CHECK_FALSE(parse_strictly(lines[outside]).contains("span_id"));
  }
}

TEST_CASE("a context without valid ids puts none into the line") {
  tt::testing::captured_logs logs;
  const tt::span_context nothing;
  const current_context current(nothing);
  logs.logger().info("m");
  CHECK_FALSE(only_line(logs).contains("trace_id"));
}
