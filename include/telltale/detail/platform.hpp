// The few compiler and linker facts that telltale's headers rely on, under names that say what they are for. The rest of
// the library is standard C++20.
#pragma once

// Marks what a shared telltale exports. The library is compiled with hidden visibility, so what is not
// marked is not part of its interface.
#define TELLTALE_API [[gnu::visibility("default")]]

// A branch that runs on mistakes and first uses: kept out of line so that the hot path stays short.
#define TELLTALE_COLD [[gnu::cold, gnu::noinline]]

// TELLTALE_DISABLE, a definition of a target that uses telltale: calls that count, observe, trace or log are nothing in its
// code. Types, layouts and set-up are the same, so such a target links with others that do count. The functions
// concerned have a tag in their symbols, so that no target ever gets the other's copy of one.
#if defined(TELLTALE_DISABLE)
#define TELLTALE_INLINE [[gnu::always_inline, gnu::abi_tag("disabled")]] inline
#define TELLTALE_SWITCHED TELLTALE_INLINE
#else
// Hot functions are inlined even where the compiler thinks that a call would do: the bounds in
// docs/performance.md are stated for the inlined form.
#define TELLTALE_INLINE [[gnu::always_inline]] inline
// Functions in headers that are not hot, and reach one that is: nothing where telltale is disabled.
#define TELLTALE_SWITCHED
#endif

namespace telltale {
inline namespace v0 {
namespace detail {
#if defined(TELLTALE_DISABLE)
constexpr bool enabled = false;
#else
constexpr bool enabled = true;
#endif
}  // namespace detail
}  // namespace v0
}  // namespace telltale

// A function without side effects: a call whose result is not used is left out.
#define TELLTALE_PURE [[gnu::pure]]

// One instruction that adds to memory where the compiler would take three. ThreadSanitizer does not see into it.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if !__has_feature(thread_sanitizer)
#define TELLTALE_ADDS_TO_MEMORY 1
#endif
#else
#define TELLTALE_ADDS_TO_MEMORY 1
#endif
#endif
