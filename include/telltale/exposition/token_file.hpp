// A bearer token that lives in a file, so that it shows neither in the environment nor in a command line and can be
// changed while the service runs: replace the file (best by rename) and the new token counts within a second.
#pragma once

#include <telltale/clock.hpp>
#include <telltale/detail/platform.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace telltale {
inline namespace v0 {

/// The rules for the file: a regular file of at most 4096 bytes; one token of visible ASCII characters, white space
/// around it is dropped; nobody but owner and group may read it, nobody but the owner may write it (mode 0640 or
/// stricter). A file that breaks a rule closes the door, it never opens it. Neither the token nor anything of what
/// was presented appears in a message.
///
/// Thread safety: all members may be called concurrently.
/// Cost: a comparison, and at most once a second a read of the file on the calling thread.
class TELLTALE_API token_file {
 public:
  enum class verdict : std::uint8_t {
    match,
    mismatch,
    unusable  ///< the file breaks a rule now: nobody is let in
  };

  /// Reads the file. Throws `error` (unusable_secret_file) that names the path, the rule broken and the remedy.
  explicit token_file(std::string path, const clock& time = system_clock());
  /// A token that is in no file, for what hands it over in the environment. Throws `error` (unusable_secret_file) unless it
  /// is visible ASCII characters alone. A file is better: it can be rotated, and no other program inherits it.
  static token_file holding(std::string_view token);
  ~token_file();
  token_file(token_file&&) noexcept;
  token_file& operator=(token_file&&) noexcept;

  /// Compares in a time that depends on the length of `presented` alone.
  verdict check(std::string_view presented) noexcept;

  /// Why the file cannot be used now: path, rule and remedy; empty when it can.
  std::string problem() const;

 private:
  struct impl;
  explicit token_file(std::unique_ptr<impl> state) noexcept;
  std::unique_ptr<impl> impl_;
};

}  // namespace v0
}  // namespace telltale
