#include <telltale/tracing.hpp>

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace tt = telltale;

namespace {

struct pipe_ends {
  int ends[2];
  pipe_ends() { REQUIRE(::pipe(ends) == 0); }
  ~pipe_ends() {
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
  }
  std::string written() {
    ::close(std::exchange(ends[1], -1));
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }
};

tt::span_data example() {
  tt::span_data span;
  span.context.trace_id.bytes.fill(0xAB);
  span.context.span_id.bytes.fill(0xCD);
  span.name = "charge";
  span.start = tt::wall_time{std::chrono::nanoseconds{1'769'903'999'123'456'789}};
  span.duration = std::chrono::nanoseconds{12'500'000};
  return span;
}

std::string line_of(const tt::span_data& span) {
  pipe_ends pipe;
  tt::json_lines_exporter exporter(pipe.ends[1]);
  const tt::span_data* const batch[] = {&span};
  CHECK(exporter.export_spans(batch) == tt::export_result::success);
  return pipe.written();
}

}  // namespace

TEST_CASE("A plain span is one line without empty members") {
  CHECK(line_of(example()) ==
        R"({"ts":"2026-01-31T23:59:59.123456789Z","name":"charge","kind":"internal",)"
        R"("trace_id":"abababababababababababababababab","span_id":"cdcdcdcdcdcdcdcd","duration_seconds":0.0125})"
        "\n");
}

TEST_CASE("A full span is one line with typed values and escaped text") {
  tt::span_data span = example();
  const tt::resource service{{"service.name", "pay\"ments"}};
  const tt::attribute fields[] = {{"amount_minor", 4200}, {"ok", true}, {"ratio", 0.5}, {"te\nxt", std::string_view("a\"b\xFF")}};
  const tt::attribute one[] = {{"n", 1u}};
  const tt::span_event events[] = {{"sent", span.start, one}, {"got", span.start, {}}};
  const tt::span_link links[] = {{span.context, one}};
  span.kind = tt::span_kind::client;
  span.parent.bytes.fill(0x12);
  span.state = *tt::trace_state::parse("foo=1");
  span.status = tt::span_status::error;
  span.status_description = "declined\t";
  span.attributes = fields;
  span.events = events;
  span.links = links;
  span.dropped_attributes = 3;
  span.resource = &service;
  CHECK(line_of(span) ==
        R"({"ts":"2026-01-31T23:59:59.123456789Z","name":"charge","kind":"client",)"
        R"("trace_id":"abababababababababababababababab","span_id":"cdcdcdcdcdcdcdcd",)"
        R"("parent_span_id":"1212121212121212","trace_state":"foo=1","duration_seconds":0.0125,)"
        R"("status":"error","status_description":"declined\t",)"
        R"("attributes":{"amount_minor":4200,"ok":true,"ratio":0.5,"te\nxt":"a\"b)"
        "\xEF\xBF\xBD"
        R"("},"events":[{"ts":"2026-01-31T23:59:59.123456789Z","name":"sent","attributes":{"n":1}},)"
        R"({"ts":"2026-01-31T23:59:59.123456789Z","name":"got"}],)"
        R"("links":[{"trace_id":"abababababababababababababababab","span_id":"cdcdcdcdcdcdcdcd","attributes":{"n":1}}],)"
        R"("dropped_attributes":3,"resource":{"service.name":"pay\"ments"}})"
        "\n");
}

TEST_CASE("A file is appended to") {
  char path[] = "/tmp/telltale-spans-XXXXXX";
  ::close(::mkstemp(path));
  const tt::span_data span = example();
  const tt::span_data* const batch[] = {&span, &span};
  for (int i = 0; i < 2; ++i) {
    tt::json_lines_exporter exporter{std::string(path)};
    CHECK(exporter.export_spans(batch) == tt::export_result::success);
  }
  std::FILE* file = std::fopen(path, "r");
  int lines = 0;
  for (int c; (c = std::fgetc(file)) != EOF;) lines += c == '\n';
  std::fclose(file);
  ::unlink(path);
  CHECK(lines == 4);
}

TEST_CASE("A file or descriptor that cannot be written is refused by name") {
  CHECK_THROWS_WITH(tt::json_lines_exporter("/nonexistent/spans.jsonl"), Catch::Contains("/nonexistent/spans.jsonl"));
  pipe_ends pipe;
  CHECK_THROWS_AS(tt::json_lines_exporter(pipe.ends[0]), tt::error);  // the reading end
  CHECK_THROWS_AS(tt::json_lines_exporter(-1), tt::error);
}

TEST_CASE("A write that fails is a failure, never an exception") {
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  {
    tt::json_lines_exporter exporter(full);
    const tt::span_data span = example();
    const tt::span_data* const batch[] = {&span};
    CHECK(exporter.export_spans(batch) == tt::export_result::failure);
  }
  ::close(full);
}
