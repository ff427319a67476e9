#include <telltale/tracing/sampler.hpp>

#include <cmath>
#include <string>

namespace telltale {
inline namespace v0 {

sampler sampler::ratio(double share) noexcept {
  if (!(share > 0)) return always_off();
  if (share >= 1) return always_on();
  const auto threshold = static_cast<std::uint64_t>(std::llround((1 - share) * static_cast<double>(never)));
  return sampler{threshold, false};
}

sampler sampler_from_environment(const environment& variables, const environment::complaint& complain) {
  constexpr std::string_view parent_prefix = "parentbased_";
  const sampler standard = sampler::parent_based(sampler::always_on());
  const std::optional<std::string> wanted = variables.text("OTEL_TRACES_SAMPLER");
  if (!wanted) return standard;

  std::string_view name = *wanted;
  const bool follows_parent = name.starts_with(parent_prefix);
  if (follows_parent) name.remove_prefix(parent_prefix.size());
  std::optional<sampler> root;
  if (name == "always_on") {
    root = sampler::always_on();
  } else if (name == "always_off") {
    root = sampler::always_off();
  } else if (name == "traceidratio") {
    root = sampler::ratio(variables.number("OTEL_TRACES_SAMPLER_ARG", 0, 1, complain).value_or(1));
  }
  if (!root) {
    if (complain) {
      complain("OTEL_TRACES_SAMPLER=" + *wanted +
               " is ignored and the default, parentbased_always_on, is used: it must be always_on, always_off or "
               "traceidratio, each also with the prefix parentbased_");
    }
    return standard;
  }
  return follows_parent ? sampler::parent_based(*root) : *root;
}

}  // namespace v0
}  // namespace telltale
