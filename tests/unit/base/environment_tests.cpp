#include <telltale/config.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace tt = telltale;
using Catch::Contains;

namespace {

struct complaints {
  std::vector<std::string> sentences;
  tt::environment::complaint collect() {
    return [this](std::string_view sentence) { sentences.emplace_back(sentence); };
  }
};

}  // namespace

TEST_CASE("an empty variable counts as unset") {
  const tt::environment variables({{"EMPTY", ""}, {"SET", "x"}});
  CHECK_FALSE(variables.text("EMPTY"));
  CHECK_FALSE(variables.text("MISSING"));
  CHECK(variables.text("SET") == "x");
}

TEST_CASE("booleans are true and false in any case, and nothing else") {
  complaints heard;
  const tt::environment variables({{"A", "True"}, {"B", " FALSE "}, {"C", "1"}, {"D", "yes"}});
  CHECK(variables.boolean("A", heard.collect()) == true);
  CHECK(variables.boolean("B", heard.collect()) == false);
  CHECK_FALSE(variables.boolean("C", heard.collect()));
  CHECK_FALSE(variables.boolean("D", heard.collect()));
  REQUIRE(heard.sentences.size() == 2);
  CHECK_THAT(heard.sentences[0], Contains("C=1") && Contains("true or false") && Contains("default"));
}

TEST_CASE("numbers are whole texts within their range") {
  complaints heard;
  const tt::environment variables({{"OK", " 0.25 "}, {"HIGH", "1.5"}, {"TAIL", "1x"}, {"NAN", "nan"}, {"NEGATIVE", "-1"}});
  CHECK(variables.number("OK", 0, 1, heard.collect()) == 0.25);
  CHECK_FALSE(variables.number("HIGH", 0, 1, heard.collect()));
  CHECK_FALSE(variables.number("TAIL", 0, 5, heard.collect()));
  CHECK_FALSE(variables.number("NAN", 0, 5, heard.collect()));
  CHECK_FALSE(variables.unsigned_integer("NEGATIVE", 0, 5, heard.collect()));
  CHECK(heard.sentences.size() == 4);
  CHECK_FALSE(variables.number("MISSING", 0, 1, heard.collect()));
  CHECK(heard.sentences.size() == 4);
}

TEST_CASE("durations are whole milliseconds of at most a day") {
  complaints heard;
  const tt::environment variables({{"OK", "5000"}, {"UNIT", "5s"}, {"LONG", "86400001"}});
  CHECK(variables.milliseconds("OK", heard.collect()) == std::chrono::milliseconds{5000});
  CHECK_FALSE(variables.milliseconds("UNIT", heard.collect()));
  CHECK_FALSE(variables.milliseconds("LONG", heard.collect()));
  CHECK(heard.sentences.size() == 2);
}

TEST_CASE("the process's environment is copied") {
  ::setenv("TELLTALE_TEST_VARIABLE", "before", 1);
  const tt::environment copy = tt::environment::process();
  ::setenv("TELLTALE_TEST_VARIABLE", "after", 1);
  CHECK(copy.text("TELLTALE_TEST_VARIABLE") == "before");
  ::unsetenv("TELLTALE_TEST_VARIABLE");
}
