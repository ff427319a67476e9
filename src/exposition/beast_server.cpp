// The default server. Everything but the health endpoints runs on one thread, so that connections need no locks;
// deadlines come from Beast's stream, which closes the connection under whatever operation is pending.
#include "base/background_thread.hpp"
#include "exposition/listen_address.hpp"

#include <telltale/exposition/server.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/optional.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <ctime>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace telltale {
inline namespace v0 {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;

using protocol = asio::generic::stream_protocol;
using executor = asio::io_context::executor_type;
using acceptor = asio::basic_socket_acceptor<protocol, executor>;
using socket = asio::basic_stream_socket<protocol, executor>;
using stream = beast::basic_stream<protocol, executor>;

// A request body that is parsed and dropped.
struct dropped_body {
  struct value_type {};
  class reader {
   public:
    template <bool IsRequest, class Fields>
    reader(http::header<IsRequest, Fields>&, value_type&) noexcept {}
    void init(const boost::optional<std::uint64_t>&, error_code& problem) noexcept { problem = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& problem) noexcept {
      problem = {};
      return beast::buffer_bytes(buffers);
    }
    void finish(error_code& problem) noexcept { problem = {}; }
  };
};

constexpr std::string_view reason_of(int status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Content Too Large";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "";
  }
}

// "Sun, 06 Nov 1994 08:49:37 GMT", spelled here because strftime asks the locale.
void append_date(std::string& out) {
  static constexpr std::string_view days = "SunMonTueWedThuFriSat";
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  const auto two = [&](int value) {
    out += static_cast<char>('0' + value / 10);
    out += static_cast<char>('0' + value % 10);
  };
  out += days.substr(static_cast<std::size_t>(utc.tm_wday) * 3, 3);
  out += ", ";
  two(utc.tm_mday);
  out += ' ';
  out += months.substr(static_cast<std::size_t>(utc.tm_mon) * 3, 3);
  out += ' ';
  out += std::to_string(utc.tm_year + 1900);
  out += ' ';
  two(utc.tm_hour);
  out += ':';
  two(utc.tm_min);
  out += ':';
  two(utc.tm_sec);
  out += " GMT";
}

void append_head(std::string& out, const http_response& response, bool keep_alive) {
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_of(response.status);
  out += "\r\nDate: ";
  append_date(out);
  if (!response.content_type.empty()) {
    out += "\r\nContent-Type: ";
    out += response.content_type;
  }
  for (const auto& [name, value] : response.headers) {
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  out += "\r\nContent-Length: ";
  out += std::to_string(response.length);
  out += keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
}

http_response problem_response(int status) {
  http_response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::make_shared<const std::string>(std::string(reason_of(status)) + '\n');
  response.length = response.body->size();
  return response;
}

void prepare(int descriptor) noexcept {
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  const int on = 1;  // pipelined answers must not wait for acknowledgements; fails on unix sockets, which never do
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

class connection;

// Runs the requests that may wait, one after the other: answers of health checks are kept, so the next in the line
// is served from what the first one waited for.
class waiting_room {
 public:
  ~waiting_room() { close(); }

  // Throws std::system_error when the thread cannot be started.
  template <class Work>
  void run(Work&& work) {
    if (!thread_.joinable()) {
      work_.emplace(context_.get_executor());
      thread_ = detail::start_background_thread("telltale-health", [this] { context_.run(); });
    }
    asio::post(context_, std::forward<Work>(work));
  }

  // Lets the running one end and drops the others.
  void close() noexcept {
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
  }

 private:
  asio::io_context context_{1};
  std::optional<asio::executor_work_guard<executor>> work_;
  std::thread thread_;
};

// What the connections share. Used on the server's thread alone, apart from the counters.
struct core {
  core(std::shared_ptr<handler> served, const server_options& chosen)
      : endpoints(std::move(served)), options(chosen), door(io), door_pause(io), stop_timer(io) {}

  void accept();
  void admit(socket accepted);
  void refuse(socket& rejected) noexcept;
  void begin_stop(milliseconds deadline);
  void end_if_empty();

  const std::shared_ptr<handler> endpoints;
  const server_options options;

  // In the order in which they began to wait; the first is the one to give up when room is needed.
  std::list<connection*> waiting;
  std::list<connection*> busy;
  bool stopping = false;

  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> evicted{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> malformed{0};
  std::atomic<std::uint64_t> timeouts{0};

  // Last, because a connection that goes with it still uses the others.
  asio::io_context io{1};
  acceptor door;
  asio::steady_timer door_pause;
  asio::steady_timer stop_timer;
  waiting_room blocking;
};

void count(std::atomic<std::uint64_t>& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }

class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(core& owner, socket accepted)
      : core_(owner), stream_(std::move(accepted)), buffer_(owner.options.max_header_bytes + 16 * 1024) {
    place_ = core_.waiting.insert(core_.waiting.end(), this);
    core_.open.fetch_add(1, std::memory_order_relaxed);
  }
  ~connection() { close(); }

  void start() { next_request(core_.options.header_timeout); }

  // Off the lists; what is pending ends with operation_aborted.
  void close() noexcept {
    if (closed_) return;
    closed_ = true;
    (busy_ ? core_.busy : core_.waiting).erase(place_);
    core_.open.fetch_sub(1, std::memory_order_relaxed);
    stream_.close();
    core_.end_if_empty();
  }

 private:
  void mark_busy(bool busy) noexcept {
    if (closed_ || busy == busy_) return;
    auto& from = busy ? core_.waiting : core_.busy;
    auto& to = busy ? core_.busy : core_.waiting;
    to.splice(to.end(), from, place_);
    busy_ = busy;
  }

  void next_request(milliseconds patience) {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.options.max_header_bytes));
    parser_->body_limit(core_.options.max_body_bytes);
    if (buffer_.size() != 0) return read_header();  // pipelined
    stream_.expires_after(patience);
    stream_.async_read_some(buffer_.prepare(1024), [me = shared_from_this()](error_code problem, std::size_t size) {
      if (problem) return me->fail(problem);
      me->buffer_.commit(size);
      me->read_header();
    });
  }

  void read_header() {
    stream_.expires_after(core_.options.header_timeout);
    http::async_read_header(stream_, buffer_, *parser_, [me = shared_from_this()](error_code problem, std::size_t) {
      if (problem) return me->fail(problem);
      me->read_body();
    });
  }

  void read_body() {
    // Whoever waits for "100 Continue" gets the answer instead, which makes the body needless.
    const bool expects = parser_->get().find(http::field::expect) != parser_->get().end();
    if (parser_->is_done() || expects) return answer(!expects);
    stream_.expires_after(core_.options.body_timeout);
    http::async_read(stream_, buffer_, *parser_, [me = shared_from_this()](error_code problem, std::size_t) {
      if (problem) return me->fail(problem);
      me->answer(true);
    });
  }

  void answer(bool may_keep) {
    const auto& message = parser_->get();
    const std::size_t hosts = message.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && message.version() >= 11)) return reject(400);
    count(core_.requests);
    keep_alive_ = may_keep && parser_->keep_alive();

    headers_.clear();
    for (const auto& line : message) {
      headers_.push_back({{line.name_string().data(), line.name_string().size()},
                          {line.value().data(), line.value().size()}});
    }
    request_.method = {message.method_string().data(), message.method_string().size()};
    request_.target = {message.target().data(), message.target().size()};
    request_.headers = headers_;
    mark_busy(true);
    stream_.expires_never();

    if (!core_.endpoints->may_block(request_)) {
      response_ = respond();
      return write();
    }
    // The work guard keeps the server's thread going until the answer is back.
    core_.blocking.run([me = shared_from_this(), guard = asio::make_work_guard(core_.io)]() mutable {
      me->response_ = me->respond();
      asio::post(guard.get_executor(), [me = std::move(me)] { me->write(); });
    });
  }

  http_response respond() const {
    try {
      return core_.endpoints->handle(request_);
    } catch (const std::exception&) {  // no memory
      return problem_response(500);
    }
  }

  void write() {
    if (closed_) return;
    keep_alive_ = keep_alive_ && !core_.stopping;
    head_.clear();
    append_head(head_, response_, keep_alive_);
    const std::string_view body = response_.text();
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head_), asio::buffer(body.data(), body.size())};
    stream_.expires_after(core_.options.write_timeout);
    asio::async_write(stream_, parts, [me = shared_from_this()](error_code problem, std::size_t) {
      me->response_ = {};  // gives a scrape's buffer back
      if (problem) return me->fail(problem);
      me->mark_busy(false);
      if (me->core_.stopping) return me->close();
      if (me->keep_alive_) return me->next_request(me->core_.options.idle_timeout);
      me->part();
    });
  }

  void reject(int status) {
    count(core_.malformed);
    mark_busy(true);
    keep_alive_ = false;
    response_ = problem_response(status);
    write();
  }

  void fail(error_code problem) {
    if (closed_) return;
    if (problem == beast::error::timeout) {
      count(core_.timeouts);
      return close();
    }
    const bool broken = problem.category() == error_code(http::error::bad_method).category() &&
                        problem != http::error::end_of_stream && problem != http::error::partial_message;
    if (!broken) return close();  // the client went away
    if (problem == http::error::header_limit || problem == http::error::buffer_overflow) return reject(431);
    reject(problem == http::error::body_limit ? 413 : 400);
  }

  // Closes in a way that lets the client read the answer: closing with its bytes unread would reset the connection
  // and take the answer away from it.
  void part() {
    error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    drain(256 * 1024);
  }

  void drain(std::size_t left) {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(4096),
                            [me = shared_from_this(), left](error_code problem, std::size_t size) {
                              if (problem || size >= left) return me->close();
                              me->drain(left - size);
                            });
  }

  core& core_;
  stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<dropped_body>> parser_;
  std::vector<http_header> headers_;
  http_request request_;
  http_response response_;
  std::string head_;
  std::list<connection*>::iterator place_;
  bool keep_alive_ = false;
  bool busy_ = false;
  bool closed_ = false;
};

void core::accept() {
  door.async_accept(io, [this](error_code problem, socket accepted_socket) {
    if (stopping || problem == asio::error::operation_aborted) return;
    try {
      if (!problem) {
        admit(std::move(accepted_socket));
        return accept();
      }
      // No descriptors or memory left: give one back and try again soon, since the kernel would repeat at once.
      if (!waiting.empty()) {
        count(evicted);
        waiting.front()->close();
      }
    } catch (const std::exception&) {  // no memory for this one
    }
    door_pause.expires_after(milliseconds(50));
    door_pause.async_wait([this](error_code cancelled) {
      if (!cancelled) accept();
    });
  });
}

void core::admit(socket accepted_socket) {
  prepare(accepted_socket.native_handle());
  count(accepted);
  if (waiting.size() + busy.size() >= options.max_connections) {
    if (waiting.empty()) return refuse(accepted_socket);
    count(evicted);
    waiting.front()->close();
  }
  std::make_shared<connection>(*this, std::move(accepted_socket))->start();
}

// Without state and without waiting: what does not fit into the socket's buffer is not sent.
void core::refuse(socket& rejected) noexcept {
  count(refused);
  constexpr std::string_view text =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  [[maybe_unused]] const ssize_t sent =
      ::send(rejected.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void core::begin_stop(milliseconds deadline) {
  stopping = true;
  error_code ignored;
  door.close(ignored);
  door_pause.cancel();
  while (!waiting.empty()) waiting.front()->close();
  if (busy.empty()) return;
  stop_timer.expires_after(deadline);
  stop_timer.async_wait([this](error_code cancelled) {
    if (cancelled) return;
    while (!waiting.empty()) waiting.front()->close();
    while (!busy.empty()) busy.front()->close();
    io.stop();  // also past the answers that still wait for a health check
  });
}

void core::end_if_empty() {
  if (stopping && waiting.empty() && busy.empty()) stop_timer.cancel();
}

void validate(const server_options& options, const handler* endpoints) {
  using tt_code = v0::error_code;
  if (endpoints == nullptr) throw error(tt_code::invalid_option, "the server has no handler; pass one");
  const auto in_range = [](const char* name, auto value, auto low, auto high) {
    if (value >= low && value <= high) return;
    throw error(tt_code::invalid_option, std::string("server option ") + name + " is " + std::to_string(value) +
                                             "; it must be from " + std::to_string(low) + " to " +
                                             std::to_string(high));
  };
  constexpr std::int64_t hour = milliseconds(std::chrono::hours(1)).count();
  in_range("header_timeout", std::int64_t{options.header_timeout.count()}, std::int64_t{1}, hour);
  in_range("body_timeout", std::int64_t{options.body_timeout.count()}, std::int64_t{1}, hour);
  in_range("write_timeout", std::int64_t{options.write_timeout.count()}, std::int64_t{1}, hour);
  in_range("idle_timeout", std::int64_t{options.idle_timeout.count()}, std::int64_t{1}, hour);
  in_range("max_header_bytes", options.max_header_bytes, std::size_t{256}, std::size_t{1} << 20);
  in_range("max_body_bytes", options.max_body_bytes, std::size_t{0}, std::size_t{1} << 30);
  in_range("max_connections", options.max_connections, std::size_t{1}, std::size_t{65536});
}

}  // namespace

struct server::impl {
  impl(std::shared_ptr<handler> endpoints, const server_options& options)
      : listening(options.address), shared(std::move(endpoints), options) {
    shared.door.assign(protocol(listening.family(), 0), listening.release());
    shared.accept();
    thread = detail::start_background_thread("telltale-http", [this] { run(); });
  }
  ~impl() { stop(std::chrono::seconds(2)); }

  void run() noexcept {
    // What a handler throws (no memory) costs the connection that it belongs to, which is closed on the way.
    while (true) {
      try {
        shared.io.run();
        return;
      } catch (const std::exception&) {
      }
    }
  }

  void stop(milliseconds deadline) noexcept {
    const std::lock_guard lock(stop_mutex);
    if (!thread.joinable()) return;
    asio::post(shared.io, [this, deadline] { shared.begin_stop(deadline); });
    thread.join();
    shared.blocking.close();
  }

  detail::listener listening;
  core shared;
  std::mutex stop_mutex;
  std::thread thread;  // guarded by stop_mutex once it runs
};

server server::start(std::shared_ptr<handler> endpoints, server_options options) {
  validate(options, endpoints.get());
  try {
    return server(std::make_unique<impl>(std::move(endpoints), options));
  } catch (const std::system_error& problem) {
    throw error(v0::error_code::address_unavailable, "the server for " + options.address + " cannot start: " +
                                                         problem.what() + "; allow the process more resources");
  }
}

result<server> server::try_start(std::shared_ptr<handler> endpoints, server_options options) {
  try {
    return start(std::move(endpoints), std::move(options));
  } catch (const error& problem) {
    return problem;
  }
}

server::server(std::unique_ptr<impl> state) noexcept : impl_(std::move(state)) {}
server::~server() = default;
server::server(server&&) noexcept = default;
server& server::operator=(server&&) noexcept = default;

const std::string& server::address() const noexcept { return impl_->listening.address(); }

server_statistics server::statistics() const noexcept {
  const core& shared = impl_->shared;
  server_statistics counts;
  counts.connections = shared.accepted.load(std::memory_order_relaxed);
  counts.connections_open = shared.open.load(std::memory_order_relaxed);
  counts.evicted = shared.evicted.load(std::memory_order_relaxed);
  counts.refused = shared.refused.load(std::memory_order_relaxed);
  counts.requests = shared.requests.load(std::memory_order_relaxed);
  counts.malformed = shared.malformed.load(std::memory_order_relaxed);
  counts.timeouts = shared.timeouts.load(std::memory_order_relaxed);
  return counts;
}

void server::stop(milliseconds deadline) noexcept { impl_->stop(deadline); }

}  // namespace v0
}  // namespace telltale
