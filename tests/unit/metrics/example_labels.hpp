// The labels that the tests of metrics share.
#pragma once

#include <telltale/metrics.hpp>

namespace example {

enum class provider { stripe, adyen };
enum class outcome { approved, declined, failed };
enum class method : unsigned char { get, post };

using by_provider = telltale::label<"provider", provider>;
using by_outcome = telltale::label<"outcome", outcome>;
using by_method = telltale::label<"method", method>;
using by_merchant = telltale::text_label<"merchant", 3>;

}  // namespace example

template <>
inline constexpr std::array<std::string_view, 2> telltale::enum_names<example::method>{"GET", "POST"};
