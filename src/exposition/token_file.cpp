#include <telltale/exposition/token_file.hpp>
#include <telltale/result.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <system_error>

namespace telltale {
inline namespace v0 {

namespace {

constexpr std::size_t max_bytes = 4096;
constexpr std::chrono::seconds reading_interval{1};

struct descriptor {
  int number;
  explicit descriptor(int opened) noexcept : number(opened) {}
  ~descriptor() {
    if (number >= 0) ::close(number);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
};

std::string reason(int code) { return std::generic_category().message(code); }

std::string_view without_blanks(std::string_view text) noexcept {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (c < '!' || c > '~') return false;
  }
  return !text.empty();
}

// Reads the file into `token`, or says what is wrong with it.
std::string read_token(const std::string& path, std::string& token) {
  token.clear();
  const std::string file = "token file \"" + path + "\" ";
  // Not blocking: what is at the path may be a pipe that nobody writes to.
  const descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened.number < 0) {
    return file + "cannot be opened: " + reason(errno) + "; give a path that this process may read";
  }
  struct stat facts {};
  if (::fstat(opened.number, &facts) != 0) return file + "cannot be examined: " + reason(errno);
  if (!S_ISREG(facts.st_mode)) return file + "is not a regular file; put the token into one";
  if ((facts.st_mode & (S_IWGRP | S_IROTH | S_IWOTH)) != 0) {
    return file +
           "may be written by its group or read or written by everybody; run chmod 640 on it (Kubernetes: "
           "defaultMode 0440)";
  }
  std::array<char, max_bytes + 1> bytes;
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(opened.number, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file + "cannot be read: " + reason(errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) return file + "holds more than 4096 bytes; it must hold one token and nothing else";

  const std::string_view text = without_blanks({bytes.data(), size});
  if (text.empty()) return file + "is empty; write the token into it";
  if (!is_token(text)) return file + "holds something other than one token of visible ASCII characters; write the token alone";
  token = text;
  return {};
}

bool equal_in_constant_time(std::string_view secret, std::string_view presented) noexcept {
  // Volatile, so that no compiler leaves the loop at the first difference.
  volatile unsigned difference = secret.size() == presented.size() ? 0 : 1;
  for (std::size_t i = 0; i < presented.size(); ++i) {
    const unsigned other = static_cast<unsigned char>(secret[i % secret.size()]);
    difference = difference | (other ^ static_cast<unsigned char>(presented[i]));
  }
  return difference == 0;
}

}  // namespace

struct token_file::impl {
  impl(std::string file, const clock& source) : path(std::move(file)), time(&source) {}

  const std::string path;
  const clock* const time;
  std::mutex mutex;
  std::string token;    // empty when it cannot be used
  std::string problem;
  steady_time read_at{};

  // The file is read again rather than compared by time and size: it is small, and a change within the resolution
  // of the file system's clock would go unnoticed.
  void refresh() {
    if (path.empty()) return;  // the token was given
    const steady_time now = time->steady_now();
    if (now - read_at < reading_interval) return;
    read_at = now;
    problem = read_token(path, token);
  }
};

token_file::token_file(std::string path, const clock& time) : impl_(std::make_unique<impl>(std::move(path), time)) {
  impl_->read_at = time.steady_now();
  impl_->problem = read_token(impl_->path, impl_->token);
  if (!impl_->problem.empty()) throw error(error_code::unusable_secret_file, impl_->problem);
}

token_file::token_file(std::unique_ptr<impl> state) noexcept : impl_(std::move(state)) {}

token_file token_file::holding(std::string_view token) {
  auto state = std::make_unique<impl>(std::string{}, system_clock());
  state->token = without_blanks(token);
  if (!is_token(state->token)) {
    throw error(error_code::unusable_secret_file,
                "the bearer token is empty or has something other than visible ASCII characters in it; give the token alone");
  }
  return token_file(std::move(state));
}

token_file::~token_file() = default;
token_file::token_file(token_file&&) noexcept = default;
token_file& token_file::operator=(token_file&&) noexcept = default;

token_file::verdict token_file::check(std::string_view presented) noexcept {
  const std::lock_guard lock(impl_->mutex);
  try {
    impl_->refresh();
  } catch (const std::bad_alloc&) {
    impl_->token.clear();
  }
  if (impl_->token.empty()) return verdict::unusable;
  return equal_in_constant_time(impl_->token, presented) ? verdict::match : verdict::mismatch;
}

std::string token_file::problem() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->problem;
}

}  // namespace v0
}  // namespace telltale
