// The few compiler and linker facts that telltale's headers rely on. Everything else in the library is
// standard C++20; this file is the only place where an attribute is spelled.
#pragma once

// Marks what a shared telltale exports. The library is compiled with hidden visibility, so what is not
// marked is not part of its interface.
#define TELLTALE_API [[gnu::visibility("default")]]

// A branch that runs on mistakes and first uses: kept out of line so that the hot path stays short.
#define TELLTALE_COLD [[gnu::cold, gnu::noinline]]

// Hot functions are inlined even where the compiler thinks that a call would do: the bounds in
// docs/performance.md are stated for the inlined form.
#define TELLTALE_INLINE [[gnu::always_inline]] inline

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
