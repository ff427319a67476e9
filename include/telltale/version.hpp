// The version of telltale: three macros for the preprocessor, one string for people.
//
// The macros are the version of the headers a program was compiled with; version() is the version
// of the library it runs with. They differ when a shared library was replaced: while the major
// version is 0, a minor version may break the interface, and the shared library's name says so.
//
// Thread safety: everything here is constant.
// Cost: nothing.
#pragma once

#include <string_view>

#include <telltale/detail/platform.hpp>

#define TELLTALE_VERSION_MAJOR 0
#define TELLTALE_VERSION_MINOR 1
#define TELLTALE_VERSION_PATCH 0

namespace telltale {
inline namespace v0 {

/// The version of the library in use, "major.minor.patch". The text lives as long as the program.
[[nodiscard]] TELLTALE_API std::string_view version() noexcept;

}  // namespace v0
}  // namespace telltale
