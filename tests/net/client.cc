#include "client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace immudb::tests {

// Their parameters are libnghttp2's. NOLINTBEGIN(readability-function-size)
struct ClientCallbacks {
  static Client& Of(void* user_data) { return *static_cast<Client*>(user_data); }

  static int OnHeader(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                      std::size_t value_size, std::uint8_t /*flags*/, void* user_data) {
    Of(user_data).replies_[frame->hd.stream_id].fields.emplace(
        std::string(reinterpret_cast<const char*>(name), name_size),
        std::string(reinterpret_cast<const char*>(value), value_size));
    return 0;
  }
  static int OnData(nghttp2_session* /*session*/, std::uint8_t /*flags*/, std::int32_t id,
                    const std::uint8_t* data, std::size_t size, void* user_data) {
    Of(user_data).replies_[id].body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int OnClose(nghttp2_session* /*session*/, std::int32_t id, std::uint32_t error,
                     void* user_data) {
    Of(user_data).replies_[id].closed_as = error;
    return 0;
  }
  static ssize_t Read(nghttp2_session* /*session*/, std::int32_t id, std::uint8_t* buffer,
                      std::size_t size, std::uint32_t* flags, nghttp2_data_source* /*source*/,
                      void* user_data) {
    std::string& upload = Of(user_data).uploads_[id];
    const std::size_t taken = std::min(size, upload.size());
    std::copy_n(upload.begin(), taken, buffer);
    upload.erase(0, taken);
    if (upload.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(taken);
  }
};
// NOLINTEND(readability-function-size)

std::string Framed(std::string_view message) {
  const auto size = static_cast<std::uint32_t>(message.size());
  std::string framed(1, '\0');
  for (const unsigned shift : {24U, 16U, 8U, 0U}) framed += static_cast<char>(size >> shift);
  return framed.append(message);
}

std::unique_ptr<Client> Client::ToPort(std::uint16_t port, SSL_CTX* tls) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return nullptr;
  }
  return On(fd, tls);
}

std::unique_ptr<Client> Client::ToPath(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return nullptr;
  }
  return On(fd, nullptr);
}

std::unique_ptr<Client> Client::On(int fd, SSL_CTX* tls) {
  std::unique_ptr<Client> client(new Client);
  client->fd_ = fd;
  if (tls != nullptr) {
    sigset_t signals;  // This thread's; the server has to look after its own.
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    client->ssl_ = SSL_new(tls);
    SSL_set_fd(client->ssl_, fd);
    if (SSL_connect(client->ssl_) != 1) return nullptr;
  }
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, ClientCallbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, ClientCallbacks::OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, ClientCallbacks::OnClose);
  nghttp2_session_client_new(&client->session_, callbacks, client.get());
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(client->session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  return client;
}

Client::~Client() {
  if (session_ != nullptr) nghttp2_session_del(session_);
  if (ssl_ != nullptr) SSL_free(ssl_);
  if (fd_ >= 0) close(fd_);
}

std::int32_t Client::Begin(const std::string& method, std::string_view message) {
  const auto field = [](std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
      return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
  };
  const std::array<nghttp2_nv, 6> fields = {
      field(":method", "POST"), field(":scheme", "http"),
      field(":path", method),   field(":authority", "test"),
      field("te", "trailers"),  field("content-type", "application/grpc")};
  nghttp2_data_provider provider{};
  provider.read_callback = ClientCallbacks::Read;
  const std::int32_t id =
      nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &provider, nullptr);
  uploads_[id] = Framed(message);
  Flush();
  return id;
}

Reply Client::Await(std::int32_t id) {
  while (!replies_[id].closed_as && Flush() && ReadSome()) {
  }
  return replies_[id];
}

bool Client::SendRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ssl_ != nullptr
                          ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                          : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::Flush() {
  for (;;) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &data);
    if (size <= 0) return size == 0;
    if (!SendRaw({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)})) {
      return false;
    }
  }
}

bool Client::ReadSome() {
  std::array<std::uint8_t, 65536> buffer{};
  const auto size = ssl_ != nullptr ? SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))
                                    : recv(fd_, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  return nghttp2_session_mem_recv(session_, buffer.data(), static_cast<std::size_t>(size)) >= 0;
}

bool Client::AwaitEnd(int seconds) {
  std::array<std::uint8_t, 65536> buffer{};
  for (;;) {
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, seconds * 1000) != 1) return false;
    if (recv(fd_, buffer.data(), buffer.size(), 0) <= 0) return true;
  }
}

std::string Client::PeerName() const {
  X509* const certificate = SSL_get1_peer_certificate(ssl_);
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  X509_free(certificate);
  return name.data();
}

}  // namespace immudb::tests
