// What the tests of the packs share: a registry, and a tracer whose finished spans can be looked at.
#pragma once

#include <telltale/families.hpp>
#include <telltale/testing/captured_spans.hpp>
#include <telltale/testing/values.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tt = telltale;
namespace families = tt::families;
using tt::testing::observations;
using tt::testing::value;

struct observed {
  tt::registry metrics;
  tt::testing::captured_spans spans;
  tt::tracer traces{{.processor = spans.processor()}};

  /// The attribute's text, or an empty one.
  static std::string text(const tt::span_data& span, std::string_view key) {
    const auto found = tt::testing::attribute_of(span, key);
    return found && found->type() == tt::attribute_value::kind::text ? std::string(found->as_text()) : std::string{};
  }

  bool has(std::string_view name) const { return metrics.collect().find(name) != nullptr; }
};

enum class psp { stripe, adyen };
enum class psp_call { charge, capture, refund };
using by_psp = tt::label<"provider", psp>;
using by_call = tt::label<"operation", psp_call>;
