// A fuzz target: whatever a peer sends, in whatever pieces, with time passing and answers coming
// late. When the connection has gone, nothing that was held for it may be left.
//
// The first byte of the input chooses the size of the pieces.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "base/testing/fuzz_target.h"
#include "http2/client_peer_test.h"

namespace immudb::http2 {
namespace {

class ThreeMessages : public rpc::MessageStream {
 public:
  Next Pull(const std::function<void()>& wake) override {
    if (pulled_ == 3) return {.kind = Next::Kind::kEnd, .message = {}, .status = {}};
    if (pulled_ == 1 && !std::exchange(has_paused_, true)) {
      wake();
      return {.kind = Next::Kind::kLater, .message = {}, .status = {}};
    }
    ++pulled_;
    return {.kind = Next::Kind::kMessage, .message = Bytes(30'000, 'x'), .status = {}};
  }

 private:
  int pulled_ = 0;
  bool has_paused_ = false;
};

}  // namespace

void FuzzSession(BytesView input) {
  ClientPeer peer;
  peer.limits.request_bytes_max = 100'000;
  peer.limits.streams_max = 8;
  peer.dispatcher.make_stream = [] { return std::make_unique<ThreeMessages>(); };
  peer.StartRaw();
  const std::size_t piece_bytes = input.empty() ? 1 : std::size_t{input[0]} * 16 + 1;
  if (!input.empty()) input = input.subspan(1);
  while (!input.empty() && !peer.session->finished()) {
    const std::size_t size = std::min(piece_bytes, input.size());
    peer.session->Feed(input.first(size));
    input = input.subspan(size);
    peer.TakeOutput();
    peer.inbox->Deliver();
    if (peer.dispatcher.held.size() > 2) {
      peer.dispatcher.held.front()->Finish({}, Bytes(10'000));
      peer.dispatcher.held.erase(peer.dispatcher.held.begin());
    }
    peer.AdvanceMs(50);
  }
  peer.Second();
  peer.session->Drain();
  peer.TakeOutput();

  // Handlers may outlive the connection, and hold what they were called with as long as they work.
  peer.session.reset();
  peer.dispatcher.held.clear();
  peer.inbox->Deliver();
  IMMUDB_CHECK(peer.call_bytes->used_bytes() == 0);
  IMMUDB_CHECK(peer.request_bytes->used_bytes() == 0);
  IMMUDB_CHECK(peer.reply_bytes->used_bytes() == 0);
}

}  // namespace immudb::http2

IMMUDB_FUZZ_TARGET(SessionFuzzTest, "http2_session", immudb::http2::FuzzSession)
