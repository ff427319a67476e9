#include <telltale/testing/captured_spans.hpp>
#include <telltale/tracing.hpp>

#include <catch2/catch.hpp>

#include <optional>
#include <thread>
#include <vector>

namespace tt = telltale;
using tt::testing::captured_spans;

namespace {

// The span id that is current here, or zeros.
tt::span_id current_id() {
  const tt::span_context* ids = tt::current_span_context();
  return ids != nullptr ? ids->span_id : tt::span_id{};
}

}  // namespace

TEST_CASE("A span is current until it ends, and is the parent of what starts meanwhile") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  CHECK(tt::current_span_context() == nullptr);
  {
    auto outer = tracer.start("outer");
    CHECK(current_id() == outer.context().span_id);
    {
      auto inner = tracer.start("inner");
      CHECK(current_id() == inner.context().span_id);
      CHECK(inner.context().trace_id == outer.context().trace_id);
    }
    CHECK(current_id() == outer.context().span_id);
  }
  CHECK(tt::current_span_context() == nullptr);
  CHECK(captured.only("inner").parent == captured.only("outer").context.span_id);
  CHECK_FALSE(captured.only("inner").parent_remote);
  CHECK_FALSE(captured.only("outer").parent.valid());
}

TEST_CASE("A detached span is a child, and not current") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  auto outer = tracer.start("outer");
  auto detached = tracer.start_detached("detached");
  CHECK(current_id() == outer.context().span_id);
  detached.end();
  CHECK(current_id() == outer.context().span_id);
  CHECK(captured.only("detached").parent == outer.context().span_id);
}

TEST_CASE("An explicit parent goes before the current span, and an empty one begins a trace") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  auto current = tracer.start("current");
  tt::span_context remote = current.context();
  remote.span_id.bytes[0] ^= 0xFF;
  remote.remote = true;
  { auto child = tracer.start("child", {.parent = remote}); }
  { auto root = tracer.start("root", {.parent = tt::context{}}); }
  CHECK(captured.only("child").parent == remote.span_id);
  CHECK(captured.only("child").parent_remote);
  CHECK_FALSE(captured.only("root").parent.valid());
  CHECK_FALSE(captured.only("root").context.trace_id == current.context().trace_id);
}

TEST_CASE("Spans may end in any order") {
  tt::tracer tracer;
  auto a = tracer.start("a");
  auto b = tracer.start("b");
  auto c = tracer.start("c");
  b.end();
  CHECK(current_id() == c.context().span_id);
  a.end();
  CHECK(current_id() == c.context().span_id);
  c.end();
  CHECK(tt::current_span_context() == nullptr);
}

TEST_CASE("A span that ended on another thread leaves no dangling pointer, and goes with the next span") {
  tt::tracer tracer;
  auto outer = tracer.start("outer");
  std::optional<tt::span> moved = tracer.start("moved");
  const tt::span_id moved_id = moved->context().span_id;
  std::thread([&] { moved.reset(); }).join();
  CHECK(current_id() == moved_id);  // still readable here
  auto next = tracer.start("next");
  CHECK(next.context().trace_id == outer.context().trace_id);
  CHECK(current_id() == next.context().span_id);
  next.end();
  CHECK(current_id() == outer.context().span_id);
}

TEST_CASE("What ended elsewhere is not a parent") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  std::optional<tt::span> moved = tracer.start("moved");
  std::thread([&] { moved.reset(); }).join();
  { auto next = tracer.start("next"); }
  CHECK_FALSE(captured.only("next").parent.valid());
}

TEST_CASE("A chain of spans that overlap and end elsewhere leaves nothing behind") {
  tt::tracer tracer;
  std::optional<tt::span> before = tracer.start("first");
  for (int i = 0; i < 100; ++i) {
    std::optional<tt::span> next = tracer.start("next");
    std::thread([&] { before.reset(); }).join();
    before = std::move(next);
  }
  before.reset();
  CHECK(tt::current_span_context() == nullptr);
}

TEST_CASE("A span may outlive the thread on which it is current") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  std::optional<tt::span> survivor;
  std::thread([&] { survivor = tracer.start("survivor"); }).join();
  // Another thread may now have been given what the first one left.
  std::thread([&] {
    auto other = tracer.start("other");
    survivor.reset();
    CHECK(current_id() == other.context().span_id);
  }).join();
  CHECK(captured.all().size() == 2);
  CHECK_FALSE(captured.only("other").parent.valid());
}

TEST_CASE("A captured context is attached on another thread") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  auto span = tracer.start("request");
  const tt::context context = tt::context::current();
  CHECK(context.ids() == span.context());
  std::thread([&] {
    CHECK(tt::current_span_context() == nullptr);
    {
      tt::scope attached{context};
      CHECK(current_id() == span.context().span_id);
      auto work = tracer.start("work");
    }
    CHECK(tt::current_span_context() == nullptr);
  }).join();
  CHECK(captured.only("work").parent == span.context().span_id);
}

TEST_CASE("Attaching an empty context makes nothing current until the scope ends") {
  tt::tracer tracer;
  auto span = tracer.start("a");
  {
    tt::scope attached{tt::context{}};
    CHECK(tt::current_span_context() == nullptr);
    CHECK_FALSE(tt::context::current().valid());
    auto root = tracer.start("root");
    CHECK_FALSE(root.context().trace_id == span.context().trace_id);
  }
  CHECK(current_id() == span.context().span_id);
}

namespace {

struct ends_late {
  tt::tracer* tracer = nullptr;
  std::optional<tt::span> kept;
  ~ends_late() {
    if (tracer == nullptr) return;
    auto span = tracer->start("in a thread_local destructor");
    kept.reset();
  }
};

}  // namespace

TEST_CASE("Spans start and end in thread_local destructors") {
  captured_spans captured;
  tt::tracer tracer{{.processor = captured.processor()}};
  std::thread([&] {
    static thread_local ends_late late;
    late.tracer = &tracer;
    late.kept = tracer.start("kept");
  }).join();
  CHECK(captured.named("in a thread_local destructor").size() == 1);
  CHECK(captured.named("kept").size() == 1);
}
