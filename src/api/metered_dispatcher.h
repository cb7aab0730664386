// Counts and times every call on its way to a dispatcher and back, gives it a name for the log, and
// tells the log of slow ones.
//
// Source of what is counted: go-grpc-prometheus 1.2, whose figures immudb 0.8.1 shows. Calls that
// are refused before they are started, for instance of unknown methods, are not counted.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/slow_call_log.h"
#include "base/clock.h"
#include "metrics/counters.h"
#include "metrics/peer_table.h"
#include "rpc/call.h"

namespace immudb::api {

struct CallCounters {
  metrics::Counter started;
  std::array<metrics::Counter, rpc::kStatusCodeNames.size()> handled;  // By code.
  metrics::Counter messages_received;
  metrics::Counter messages_sent;
  metrics::DurationHistogram seconds;
};

struct MeterOptions {
  std::int64_t slow_call_ns = 0;  // See SlowCallLog.
  // Of the names of calls: tells those of this run of the program from those of others. Six
  // characters keep names short enough to cost nothing.
  std::string request_id_prefix = "0";
};

// Outlives the calls it started, or their answers are not to be counted. Thread-safe.
class MeteredDispatcher : public rpc::Dispatcher {
 public:
  // `inner` and `clock` must outlive it. Its rows are numbered below `rows`.
  MeteredDispatcher(rpc::Dispatcher& inner, std::size_t rows, const Clock& clock,
                    MeterOptions options = {});

  std::variant<Method, rpc::RpcStatus> Find(std::string_view path) const override {
    return inner_.Find(path);
  }
  const rpc::Metadata& initial_metadata() const override { return inner_.initial_metadata(); }
  void Start(Method method, std::unique_ptr<rpc::Call> call) override;

  const CallCounters& counters(std::size_t row) const { return counters_[row]; }
  const metrics::PeerTable& peers() const { return peers_; }

 private:
  // The name that the client gave the call, or a new one.
  std::string MakeRequestId(const rpc::Metadata& metadata);

  rpc::Dispatcher& inner_;
  const Clock& clock_;
  std::vector<CallCounters> counters_;
  metrics::PeerTable peers_;
  const std::string request_id_prefix_;
  std::atomic<std::uint64_t> request_ids_{0};
  SlowCallLog slow_calls_;
};

}  // namespace immudb::api
