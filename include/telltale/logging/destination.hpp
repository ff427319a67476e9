// The usual destinations of log lines: standard output, standard error, a file. spdlog carries them (its headers are
// not needed here), so this is the one part of logging that needs the library telltale::telltale, not only
// telltale::core.
#pragma once

#include <telltale/detail/platform.hpp>
#include <telltale/logging/sink.hpp>
#include <telltale/result.hpp>

#include <memory>
#include <string_view>

namespace telltale {
inline namespace v0 {

/// A sink for "stdout", "stderr" or the path of a file, which is created (mode 0640 less the umask) or appended to;
/// "./stdout" is a file. Whole lines go out together, never half a line in one write and half in the next.
///
/// - stdout, stderr: one write(2) a line, straight to the descriptor, so nothing waits in this process. A reader that
///   went away raises SIGPIPE, as for every program that prints; where that is ignored, the lines count as lost.
/// - file: lines gather in memory, up to 64 KiB, and are written when that is full, at once with a line of level
///   warn or above, on flush(), on destruction, before a fork, and once a second by a thread of the sink's own that
///   starts with the first line. A process that is killed loses at most a second of lines below warn.
///
/// A forked child may go on logging; lines logged before the fork are written once.
///
/// A write that fails at run time (disk full) loses the lines it held, which are counted in `lost_lines()`; the
/// next write is tried again. A line cut short by such a failure is ended with a newline first.
///
/// Throws `error` `unusable_file` with the path, the reason and the remedy when the file cannot be opened, and
/// `invalid_option` when `destination` is empty.
TELLTALE_API std::shared_ptr<log_sink> make_log_sink(std::string_view destination);

/// The same, with the error as a value.
TELLTALE_API result<std::shared_ptr<log_sink>> try_make_log_sink(std::string_view destination);

}  // namespace v0
}  // namespace telltale
