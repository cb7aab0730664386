// One connection of a peer: moves bytes between a socket and an HTTP/2 session.

#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "http2/session.h"
#include "net/admission.h"
#include "net/grpc_loop.h"
#include "net/wire.h"

namespace immudb::net {

// Kept by its loop and by every pending wait, each of which looks at is_closed_ first. Loop's
// thread only.
class Connection final : public http2::SessionHost,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(GrpcLoop& loop, Accepted accepted);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  // To be called once, when a shared_ptr owns it.
  void Start();
  // Sends what the session has, as far as the socket takes it.
  void Flush();
  void Drain();
  // Closes what has stalled. To be called about once a second.
  void Tick();
  void Close();

  void OnSessionOutput() override;

  // Does `work` for this connection, and closes it if that needs memory that is not there: others
  // go on.
  template <typename Work>
  void Guard(const Work& work) {
    const auto kept = shared_from_this();
    try {
      work();
    } catch (const std::bad_alloc&) {
      CloseForNoMemory();
    }
  }

 private:
  friend class GrpcLoop;

  void WaitReadable();
  void WaitWritable();
  void OnReadable();
  void OnWritable();
  // Returns true once bytes of HTTP/2 may flow.
  bool Handshake();
  void ReadAll();
  void Discard();
  bool WriteOutput();
  void Finish();
  void PunishAbuse();
  void CloseForNoMemory();
  // Drops what the peer has sent and nobody will look at.
  void DiscardAll();

  GrpcLoop& loop_;
  boost::asio::posix::stream_descriptor socket_;
  const std::string admission_key_;
  rpc::Peer peer_;
  Wire wire_;
  std::optional<http2::Session> session_;  // Empty until the handshake is over.
  std::size_t position_ = 0;               // In the loop's list.
  const std::int64_t began_ns_;
  std::int64_t last_written_ns_;
  std::int64_t finished_ns_ = 0;  // Since when it lingers, or 0.
  std::int64_t abusive_ns_ = 0;   // Since when it was found abusive, or 0.
  bool is_dirty_ = false;
  bool waits_writable_ = false;
  bool lingers_ = true;  // After the last frame; else it is closed at once.
  bool is_closed_ = false;
};

}  // namespace immudb::net
