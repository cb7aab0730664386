#include "http2_client.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/error.h"

namespace immudb::bench {
namespace {

constexpr std::int32_t kWindowBytes = 16 << 20;
constexpr std::size_t kFrameBytes = 5;  // Of gRPC, before each message.

int ConnectedSocket(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    GiveUp(Text("no address of {}", host));
  }
  const int file = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool is_connected = connect(file, found->ai_addr, found->ai_addrlen) == 0;
  freeaddrinfo(found);
  if (!is_connected) GiveUp(Text("cannot connect to {}:{}", host, port));
  const int on = 1;
  setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(file, F_SETFL, O_NONBLOCK);
  return file;
}

nghttp2_nv Field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

// Their parameters are libnghttp2's. NOLINTBEGIN(readability-function-size)
struct Http2Callbacks {
  using Stream = Http2Client::Stream;

  static Stream* Of(nghttp2_session* session, std::int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                      std::size_t value_size, std::uint8_t /*flags*/, void* /*user_data*/) {
    Stream* const stream = Of(session, frame->hd.stream_id);
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (stream == nullptr) return 0;
    if (key == "grpc-status") {
      std::from_chars(text.data(), text.data() + text.size(), stream->status);
    }
    if (key == "grpc-message") stream->text = text;
    return 0;
  }
  static int OnData(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                    const std::uint8_t* data, std::size_t size, void* /*user_data*/) {
    if (Stream* const stream = Of(session, id)) {
      stream->reply.append(reinterpret_cast<const char*>(data), size);
    }
    return 0;
  }
  static int OnClose(nghttp2_session* session, std::int32_t id, std::uint32_t /*error*/,
                     void* user_data) {
    static_cast<Http2Client*>(user_data)->Ended(id, Of(session, id));
    return 0;
  }
  static ssize_t Read(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                      std::size_t size, std::uint32_t* flags, nghttp2_data_source* /*source*/,
                      void* /*user_data*/) {
    Stream* const stream = Of(session, id);
    const std::size_t taken = std::min(size, stream->body.size() - stream->sent);
    std::copy_n(stream->body.data() + stream->sent, taken, buffer);
    stream->sent += taken;
    if (stream->sent == stream->body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(taken);
  }
};
// NOLINTEND(readability-function-size)

Http2Client::Http2Client(const std::string& host, std::uint16_t port)
    : file_(ConnectedSocket(host, port)), authority_(Text("{}:{}", host, port)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Http2Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Http2Callbacks::OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Http2Callbacks::OnClose);
  nghttp2_session_client_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindowBytes);
  Send();
}

Http2Client::~Http2Client() {
  nghttp2_session_del(session_);
  close(file_);
}

void Http2Client::Start(Call call) {
  if (free_.empty()) free_.push_back(std::make_unique<Stream>());
  std::unique_ptr<Stream> stream = std::move(free_.back());
  free_.pop_back();
  stream->call = std::move(call);
  stream->sent = 0;
  stream->status = -1;
  stream->text.clear();
  stream->reply.clear();
  const std::string& message = stream->call.message;
  const auto size = static_cast<std::uint32_t>(message.size());
  stream->body.assign(1, '\0');
  for (const unsigned shift : {24U, 16U, 8U, 0U}) stream->body += static_cast<char>(size >> shift);
  stream->body += message;
  const std::array<nghttp2_nv, 8> fields = {Field(":method", "POST"),
                                            Field(":scheme", "http"),
                                            Field(":path", stream->call.path),
                                            Field(":authority", authority_),
                                            Field("te", "trailers"),
                                            Field("content-type", "application/grpc"),
                                            Field("user-agent", "immudb-load"),
                                            Field("authorization", token_)};
  nghttp2_data_provider provider{};
  provider.read_callback = Http2Callbacks::Read;
  stream->start = Clock::now();
  const std::size_t count = fields.size() - (token_.empty() ? 1 : 0);
  const std::int32_t id =
      nghttp2_submit_request(session_, nullptr, fields.data(), count, &provider, stream.get());
  if (id < 0) GiveUp(Text("no call is possible: {}", nghttp2_strerror(id)));
  static_cast<void>(stream.release());  // Owned by the call until Ended.
}

void Http2Client::Ended(std::int32_t id, Stream* stream) {
  if (stream == nullptr) return;
  nghttp2_session_set_stream_user_data(session_, id, nullptr);
  const std::string_view reply = stream->reply;
  on_answer_({.kind = stream->call.kind,
              .time = Clock::now() - stream->start,
              .status = stream->status,
              .text = stream->text,
              .message = reply.substr(std::min(kFrameBytes, reply.size()))});
  free_.emplace_back(stream);
}

std::string Http2Client::CallNow(std::string_view path, std::string message) {
  std::string reply;
  bool is_answered = false;
  const auto previous = std::exchange(on_answer_, [&](const Answer& answer) {
    if (answer.status != 0) GiveUp(Text("{}: {} {}", path, answer.status, answer.text));
    reply = answer.message;
    is_answered = true;
  });
  Start({.path = path, .message = std::move(message)});
  while (!is_answered) {
    Send();
    pollfd wait{file_, static_cast<short>(wants_to_send() ? POLLIN | POLLOUT : POLLIN), 0};
    poll(&wait, 1, -1);
    Receive();
  }
  on_answer_ = previous;
  return reply;
}

void Http2Client::Send() {
  while (true) {
    while (unsent_.size() < 65536) {
      const std::uint8_t* data = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &data);
      if (size < 0) GiveUp(nghttp2_strerror(static_cast<int>(size)));
      if (size == 0) break;
      unsent_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    if (unsent_.empty()) return;
    const ssize_t sent = send(file_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) GiveUp("the connection was lost");
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
}

void Http2Client::Receive() {
  std::array<std::uint8_t, 65536> buffer;  // NOLINT: as fast as it can be.
  const ssize_t size = recv(file_, buffer.data(), buffer.size(), 0);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) GiveUp("the server closed the connection");
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, buffer.data(), static_cast<std::size_t>(size));
  if (taken < 0) GiveUp(nghttp2_strerror(static_cast<int>(taken)));
}

}  // namespace immudb::bench
