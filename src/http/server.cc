#include "http/server.h"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace immudb::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;
using BeastRequest = beast::http::request<beast::http::empty_body>;
using BeastResponse = beast::http::response<beast::http::string_body>;

constexpr std::uint32_t kHeaderBytesMax = 8 << 10;
constexpr std::chrono::milliseconds kAcceptPause{100};  // When descriptors have run out.

// What the connections share; outlives them, on the one thread.
struct Shared {
  Handler handler;
  ServerOptions options;
  std::size_t connections = 0;
};

BeastResponse Answer(const BeastRequest& request, const Shared& shared) {
  BeastResponse response;
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  const bool is_head = request.method() == beast::http::verb::head;
  Response answer;
  if (request.method() == beast::http::verb::get || is_head) {
    const std::string target(request.target());
    answer = shared.handler(target.substr(0, target.find('?')));
  } else {
    answer = {.status = 405, .body = "only GET and HEAD are served\n"};
    response.set(beast::http::field::allow, "GET, HEAD");
  }
  response.result(answer.status);
  response.set(beast::http::field::content_type, answer.content_type);
  response.set("X-Content-Type-Options", "nosniff");
  response.content_length(answer.body.size());
  if (!is_head) response.body() = std::move(answer.body);
  return response;
}

// One connection. It owns itself until it is closed.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++shared_.connections;
  }
  ~Connection() { --shared_.connections; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Read() {
    stream_.expires_after(std::chrono::milliseconds(shared_.options.request_ms));
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    beast::http::async_read(stream_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (!error) self->Write();
                            });
  }

 private:
  void Write() {
    response_ = Answer(parser_->get(), shared_);
    // A body that was announced was not read, and what follows it is no request.
    if (parser_->content_length_remaining().value_or(0) > 0 || parser_->chunked()) {
      response_.keep_alive(false);
    }
    beast::http::async_write(stream_, response_,
                             [self = shared_from_this()](beast::error_code error, std::size_t) {
                               if (!error && self->response_.keep_alive()) return self->Read();
                               beast::error_code ignored;
                               self->stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
                             });
  }

  beast::tcp_stream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_{kHeaderBytesMax};
  std::optional<beast::http::request_parser<beast::http::empty_body>> parser_;
  BeastResponse response_;
};

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerOptions& options, Handler handler)
      : shared_{.handler = std::move(handler), .options = options} {}

  ~Impl() {
    context_.stop();
    thread_ = {};
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status Start() {
    boost::system::error_code error;
    const std::string& host = shared_.options.host;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error) return Fail(Code::kInvalidArgument, "{} is no address to listen on", host);
    const Tcp::endpoint endpoint(address, shared_.options.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return Fail(Code::kIo, "cannot listen on {}:{}: {}", host, shared_.options.port,
                  error.message());
    }
    port_ = acceptor_.local_endpoint(error).port();
    Accept();
    try {
      thread_ = std::jthread([this] { context_.run(); });
    } catch (const std::system_error&) {
      return Fail(Code::kExhausted, "the system gives no thread");
    }
    return {};
  }

  std::uint16_t port() const { return port_; }

 private:
  void Accept() {
    acceptor_.async_accept([this](boost::system::error_code error, Tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        pause_.expires_after(kAcceptPause);
        return pause_.async_wait([this](boost::system::error_code) { Accept(); });
      }
      if (shared_.connections < shared_.options.connections_max) {
        std::make_shared<Connection>(std::move(socket), shared_)->Read();
      }
      Accept();
    });
  }

  Shared shared_;
  asio::io_context context_{1};  // Destroys the connections that are left.
  Tcp::acceptor acceptor_{context_};
  asio::steady_timer pause_{context_};
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Handler handler) {
  auto impl = std::make_unique<Impl>(options, std::move(handler));
  IMMUDB_TRY(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
  return impl_->port();
}

}  // namespace immudb::http
