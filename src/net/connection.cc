#include "net/connection.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/wipe.h"

namespace immudb::net {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

// Read per round: small, so that a flood is noticed before it is worked through and others get
// their turn (32 KB instead of 256 KB doubled an honest client's rate under attack); larger for a
// peer that sends long messages, where it saves a third of the CPU.
constexpr std::size_t kReadBytes = 32U << 10;
constexpr std::size_t kBulkReadBytes = 256U << 10;

// Writes in a row before other connections get their turn.
constexpr int kWritesPerRound = 4;

// After the last frame, or once it was found abusive, the peer gets this long to read it: closing a
// socket with unread input would reset the connection and destroy the frame.
constexpr std::int64_t kLingerNs = 2'000 * kNsPerMs;

// Reads of what is thrown away before a connection is closed.
constexpr int kDiscardsMax = 16;

}  // namespace

Connection::Connection(GrpcLoop& loop, Accepted accepted)
    : loop_(loop),
      socket_(*loop.context_, accepted.socket.Release()),
      admission_key_(std::move(accepted.admission_key)),
      peer_(std::move(accepted.peer)),
      wire_(socket_.native_handle(),
            accepted.tls == nullptr
                ? nullptr
                : std::make_unique<TlsStream>(*accepted.tls, socket_.native_handle())),
      began_ns_(loop.shared_.clock.MonotonicNs()),
      last_written_ns_(began_ns_) {
  peer_.is_encrypted = wire_.is_encrypted();
}

Connection::~Connection() = default;

void Connection::Start() {
  if (!wire_.is_encrypted()) Handshake();
  WaitReadable();
}

void Connection::OnSessionOutput() {
  if (std::exchange(is_dirty_, true)) return;
  loop_.MarkDirty(shared_from_this());
}

void Connection::WaitReadable() {
  if (is_closed_) return;
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (self->is_closed_) return;
                       self->loop_.RunRound([&] {
                         self->Guard([&] {
                           if (error) return self->Close();
                           self->OnReadable();
                           self->WaitReadable();
                         });
                       });
                     });
}

void Connection::WaitWritable() {
  if (is_closed_ || std::exchange(waits_writable_, true)) return;
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->waits_writable_ = false;
                       if (self->is_closed_) return;
                       self->loop_.RunRound([&] {
                         self->Guard([&] {
                           if (error) return self->Close();
                           self->OnWritable();
                         });
                       });
                     });
}

void Connection::OnReadable() {
  if (finished_ns_ != 0) return Discard();
  if (Handshake()) ReadAll();
}

void Connection::OnWritable() {
  if (finished_ns_ == 0 && Handshake()) Flush();
}

bool Connection::Handshake() {
  if (session_) return true;
  switch (wire_.Handshake().kind) {
    case IoResult::Kind::kWantRead: return false;
    case IoResult::Kind::kWantWrite: WaitWritable(); return false;
    case IoResult::Kind::kClosed: Close(); return false;
    case IoResult::Kind::kDone: break;
  }
  session_.emplace(loop_.environment_, *this, std::move(peer_));
  if (loop_.is_draining_) session_->Drain();
  return true;
}

void Connection::ReadAll() {
  do {
    const auto buffer =
        loop_.read_buffer().first(session_->is_bulk() ? kBulkReadBytes : kReadBytes);
    const IoResult read = wire_.Read(buffer);
    if (read.kind == IoResult::Kind::kClosed) return Close();
    if (read.kind == IoResult::Kind::kWantWrite) return WaitWritable();
    if (read.kind == IoResult::Kind::kWantRead) return;
    loop_.bytes_received_.Add(read.bytes);
    session_->Feed(buffer.first(read.bytes));
    if (session_->was_fed_secrets()) Wipe(buffer.first(read.bytes));
    if (session_->abusive()) return PunishAbuse();
  } while (wire_.has_pending());
}

void Connection::Discard() {
  const auto buffer = loop_.read_buffer().first(kReadBytes);
  if (wire_.Read(buffer).kind == IoResult::Kind::kClosed) Close();
}

void Connection::DiscardAll() {
  for (int i = 0; i < kDiscardsMax && !is_closed_; ++i) {
    if (wire_.Read(loop_.read_buffer()).kind != IoResult::Kind::kDone) return;
  }
}

void Connection::Flush() {
  is_dirty_ = false;
  if (is_closed_ || !session_ || finished_ns_ != 0 || waits_writable_) return;
  for (int i = 0; i < kWritesPerRound; ++i) {
    session_->Fill();
    if (session_->output().empty()) break;
    const bool is_full =
        session_->output().size_bytes() >= loop_.shared_.options.limits.write_bytes_max;
    if (!WriteOutput()) {
      if (!lingers_ && !is_closed_) Close();  // It doesn't even read that it may go.
      return;
    }
    if (!is_full) break;
    if (i + 1 == kWritesPerRound) OnSessionOutput();
  }
  session_->ReleaseOutput();
  if (session_->finished()) Finish();
}

bool Connection::WriteOutput() {
  http2::Output& output = session_->output();
  while (!output.empty()) {
    const IoResult written = wire_.Write(output);
    if (written.kind == IoResult::Kind::kClosed) {
      Close();
      return false;
    }
    if (written.kind == IoResult::Kind::kWantWrite) {
      WaitWritable();
      return false;
    }
    if (written.kind == IoResult::Kind::kWantRead) return false;  // OnReadable flushes again.
    last_written_ns_ = loop_.shared_.clock.MonotonicNs();
    loop_.bytes_sent_.Add(written.bytes);
  }
  return true;
}

void Connection::Finish() {
  if (finished_ns_ != 0) return;
  finished_ns_ = loop_.shared_.clock.MonotonicNs();
  PunishAbuse();
  // Unread input would make the close a reset, which could overtake the last frame.
  if (!lingers_) DiscardAll();
  wire_.EndWriting();
  if (!lingers_) Close();
}

void Connection::PunishAbuse() {
  if (!session_ || !session_->abusive() || abusive_ns_ != 0) return;
  abusive_ns_ = loop_.shared_.clock.MonotonicNs();
  loop_.shared_.admission.Punish(admission_key_);
}

void Connection::Drain() {
  if (session_) {
    lingers_ = session_->open_calls() > 0;
    session_->Drain();
  } else {
    Close();
  }
}

void Connection::Tick() {
  const std::int64_t now_ns = loop_.shared_.clock.MonotonicNs();
  const ServerOptions& options = loop_.shared_.options;
  if (finished_ns_ != 0) {
    if (now_ns - finished_ns_ > kLingerNs) Close();
    return;
  }
  const bool is_established = session_ && session_->preface_received();
  const bool is_late = !is_established && now_ns - began_ns_ > options.handshake_ms * kNsPerMs;
  const bool is_stuck =
      waits_writable_ && now_ns - last_written_ns_ > options.limits.stall_ms * kNsPerMs;
  PunishAbuse();
  const bool is_expelled = abusive_ns_ != 0 && now_ns - abusive_ns_ > kLingerNs;
  if (is_late || (is_established && is_stuck) || is_expelled) {
    loop_.connections_stalled_.Add();
    return Close();
  }
  if (!session_) return;
  session_->Tick();
  if (session_->finished()) Finish();
}

void Connection::CloseForNoMemory() {
  if (const auto left_out = loop_.shared_.no_memory_lines.Allow()) {
    Log(LogLevel::kError, "a connection was closed for want of memory ({} lines left out)",
        *left_out);
  }
  Close();
}

void Connection::Close() {
  if (std::exchange(is_closed_, true)) return;
  PunishAbuse();
  session_.reset();
  boost::system::error_code ignored;
  socket_.close(ignored);
  loop_.shared_.admission.Release(admission_key_);
  loop_.Forget(*this);
}

}  // namespace immudb::net
