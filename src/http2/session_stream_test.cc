// Streams of replies, answers from other threads, and what is held for peers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http2/client_peer_test.h"
#include "http2/session.h"

namespace immudb::http2 {
namespace {

using Next = rpc::MessageStream::Next;

// Gives `count` messages of `size` bytes; waits before the one at `pause_at` until `has_more`.
class CountedMessages : public rpc::MessageStream {
 public:
  struct State {
    int count = 0;
    std::size_t size = 0;
    int pause_at = -1;
    int pulled = 0;
    bool is_gone = false;
    std::function<void()> wake{};
    std::function<void()> on_pull{};
    rpc::RpcStatus end{};
  };
  explicit CountedMessages(State& state) : state_(state) {}
  CountedMessages(const CountedMessages&) = delete;
  CountedMessages& operator=(const CountedMessages&) = delete;
  ~CountedMessages() override { state_.is_gone = true; }

  Next Pull(const std::function<void()>& wake) override {
    if (state_.on_pull) state_.on_pull();
    if (state_.pulled == state_.pause_at) {
      state_.wake = wake;
      return {.kind = Next::Kind::kLater, .message = {}, .status = {}};
    }
    if (state_.pulled == state_.count) {
      return {.kind = Next::Kind::kEnd, .message = {}, .status = state_.end};
    }
    ++state_.pulled;
    return {.kind = Next::Kind::kMessage, .message = Bytes(state_.size, 'm'), .status = {}};
  }

 private:
  State& state_;
};

class SessionStreamTest : public testing::Test {
 protected:
  void Start() {
    peer.dispatcher.make_stream = [this] { return std::make_unique<CountedMessages>(state); };
    peer.Start();
  }

  CountedMessages::State state;
  ClientPeer peer;
};

TEST_F(SessionStreamTest, AStreamDeliversItsMessagesThenItsStatus) {
  state = {.count = 100, .size = 5000};
  state.end = {rpc::StatusCode::kDataLoss, "end"};
  Start();
  const Response response = peer.Answered("/t.T/Stream", Framed(""));
  EXPECT_EQ(response.body.size(), 100U * 5005);
  EXPECT_EQ(response.body.substr(0, 5005), Framed(std::string(5000, 'm')));
  EXPECT_EQ(response.TrailerField("grpc-status"), "15");
  EXPECT_EQ(response.Field("server-id"), "7");
  EXPECT_TRUE(state.is_gone);
  EXPECT_EQ(peer.reply_bytes->used_bytes(), 0U);
}

TEST_F(SessionStreamTest, AStreamWithoutMessagesStillCarriesItsMetadata) {
  Start();
  const Response response = peer.Answered("/t.T/Stream", Framed(""));
  EXPECT_FALSE(response.head_is_all);
  EXPECT_EQ(response.Field("server-id"), "7");
  EXPECT_EQ(response.TrailerField("grpc-status"), "0");
}

// Pitfall 4: with messages produced ahead, slow readers took hundreds of megabytes.
TEST_F(SessionStreamTest, MessagesArePulledOnlyAsTheWindowsOpen) {
  state = {.count = 1'000'000, .size = 1000};
  Start();
  const std::int32_t id = peer.Call("/t.T/Stream", Framed(""));
  peer.ExchangeToServer();
  const std::string sent = peer.TakeOutput();
  EXPECT_GE(sent.size(), 65535U);
  EXPECT_LE(state.pulled, 65535 / 1000 + 1);
  EXPECT_LE(peer.reply_bytes->used_bytes(), 2000U);
  nghttp2_session_mem_recv(peer.client, reinterpret_cast<const std::uint8_t*>(sent.data()),
                           sent.size());
  nghttp2_submit_rst_stream(peer.client, 0, id, NGHTTP2_CANCEL);
  peer.Exchange();
  EXPECT_TRUE(state.is_gone);
  EXPECT_EQ(peer.reply_bytes->used_bytes(), 0U);
}

TEST_F(SessionStreamTest, MessagesArePulledOnlyAsTheSocketTakesThem) {
  state = {.count = 1'000'000, .size = 1000};
  peer.client_window_bytes = 1U << 30;
  Start();
  nghttp2_submit_window_update(peer.client, 0, 0, 1 << 30);
  peer.Call("/t.T/Stream", Framed(""));
  peer.ExchangeToServer();
  peer.session->Fill();
  EXPECT_LE(state.pulled, 300);  // 256 KB, although the windows have room for 1 GiB.
  const int pulled = state.pulled;
  peer.session->Fill();
  EXPECT_EQ(state.pulled, pulled);
}

TEST_F(SessionStreamTest, AStreamThatHasNothingYetGoesOnWhenItIsWoken) {
  state = {.count = 3, .size = 10, .pause_at = 2};
  Start();
  const std::int32_t id = peer.Call("/t.T/Stream", Framed(""));
  peer.Exchange();
  EXPECT_EQ(peer.responses[id].body.size(), 2U * 15);
  state.pause_at = -1;
  std::thread([this] {
    state.wake();
    state.wake();  // Twice is as good as once.
  }).join();
  EXPECT_EQ(peer.wakes, 1);
  peer.inbox->Deliver();
  peer.Exchange();
  EXPECT_EQ(peer.responses[id].body.size(), 3U * 15);
  EXPECT_EQ(peer.responses[id].status(), "0");
  state.wake();  // Of a stream that is over.
  peer.inbox->Deliver();
}

TEST_F(SessionStreamTest, ADeadlineInTheMiddleOfAStreamResetsIt) {
  state = {.count = 3, .size = 10, .pause_at = 2};
  Start();
  const std::int32_t id = peer.Call("/t.T/Stream", Framed(""), {{"grpc-timeout", "1S"}});
  peer.Exchange();
  peer.AdvanceMs(1100);
  peer.Exchange();
  EXPECT_EQ(peer.responses[id].closed_as, NGHTTP2_CANCEL);
  EXPECT_TRUE(state.is_gone);
}

// Pitfall 5: libnghttp2 must not be asked for output by a callback of it.
TEST_F(SessionStreamTest, AHandlerMayAnswerOtherCallsWhileItIsPulled) {
  state = {.count = 1, .size = 10};
  Start();
  const std::int32_t held = peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  state.on_pull = [this] {
    if (!peer.dispatcher.held.empty()) {
      peer.dispatcher.held.back()->Finish({}, Bytes{'x'});
      peer.dispatcher.held.clear();
    }
  };
  const Response response = peer.Answered("/t.T/Stream", Framed(""));
  EXPECT_EQ(response.status(), "0");
  EXPECT_EQ(peer.responses[held].body, Framed("x"));
}

TEST_F(SessionStreamTest, OutputIsAnnouncedOncePerBurst) {
  Start();
  std::string burst;
  for (int i = 0; i < 50; ++i) peer.Call("/t.T/Echo", Framed("x"));
  peer.has_output = false;
  int announced = 0;
  peer.ExchangeToServer();
  announced += peer.has_output ? 1 : 0;
  EXPECT_EQ(announced, 1);
  peer.has_output = false;
  peer.session->Feed({});
  EXPECT_FALSE(peer.has_output);  // Not again before Fill.
}

TEST_F(SessionStreamTest, AnswersOfOtherThreadsWaitInTheInboxAndWakeTheLoopOnce) {
  Start();
  for (int i = 0; i < 10; ++i) peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  std::thread([this] {
    for (auto& call : peer.dispatcher.held) call->Finish({}, Bytes{'r'});
  }).join();
  EXPECT_EQ(peer.wakes, 1);
  peer.Exchange();
  EXPECT_EQ(peer.responses.count(1), 0U);
  peer.inbox->Deliver();
  peer.Exchange();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(peer.responses[1 + 2 * i].body, Framed("r"));
}

TEST_F(SessionStreamTest, ACallMayOutliveItsConnection) {
  Start();
  peer.Call("/t.T/Hold", Framed("request"));
  peer.Call("/t.T/Hold", Framed("request"));
  peer.Exchange();
  peer.session.reset();
  rpc::Call& call = *peer.dispatcher.held[0];
  EXPECT_TRUE(call.cancelled());
  EXPECT_EQ(call.method(), "/t.T/Hold");
  EXPECT_EQ(call.request().size(), 7U);
  call.Finish({}, Bytes{1});
  std::thread([this] { peer.dispatcher.held.clear(); }).join();
  peer.inbox->Deliver();
  EXPECT_EQ(peer.request_bytes->used_bytes(), 0U);
}

TEST_F(SessionStreamTest, ACallMayOutliveTheInboxOfItsLoop) {
  Start();
  peer.Call("/t.T/Hold", Framed("request"));
  peer.Exchange();
  peer.session.reset();
  peer.inbox->Close();
  std::thread([this] { peer.dispatcher.held.clear(); }).join();
  EXPECT_EQ(peer.wakes, 0);
}

TEST_F(SessionStreamTest, OneMessageAlwaysFitsAnIdleServer) {
  peer.ledger_bytes = 10'000;
  Start();
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed(std::string(2'000'000, 'x'))).status(), "0");
}

TEST_F(SessionStreamTest, RepliesThatNobodyReadsAreRefusedWhenTheLedgerIsFull) {
  peer.ledger_bytes = 150'000;
  peer.client_window_bytes = 0;
  Start();
  for (int i = 0; i < 2; ++i) peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  peer.dispatcher.held[0]->Finish({}, Bytes(100'000));
  peer.dispatcher.held[1]->Finish({}, Bytes(100'000));
  peer.Exchange();
  EXPECT_EQ(peer.responses[3].status(), "8");
  EXPECT_EQ(peer.reply_bytes->used_bytes(), 100'005U);
  peer.session.reset();
  EXPECT_EQ(peer.reply_bytes->used_bytes(), 0U);
}

TEST_F(SessionStreamTest, OneConnectionCannotTakeAllOfTheReplyLedger) {
  peer.limits.connection_reply_bytes_max = 50'000;
  peer.client_window_bytes = 0;
  Start();
  for (int i = 0; i < 2; ++i) peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  peer.dispatcher.held[0]->Finish({}, Bytes(60'000));  // Alone, so it fits.
  peer.dispatcher.held[1]->Finish({}, Bytes(5'000));
  peer.Exchange();
  EXPECT_EQ(peer.responses.count(1), 1U);
  EXPECT_EQ(peer.responses[3].status(), "8");
}

TEST_F(SessionStreamTest, ASmallReplyIsSentWhateverWaitsBecauseItMayTellOfAWrite) {
  peer.limits.connection_reply_bytes_max = 50'000;
  peer.ledger_bytes = 60'005;
  peer.client_window_bytes = 0;
  Start();
  for (int i = 0; i < 2; ++i) peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  peer.dispatcher.held[0]->Finish({}, Bytes(60'000));
  peer.dispatcher.held[1]->Finish({}, Bytes(1'000));
  peer.Exchange();
  EXPECT_NE(peer.responses[3].status(), "8");
}

TEST_F(SessionStreamTest, ACallIsRefusedBeforeItBeginsWhileTooManyRepliesWait) {
  peer.limits.connection_reply_bytes_max = 50'000;
  peer.client_window_bytes = 0;
  Start();
  peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  peer.dispatcher.held[0]->Finish({}, Bytes(60'000));
  peer.Exchange();
  peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  EXPECT_EQ(peer.dispatcher.held.size(), 1U);
  EXPECT_EQ(peer.responses[3].status(), "8");
}

}  // namespace
}  // namespace immudb::http2
