#include <telltale/testing/captured_spans.hpp>
#include <telltale/tracing.hpp>

#include <catch2/catch.hpp>

#include <optional>
#include <set>
#include <stdexcept>
#include <string>

namespace tt = telltale;
using tt::testing::attribute_of;
using tt::testing::captured_spans;

TEST_CASE("A span carries what was said about it") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor(), .resource = {{"service.name", "payments"}}}};
  tt::span_context other;
  {
    auto elsewhere = tracer.start_detached("elsewhere");
    other = elsewhere.context();
  }
  {
    const tt::kv<int> link_field{"n", 7};
    const tt::attribute link_fields[] = {link_field};
    const tt::span_link links[] = {{other, link_fields}};
    auto span = tracer.start("charge", {.kind = tt::span_kind::client, .links = links}, tt::kv{"amount_minor", 4200},
                             tt::kv{"provider", "stripe"});
    CHECK(span.recording());
    span.set(tt::kv{"retry", true}, tt::kv{"ratio", 0.5}, tt::kv{"provider", std::string("adyen")});
    span.add_event("sent", tt::kv{"bytes", 12u});
    span.add_link(other);
    span.update_name("charge card");
    span.set_status(tt::span_status::error, "declined");
  }
  const tt::span_data& data = captured.only("charge card");
  CHECK(data.kind == tt::span_kind::client);
  CHECK(data.attributes.size() == 4);
  CHECK(attribute_of(data, "amount_minor")->as_int() == 4200);
  CHECK(attribute_of(data, "provider")->as_text() == "adyen");
  CHECK(attribute_of(data, "retry")->as_bool());
  CHECK(attribute_of(data, "ratio")->as_double() == 0.5);
  REQUIRE(data.events.size() == 1);
  CHECK(data.events[0].name == "sent");
  CHECK(data.events[0].attributes[0].value.as_unsigned() == 12);
  REQUIRE(data.links.size() == 2);
  CHECK(data.links[0].context == other);
  CHECK(data.links[0].attributes[0].value.as_int() == 7);
  CHECK(data.status == tt::span_status::error);
  CHECK(data.status_description == "declined");
  CHECK(data.resource->get("service.name") == "payments");
  CHECK(data.duration.count() >= 0);
  CHECK(data.start.time_since_epoch().count() > 0);
}

TEST_CASE("Text and keys are copied: the caller's may go away") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  {
    std::string name = "name that is long enough to live on the heap";
    std::string key = "key that is long enough to live on the heap";
    std::string value(5000, 'v');
    auto span = tracer.start(name, tt::kv{key, value});
    span.add_event(name, tt::kv{key, value});
    name.assign(name.size(), 'x');
    key.assign(key.size(), 'x');
    value.assign(value.size(), 'x');
  }
  const tt::span_data& data = captured.only("name that is long enough to live on the heap");
  CHECK(attribute_of(data, "key that is long enough to live on the heap")->as_text() == std::string(5000, 'v'));
  CHECK(data.events[0].name == data.name);
  CHECK(data.events[0].attributes[0].value.as_text() == std::string(5000, 'v'));
}

TEST_CASE("A recycled span remembers nothing of the one before") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  {
    auto span = tracer.start("first", {.kind = tt::span_kind::server}, tt::kv{"a", 1});
    span.add_event("event");
    span.add_link(span.context());
    span.set_status(tt::span_status::error, "bad");
  }
  captured.clear();
  { auto span = tracer.start("second"); }
  const tt::span_data& data = captured.only("second");
  CHECK(data.kind == tt::span_kind::internal);
  CHECK(data.attributes.empty());
  CHECK(data.events.empty());
  CHECK(data.links.empty());
  CHECK(data.status == tt::span_status::unset);
  CHECK(data.status_description.empty());
}

TEST_CASE("Ending twice, and calls after the end, do nothing") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  auto span = tracer.start("once");
  const tt::span_context ids = span.context();
  span.end();
  span.end();
  span.set(tt::kv{"late", 1});
  span.add_event("late");
  span.set_status(tt::span_status::error);
  CHECK(span.context() == ids);
  CHECK_FALSE(span.recording());
  CHECK(captured.only("once").attributes.empty());
  CHECK(captured.only("once").status == tt::span_status::unset);
}

TEST_CASE("A moved-from span is ended by its new owner alone") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  std::optional<tt::span> owner;
  {
    auto span = tracer.start("moved");
    owner.emplace(std::move(span));
  }
  CHECK(captured.all().empty());
  *owner = tracer.start("next");
  CHECK(captured.all().size() == 1);
  owner.reset();
  CHECK(captured.all().size() == 2);
}

TEST_CASE("A span without a tracer is inert") {
  tt::span span;
  CHECK_FALSE(span.recording());
  CHECK_FALSE(span.context().valid());
  span.set(tt::kv{"a", 1});
  span.add_event("e");
  span.end();
}

TEST_CASE("A span that is not sampled has ids, is current, and its children follow it") {
  captured_spans captured;
  tt::tracer tracer{{.sampling = tt::sampler::parent_based(tt::sampler::always_off()), .processor = captured.processor()}};
  {
    auto span = tracer.start("quiet", tt::kv{"a", 1});
    CHECK_FALSE(span.recording());
    CHECK(span.context().valid());
    CHECK_FALSE(span.context().sampled());
    CHECK(*tt::current_span_context() == span.context());
    auto child = tracer.start("child");
    CHECK(child.context().trace_id == span.context().trace_id);
    CHECK_FALSE(child.context().sampled());
  }
  CHECK(tt::current_span_context() == nullptr);
  CHECK(captured.all().empty());
  CHECK(tracer.counts().started == 0);
}

TEST_CASE("Without a processor nothing is recorded, and the ids still say what the sampler decided") {
  tt::tracer tracer;
  auto span = tracer.start("a", tt::kv{"b", 1});
  CHECK_FALSE(span.recording());
  CHECK(span.context().sampled());
}

TEST_CASE("Ids are random, distinct, and say that they are random") {
  tt::tracer tracer;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    auto span = tracer.start_detached("a");
    CHECK(seen.insert(span.context().trace_id.to_string()).second);
    CHECK(seen.insert(span.context().span_id.to_string()).second);
    CHECK((span.context().flags & tt::trace_flags::random) != 0);
  }
}

TEST_CASE("With a seed, ids repeat") {
  const auto first_id = [](std::uint64_t seed) {
    tt::tracer tracer{{.id_seed = seed}};
    return tracer.start("a").context().trace_id;
  };
  CHECK(first_id(1) == first_id(1));
  CHECK_FALSE(first_id(1) == first_id(2));
}

TEST_CASE("Limits drop what is beyond, and count it") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor(),
                     .limits = {.attributes = 2, .events = 1, .links = 1, .attributes_per_event = 1, .value_length = 3}}};
  {
    auto span = tracer.start("a", tt::kv{"a", 1}, tt::kv{"b", "abcdef"}, tt::kv{"c", 3});
    span.set(tt::kv{"a", 10}, tt::kv{"d", 4}, tt::kv{"b", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"});
    span.add_event("one", tt::kv{"x", 1}, tt::kv{"y", 2});
    span.add_event("two");
    span.add_link(span.context());
    span.add_link(span.context());
  }
  const tt::span_data& data = captured.only("a");
  CHECK(data.attributes.size() == 2);
  CHECK(attribute_of(data, "a")->as_int() == 10);
  CHECK(attribute_of(data, "b")->as_text() == "\xC3\xA9\xC3\xA9\xC3\xA9");  // characters, never half of one
  CHECK(data.dropped_attributes == 2);
  CHECK(data.events.size() == 1);
  CHECK(data.events[0].attributes.size() == 1);
  CHECK(data.dropped_events == 1);
  CHECK(data.dropped_links == 1);
}

TEST_CASE("The limits come from the environment") {
  const tt::environment variables({{"OTEL_ATTRIBUTE_COUNT_LIMIT", "5"},
                                   {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "6"},
                                   {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7"},
                                   {"OTEL_SPAN_EVENT_COUNT_LIMIT", "8"},
                                   {"OTEL_SPAN_LINK_COUNT_LIMIT", "x"}});
  int complaints = 0;
  const auto limits = tt::span_limits_from_environment(variables, [&](std::string_view) { ++complaints; });
  CHECK(limits.attributes == 6);
  CHECK(limits.value_length == 7);
  CHECK(limits.events == 8);
  CHECK(limits.links == 128);
  CHECK(complaints == 1);
}

TEST_CASE("ok is final, unset is ignored, a description belongs to errors") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  {
    auto span = tracer.start("a");
    span.set_status(tt::span_status::error, "bad");
    span.set_status(tt::span_status::unset, "ignored");
    span.set_status(tt::span_status::ok, "ignored");
    span.set_status(tt::span_status::error, "ignored");
  }
  CHECK(captured.only("a").status == tt::span_status::ok);
  CHECK(captured.only("a").status_description.empty());
}

namespace shop {
struct out_of_stock : std::runtime_error {
  using runtime_error::runtime_error;
};
}  // namespace shop

TEST_CASE("A recorded exception is an event with type and message, and an error") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  {
    auto span = tracer.start("a");
    span.record_exception(shop::out_of_stock("no more socks"));
  }
  const tt::span_data& data = captured.only("a");
  REQUIRE(data.events.size() == 1);
  CHECK(data.events[0].name == "exception");
  CHECK(data.events[0].attributes[0].key == "exception.type");
  CHECK(data.events[0].attributes[0].value.as_text() == "shop::out_of_stock");
  CHECK(data.events[0].attributes[1].key == "exception.message");
  CHECK(data.events[0].attributes[1].value.as_text() == "no more socks");
  CHECK(data.status == tt::span_status::error);
  CHECK(data.status_description == "no more socks");
}

TEST_CASE("An exception that leaves through a span makes it an error; one that was set stays") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  try {
    auto outer = tracer.start("outer");
    auto said = tracer.start("said");
    said.set_status(tt::span_status::ok);
    throw std::runtime_error("x");
  } catch (const std::exception&) {
  }
  CHECK(captured.only("outer").status == tt::span_status::error);
  CHECK(captured.only("said").status == tt::span_status::ok);
}

namespace {

// Starts and ends a span while another exception is on its way: a destructor's clean-up that succeeds.
struct cleans_up {
  tt::tracer& tracer;
  ~cleans_up() { auto span = tracer.start("clean-up"); }
};

}  // namespace

TEST_CASE("Only an exception thrown within the span counts, not one that was on its way before") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  try {
    cleans_up guard{tracer};
    throw std::runtime_error("x");
  } catch (const std::exception&) {
    auto handler = tracer.start("handler");
  }
  CHECK(captured.only("clean-up").status == tt::span_status::unset);
  CHECK(captured.only("handler").status == tt::span_status::unset);
}

TEST_CASE("A span may outlive its tracer, and then counts as dropped") {
  captured_spans captured;
  std::optional<tt::span> left;
  {
    tt::tracer tracer{{.processor = captured.processor()}};
    left = tracer.start("left over");
  }
  left->set(tt::kv{"a", 1});
  left.reset();
  CHECK(captured.all().empty());
  CHECK(captured.processor()->counts().dropped_after_shutdown == 1);
}

TEST_CASE("only() says what there is when there is not exactly one") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  { auto span = tracer.start("here"); }
  CHECK_THROWS_WITH(captured.only("gone"), Catch::Contains("\"here\""));
}
