#include <telltale/logging/levels.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace tt = telltale;

TEST_CASE("a level is read in any case, and warning means warn") {
  CHECK(tt::parse_level("trace") == tt::level::trace);
  CHECK(tt::parse_level("DEBUG") == tt::level::debug);
  CHECK(tt::parse_level("Info") == tt::level::info);
  CHECK(tt::parse_level("warn") == tt::level::warn);
  CHECK(tt::parse_level("WARNING") == tt::level::warn);
  CHECK(tt::parse_level(" error\t") == tt::level::error);
  CHECK(tt::parse_level("fatal") == tt::level::fatal);
  CHECK(tt::parse_level("off") == tt::level::off);
}

TEST_CASE("what is no level's name is not read as one") {
  for (const char* text : {"", " ", "inf", "infos", "warn ing", "3", "info,db=debug", "-"}) {
    CAPTURE(text);
    CHECK_FALSE(tt::parse_level(text));
  }
}

TEST_CASE("every level's name reads back as that level") {
  for (std::size_t i = 0; i <= tt::level_count; ++i) {
    const auto value = static_cast<tt::level>(i);
    CHECK(tt::parse_level(tt::level_name(value)) == value);
  }
}

TEST_CASE("a variable that names no level is complained about once and leaves the default") {
  std::vector<std::string> complaints;
  const auto complain = [&](std::string_view sentence) { complaints.emplace_back(sentence); };
  const tt::environment variables({{"LOG_LEVEL", "loud"}, {"OTEL_LOG_LEVEL", "Warning"}, {"RUST_LOG", ""}});

  CHECK_FALSE(tt::read_level(variables, "LOG_LEVEL", complain));
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0] ==
        "LOG_LEVEL=loud is ignored and the default is used: it must be one of trace, debug, info, warn, error, "
        "fatal, off");

  CHECK(tt::read_level(variables, "OTEL_LOG_LEVEL", complain) == tt::level::warn);
  CHECK_FALSE(tt::read_level(variables, "RUST_LOG", complain));  // empty counts as unset
  CHECK_FALSE(tt::read_level(variables, "NOT_SET", complain));
  CHECK(complaints.size() == 1);
  CHECK_FALSE(tt::read_level(variables, "LOG_LEVEL", nullptr));
}
