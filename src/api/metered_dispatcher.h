// Counts and times every call on its way to a dispatcher and back.
//
// Source of what is counted: go-grpc-prometheus 1.2, whose figures immudb 0.8.1 shows. Calls that
// are refused before they are started, for instance of unknown methods, are not counted.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "metrics/counters.h"
#include "metrics/peer_table.h"
#include "rpc/call.h"

namespace immudb::api {

inline constexpr std::size_t kStatusCodes = 17;

struct CallCounters {
  metrics::Counter started;
  std::array<metrics::Counter, kStatusCodes> handled;  // By code.
  metrics::Counter messages_received;
  metrics::Counter messages_sent;
  metrics::DurationHistogram seconds;
};

// Outlives the calls it started, or their answers are not to be counted. Thread-safe.
class MeteredDispatcher : public rpc::Dispatcher {
 public:
  // `inner` and `clock` must outlive it. Its rows are numbered below `rows`.
  MeteredDispatcher(rpc::Dispatcher& inner, std::size_t rows, const Clock& clock);

  std::variant<Method, rpc::RpcStatus> Find(std::string_view path) const override {
    return inner_.Find(path);
  }
  const rpc::Metadata& initial_metadata() const override { return inner_.initial_metadata(); }
  void Start(Method method, std::unique_ptr<rpc::Call> call) override;

  const CallCounters& counters(std::size_t row) const { return counters_[row]; }
  const metrics::PeerTable& peers() const { return peers_; }

 private:
  rpc::Dispatcher& inner_;
  const Clock& clock_;
  std::vector<CallCounters> counters_;
  metrics::PeerTable peers_;
};

}  // namespace immudb::api
