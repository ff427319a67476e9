#include <telltale/tracing.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

namespace tt = telltale;

namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string parent = "00f067aa0ba902b7";

std::string header(const std::string& version, const std::string& flags) {
  return version + "-" + trace + "-" + parent + "-" + flags;
}

}  // namespace

TEST_CASE("A valid traceparent is read, and written back as it came") {
  for (const char* flags : {"00", "01", "02", "03"}) {
    const auto ids = tt::parse_traceparent(header("00", flags));
    REQUIRE(ids);
    CHECK(ids->remote);
    CHECK(ids->trace_id.to_string() == trace);
    CHECK(ids->span_id.to_string() == parent);
    CHECK(ids->sampled() == (flags[1] == '1' || flags[1] == '3'));
    CHECK(tt::format_traceparent(*ids) == header("00", flags));
  }
}

TEST_CASE("Unknown flag bits are zeroed and the random bit is kept") {
  CHECK(tt::parse_traceparent(header("00", "ff"))->flags == 0x03);
  CHECK(tt::parse_traceparent(header("00", "fc"))->flags == 0x00);
  CHECK(tt::parse_traceparent(header("cc", "0a"))->flags == 0x02);
}

TEST_CASE("A higher version is read by its prefix, and what follows begins with a dash") {
  CHECK(tt::parse_traceparent(header("01", "01")));
  CHECK(tt::parse_traceparent(header("cc", "01")));
  CHECK(tt::parse_traceparent(header("cc", "01") + "-what-the-future-will-be-like"));
  CHECK(tt::parse_traceparent(header("cc", "01") + "-"));
  CHECK_FALSE(tt::parse_traceparent(header("cc", "01") + ".what-the-future-will-be-like"));
  CHECK_FALSE(tt::parse_traceparent(header("cc", "01") + "0"));
}

TEST_CASE("A malformed traceparent is no traceparent") {
  const std::string good = header("00", "01");
  CHECK_FALSE(tt::parse_traceparent(""));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(tt::parse_traceparent(good.substr(0, size)));
  CHECK_FALSE(tt::parse_traceparent(good + "."));
  CHECK_FALSE(tt::parse_traceparent(good + "-"));
  CHECK_FALSE(tt::parse_traceparent(good + "-what-the-future-will-be-like"));
  CHECK_FALSE(tt::parse_traceparent(header("ff", "01")));
  CHECK_FALSE(tt::parse_traceparent(" " + good));
  CHECK_FALSE(tt::parse_traceparent("00-" + std::string(32, '0') + "-" + parent + "-01"));
  CHECK_FALSE(tt::parse_traceparent("00-" + trace + "-" + std::string(16, '0') + "-01"));
  CHECK_FALSE(tt::parse_traceparent("00-4BF92F3577B34DA6A3CE929D0E0E4736-" + parent + "-01"));
  CHECK_FALSE(tt::parse_traceparent("00-" + trace + "-00F067AA0BA902B7-01"));
  CHECK_FALSE(tt::parse_traceparent(header("0A", "01")));
  CHECK_FALSE(tt::parse_traceparent(header("00", "0A")));
  // Every position: no other character than the right one will do.
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'.', 'g', 'A', '_', ' ', '\0', '\x80'}) {
      std::string bad = good;
      bad[at] = c;
      CHECK_FALSE(tt::parse_traceparent(bad));
    }
  }
}

TEST_CASE("A tracestate is validated, normalised and kept in order") {
  const auto text = [](std::string_view header) { return std::string(tt::trace_state::parse(header).value().text()); };
  CHECK(text("") == "");
  CHECK(text("foo=1") == "foo=1");
  CHECK(text("foo=1 \t , \t bar=2, \t baz=3 ") == "foo=1,bar=2,baz=3");
  CHECK(text(",foo=1,,bar=2,") == "foo=1,bar=2");
  CHECK(text("foo= 1") == "foo= 1");  // a space that leads a value belongs to it
  CHECK(text("0foo=1") == "0foo=1");  // level 2 lets a key begin with a digit
  CHECK(text("a-b_c*d/e@system=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~") == "a-b_c*d/e@system=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~");
  CHECK(text(std::string(256, 'z') + "=1").size() == 258);
  CHECK(text(std::string(241, 't') + "@" + std::string(14, 'v') + "=1").size() == 258);
  CHECK(tt::trace_state::parse("foo=1,bar=2")->get("bar") == "2");
  CHECK_FALSE(tt::trace_state::parse("foo=1,bar=2")->get("ba"));
}

TEST_CASE("A malformed tracestate is dropped whole") {
  for (const std::string& bad : std::vector<std::string>
       {std::string("foo"), std::string("foo="), std::string("=1"), std::string("foo =1"), std::string("FOO=1"),
        std::string("foo.bar=1"), std::string("foo@=1,bar=2"), std::string("@foo=1,bar=2"),
        std::string("foo@@bar=1,bar=2"), std::string("foo@bar@baz=1,bar=2"), std::string("foo=1=2"),
        std::string("foo=1,foo=1"), std::string("foo=1,foo=2"), std::string("foo=\x7f"), std::string("foo=\xc3\xa9"),
        std::string(257, 'z') + "=1", std::string(242, 't') + "@v=1", "t@" + std::string(15, 'v') + "=1",
        "foo=" + std::string(257, 'v')}) {
    CAPTURE(bad);
    CHECK_FALSE(tt::trace_state::parse(bad));
  }
  std::string many;
  for (int i = 0; i < 32; ++i) many += "k" + std::to_string(i) + "=v,";
  CHECK(tt::trace_state::parse(many));
  CHECK_FALSE(tt::trace_state::parse(many + "one_more=v"));
}

TEST_CASE("A tracestate beyond 512 characters loses whole members, long ones first") {
  const std::string big = "big=" + std::string(130, 'x');
  std::string many = big;
  for (int i = 0; i < 9; ++i) many += ",k" + std::to_string(i) + "=" + std::string(40, 'v');
  const auto state = tt::trace_state::parse(many);
  REQUIRE(state);
  CHECK(state->text().size() <= 512);
  CHECK_FALSE(state->get("big"));
  CHECK(state->get("k0"));
  CHECK(state->get("k8"));
  std::string small;
  for (int i = 0; i < 20; ++i) small += "k" + std::to_string(i) + "=" + std::string(40, 'v') + ",";
  const auto shortened = tt::trace_state::parse(small);
  REQUIRE(shortened);
  CHECK(shortened->text().size() <= 512);
  CHECK(shortened->text().size() > 450);
  CHECK(shortened->get("k0"));
  CHECK_FALSE(shortened->get("k19"));
}

TEST_CASE("Extract follows the standard on what is missing, doubled or bad") {
  std::map<std::string, std::string, std::less<>> carrier;
  const auto get = [&](std::string_view name) -> std::optional<std::string_view> {
    const auto found = carrier.find(name);
    return found == carrier.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  };
  CHECK_FALSE(tt::extract(get).valid());
  carrier["tracestate"] = "foo=1";
  CHECK_FALSE(tt::extract(get).valid());
  CHECK(tt::extract(get).state().empty());
  carrier["traceparent"] = "\t " + header("00", "01") + " \t";
  CHECK(tt::extract(get).ids().trace_id.to_string() == trace);
  CHECK(tt::extract(get).state().text() == "foo=1");
  carrier["tracestate"] = "foo=1,foo=2";  // bad alone
  CHECK(tt::extract(get).valid());
  CHECK(tt::extract(get).state().empty());
  carrier["traceparent"] = header("00", "01") + "," + header("00", "01");
  CHECK_FALSE(tt::extract(get).valid());

  const std::string one = header("00", "01");
  const std::string_view two_parents[] = {one, one};
  const std::string_view one_parent[] = {one};
  const std::string_view states[] = {"foo=1,bar=2", "", "rojo=1"};
  CHECK_FALSE(tt::extract(two_parents, states).valid());
  CHECK(tt::extract(one_parent, states).state().text() == "foo=1,bar=2,rojo=1");
}

TEST_CASE("A getter may return a pointer or a string") {
  const std::string one = header("00", "01");
  CHECK(tt::extract([&](std::string_view name) { return name == "traceparent" ? one.c_str() : nullptr; }).valid());
  CHECK(tt::extract([&](std::string_view name) { return name == "traceparent" ? one : std::string(); }).valid());
}

TEST_CASE("What came in goes out: same trace, own span id, same tracestate") {
  tt::tracer tracer;
  const auto incoming = tt::extract([](std::string_view name) -> std::string {
    return name == "traceparent" ? header("00", "01") : "foo=1,bar=2";
  });
  std::map<std::string, std::string> sent;
  const auto set = [&](std::string_view name, std::string_view value) { sent[std::string(name)] = value; };
  tt::inject(set);
  CHECK(sent.empty());  // nothing is current
  {
    auto server = tracer.start("request", {.kind = tt::span_kind::server, .parent = incoming});
    auto client = tracer.start("call", {.kind = tt::span_kind::client});
    tt::inject(set);
    CHECK(sent["traceparent"] == "00-" + trace + "-" + client.context().span_id.to_string() + "-01");
    CHECK(sent["tracestate"] == "foo=1,bar=2");
    sent.clear();
    tt::inject(server.capture(), set);
    CHECK(sent["traceparent"] == "00-" + trace + "-" + server.context().span_id.to_string() + "-01");
    CHECK(sent["tracestate"] == "foo=1,bar=2");
  }
  sent.clear();
  tt::inject(tt::context{}, set);
  CHECK(sent.empty());
}
