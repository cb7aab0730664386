// What one loop holds for one server: its connections, timers and inbox. A round of work ends with
// one flush of each connection that has something to say.

#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/byte_ledger.h"
#include "base/clock.h"
#include "base/log_limit.h"
#include "http2/session.h"
#include "net/address.h"
#include "net/admission.h"
#include "net/server.h"
#include "net/wire.h"

namespace immudb::net {

class Connection;

// What all loops of a server share. Outlives them.
struct Shared {
  Shared(const ServerOptions& server_options, rpc::Dispatcher& server_dispatcher,
         const Clock& server_clock)
      : options(server_options),
        dispatcher(server_dispatcher),
        clock(server_clock),
        admission(server_options.admission, server_clock),
        call_bytes(std::make_shared<ByteLedger>(server_options.call_bytes_max)),
        request_bytes(std::make_shared<ByteLedger>(server_options.request_bytes_max)),
        reply_bytes(server_options.reply_bytes_max),
        no_memory_lines(server_clock),
        refusal_lines(server_clock) {}

  const ServerOptions options;
  rpc::Dispatcher& dispatcher;
  const Clock& clock;
  Admission admission;
  // Shared with call handles.
  const std::shared_ptr<ByteLedger> call_bytes;
  const std::shared_ptr<ByteLedger> request_bytes;
  ByteLedger reply_bytes;
  LogLimit no_memory_lines;  // Of what could not be served for want of memory.
  LogLimit refusal_lines;    // Of connections that could not be accepted.
};

// A connection that was accepted and admitted.
struct Accepted {
  Descriptor socket;
  std::string admission_key;
  rpc::Peer peer;
  std::shared_ptr<const TlsContext> tls;  // Null: clear text.
};

// Loop's thread only, but where said. Kept by its server and by what is pending in its context.
class GrpcLoop : public std::enable_shared_from_this<GrpcLoop> {
 public:
  static std::shared_ptr<GrpcLoop> Make(std::shared_ptr<boost::asio::io_context> context,
                                        Shared& shared);
  // For Make.
  GrpcLoop(std::shared_ptr<boost::asio::io_context> context, Shared& shared);
  GrpcLoop(const GrpcLoop&) = delete;
  GrpcLoop& operator=(const GrpcLoop&) = delete;
  ~GrpcLoop();

  // Thread-safe, as are the next four.
  const http2::Counters& counters() const { return counters_; }
  std::uint64_t bytes_received() const { return bytes_received_.value(); }
  std::uint64_t bytes_sent() const { return bytes_sent_.value(); }
  std::uint64_t connections_stalled() const { return connections_stalled_.value(); }

  // Runs `task` on the loop's thread, as a round of work. Thread-safe.
  void Post(std::function<void()> task);

  void Adopt(Accepted accepted);
  // Lets every connection end as its calls do; new ones are closed.
  void Drain();
  // Closes everything. Nothing of this loop calls the dispatcher any more.
  void Stop();

 private:
  friend class Connection;

  // Counts a round while it lasts, however it ends.
  class Round {
   public:
    explicit Round(int& rounds) : rounds_(rounds) { ++rounds_; }
    Round(const Round&) = delete;
    Round& operator=(const Round&) = delete;
    ~Round() { --rounds_; }

   private:
    int& rounds_;
  };

  // Runs `work`, then flushes what became dirty during it.
  template <typename Work>
  void RunRound(const Work& work) {
    const Round round(rounds_);
    work();
    if (rounds_ == 1) EndRound();
  }

  void EndRound();
  void MarkDirty(std::shared_ptr<Connection> connection);
  void FlushDirty();
  void ArmTick();
  void ArmSecond();
  void OnSecond();
  void Forget(Connection& connection);
  // One buffer for all connections, because only one reads at a time.
  std::span<std::uint8_t> read_buffer() { return read_buffer_; }

  const std::shared_ptr<boost::asio::io_context> context_;
  Shared& shared_;
  http2::Counters counters_;
  http2::Counter bytes_received_;
  http2::Counter bytes_sent_;
  http2::Counter connections_stalled_;
  http2::TimerWheel wheel_;
  http2::InflationBudget inflation_;
  http2::Environment environment_;
  boost::asio::steady_timer tick_;    // Armed while a deadline is pending.
  boost::asio::steady_timer second_;  // Armed while there are connections.
  bool tick_is_armed_ = false;
  bool second_is_armed_ = false;
  bool is_draining_ = false;
  bool is_stopped_ = false;
  int rounds_ = 0;
  bool flush_is_posted_ = false;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> dirty_;
  std::vector<std::uint8_t> read_buffer_;
};

}  // namespace immudb::net
