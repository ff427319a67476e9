#include "unit/exposition/temporary_directory.hpp"

#include <telltale/exposition/token_file.hpp>
#include <telltale/result.hpp>
#include <telltale/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

namespace tt = telltale;
using namespace std::chrono_literals;
using verdict = tt::token_file::verdict;

namespace {

std::string refusal(const std::string& path) {
  try {
    tt::token_file file(path);
  } catch (const tt::error& problem) {
    CHECK(problem.code() == tt::error_code::unusable_secret_file);
    return problem.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a token matches itself alone") {
  const temporary_directory directory;
  tt::token_file file(directory.write("token", "  s3cret-token\r\n"));
  CHECK(file.check("s3cret-token") == verdict::match);
  for (const char* wrong : {"", "s", "s3cret-toke", "s3cret-tokex", "s3cret-tokens", "S3CRET-TOKEN", " s3cret-token",
                            "s3cret-tokens3cret-token"}) {
    CAPTURE(wrong);
    CHECK(file.check(wrong) == verdict::mismatch);
  }
  CHECK(file.problem().empty());
}

TEST_CASE("a file that breaks a rule is refused with path, rule and remedy, and without its content") {
  using Catch::Contains;
  const temporary_directory directory;
  CHECK_THAT(refusal(directory / "missing"), Contains("missing") && Contains("cannot be opened"));
  CHECK_THAT(refusal(directory.path), Contains("not a regular file"));
  CHECK_THAT(refusal(directory.write("empty", "")), Contains("is empty"));
  CHECK_THAT(refusal(directory.write("blank", " \n\t\n")), Contains("is empty"));
  CHECK_THAT(refusal(directory.write("world", "hunter2", 0644)), Contains("chmod 640") && !Contains("hunter2"));
  CHECK_THAT(refusal(directory.write("shared", "hunter2", 0660)), Contains("chmod 640"));
  CHECK_THAT(refusal(directory.write("two", "hunter2\nhunter3")), Contains("one token") && !Contains("hunter"));
  CHECK_THAT(refusal(directory.write("binary", "hunter\x01")), Contains("one token") && !Contains("hunter"));
  CHECK_THAT(refusal(directory.write("large", std::string(4097, 'a'))), Contains("4096"));
  const std::string pipe = directory / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THAT(refusal(pipe), Contains("not a regular file"));

  CHECK(refusal(directory.write("limit", std::string(4096, 'a'))) == "accepted");
  CHECK(refusal(directory.write("group", "hunter2", 0640)) == "accepted");
  CHECK(refusal(directory.write("strict", "hunter2", 0400)) == "accepted");
}

TEST_CASE("a changed file counts within a second, and closes the door while it breaks a rule") {
  const temporary_directory directory;
  tt::testing::manual_clock clock;
  const std::string path = directory.write("token", "first1");
  tt::token_file file(path, clock);
  CHECK(file.check("first1") == verdict::match);

  directory.write("token", "second");  // same size, and within one tick of the file system's clock
  clock.advance(999ms);
  CHECK(file.check("first1") == verdict::match);
  clock.advance(1ms);
  CHECK(file.check("first1") == verdict::mismatch);
  CHECK(file.check("second") == verdict::match);

  std::filesystem::remove(path);
  clock.advance(1s);
  CHECK(file.check("second") == verdict::unusable);
  CHECK(file.check("") == verdict::unusable);
  CHECK_THAT(file.problem(), Catch::Contains("cannot be opened"));

  directory.write("token", "");
  clock.advance(1s);
  CHECK(file.check("") == verdict::unusable);

  directory.write("next", "third");
  std::filesystem::rename(directory / "next", path);
  clock.advance(1s);
  CHECK(file.check("third") == verdict::match);
  CHECK(file.problem().empty());
}
