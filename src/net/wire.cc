#include "net/wire.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace immudb::net {
namespace {

constexpr std::size_t kGatherMax = 64;
// One TLS record. Pieces are copied together up to it: a record for each would cost a system call.
constexpr std::size_t kRecordBytesMax = 16U << 10;

IoResult Translate(TlsStream::Outcome outcome, std::size_t bytes) {
  switch (outcome) {
    case TlsStream::Outcome::kDone: return {IoResult::Kind::kDone, bytes};
    case TlsStream::Outcome::kWantRead: return {IoResult::Kind::kWantRead, 0};
    case TlsStream::Outcome::kWantWrite: return {IoResult::Kind::kWantWrite, 0};
    case TlsStream::Outcome::kClosed: break;
  }
  return {IoResult::Kind::kClosed, 0};
}

IoResult WritePlain(int fd, http2::Output& output) {
  std::array<BytesView, kGatherMax> views;
  const std::size_t count = output.Gather(views);
  std::array<iovec, kGatherMax> parts;  // NOLINT: written before it is read
  std::transform(views.begin(), views.begin() + static_cast<std::ptrdiff_t>(count), parts.begin(),
                 [](BytesView view) {
                   // The system's interface is not const-correct.
                   return iovec{const_cast<std::uint8_t*>(view.data()), view.size()};  // NOLINT
                 });
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  const auto sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) {
    const bool is_full = errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
    return {is_full ? IoResult::Kind::kWantWrite : IoResult::Kind::kClosed, 0};
  }
  output.Consume(static_cast<std::size_t>(sent));
  return {IoResult::Kind::kDone, static_cast<std::size_t>(sent)};
}

IoResult WriteTls(TlsStream& tls, http2::Output& output) {
  std::array<BytesView, kGatherMax> views;
  const std::size_t count = output.Gather(views);
  std::array<std::uint8_t, kRecordBytesMax> record;  // NOLINT: written before it is read
  std::size_t size = 0;
  for (std::size_t i = 0; i < count && size < record.size(); ++i) {
    const std::size_t part = std::min(views[i].size(), record.size() - size);
    std::copy_n(views[i].begin(), part, record.begin() + static_cast<std::ptrdiff_t>(size));
    size += part;
  }
  std::size_t written = 0;
  const auto outcome = tls.Write(BytesView(record.data(), size), written);
  if (outcome == TlsStream::Outcome::kDone) output.Consume(written);
  return Translate(outcome, written);
}

IoResult ReadTls(TlsStream& tls, std::span<std::uint8_t> buffer) {
  std::size_t total = 0;
  for (;;) {
    std::size_t bytes = 0;
    const auto outcome = tls.Read(buffer.subspan(total), bytes);
    if (outcome != TlsStream::Outcome::kDone) {
      // What was read comes first; the rest shows again at the next call.
      return total > 0 ? IoResult{IoResult::Kind::kDone, total} : Translate(outcome, 0);
    }
    total += bytes;
    if (total == buffer.size()) return {IoResult::Kind::kDone, total};
  }
}

}  // namespace

IoResult Wire::Handshake() {
  return tls_ == nullptr ? IoResult{IoResult::Kind::kDone, 0} : Translate(tls_->Handshake(), 0);
}

IoResult Wire::Read(std::span<std::uint8_t> buffer) {
  if (tls_ != nullptr) return ReadTls(*tls_, buffer);
  const auto received = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (received > 0) return {IoResult::Kind::kDone, static_cast<std::size_t>(received)};
  const bool is_empty = received < 0 && (errno == EAGAIN || errno == EINTR);
  return {is_empty ? IoResult::Kind::kWantRead : IoResult::Kind::kClosed, 0};
}

bool Wire::has_pending() const {
  return tls_ != nullptr && tls_->has_pending();
}

IoResult Wire::Write(http2::Output& output) {
  return tls_ == nullptr ? WritePlain(fd_, output) : WriteTls(*tls_, output);
}

void Wire::EndWriting() {
  if (tls_ != nullptr) tls_->Shutdown();
  shutdown(fd_, SHUT_WR);
}

}  // namespace immudb::net
