#include "unit/metrics/example_labels.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace tt = telltale;

namespace {

enum class with_gap { first, third = 2 };
enum class negative { below = -1, zero = 0 };
enum class flag : bool { off, on };
enum class aliased { one, uno = one, two };
enum class wide : unsigned long long { a, b, c };

template <class T>
struct outer {
  enum class inner { alpha, beta };
};

}  // namespace

TEST_CASE("a label's values are the enumerators' names") {
  CHECK(example::by_provider::name() == "provider");
  REQUIRE(example::by_provider::values().size() == 2);
  CHECK(example::by_provider::values()[0] == "stripe");
  CHECK(example::by_provider::values()[1] == "adyen");
}

TEST_CASE("a specialisation gives other spellings") {
  CHECK(example::by_method::values()[0] == "GET");
  CHECK(example::by_method::values()[1] == "POST");
}

TEST_CASE("names are found for enums of every shape") {
  using tt::detail::enumerator_name;
  CHECK(enumerator_name(flag::on) == "on");
  CHECK(enumerator_name(aliased::uno) == "one");
  CHECK(enumerator_name(aliased::two) == "two");
  CHECK(enumerator_name(negative::below) == "below");
  CHECK(enumerator_name(with_gap::third) == "third");
  CHECK(enumerator_name(wide::c) == "c");
  CHECK(tt::detail::enumerators_start_at_zero_without_gaps<flag>());  // in an anonymous namespace, as all of these
  CHECK(enumerator_name(outer<std::pair<int, char>>::inner::beta) == "beta");
  CHECK(enumerator_name(static_cast<example::provider>(7)).empty());
  CHECK(enumerator_name(static_cast<example::provider>(-1)).empty());
}

TEST_CASE("gaps and values below zero are told apart from a dense enum") {
  CHECK(tt::detail::enumerators_start_at_zero_without_gaps<example::provider>());
  CHECK_FALSE(tt::detail::enumerators_start_at_zero_without_gaps<with_gap>());
  CHECK_FALSE(tt::detail::enumerators_start_at_zero_without_gaps<negative>());
}

TEST_CASE("a value that is no enumerator is out of range, also when its low bits are not") {
  using label = tt::label<"wide", wide>;
  CHECK(label(wide::c).in_range());
  CHECK_FALSE(label(static_cast<wide>(3)).in_range());
  CHECK_FALSE(label(static_cast<wide>(1ULL << 32)).in_range());
  CHECK_FALSE(example::by_provider(static_cast<example::provider>(-1)).in_range());
}
