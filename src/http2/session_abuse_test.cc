// What hostile, broken and merely unlucky peers cost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "http2/client_peer_test.h"
#include "http2/session.h"

namespace immudb::http2 {
namespace {

using testing::Contains;
using testing::Not;

constexpr std::uint8_t kEnd = NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM;

std::string RawCall(std::uint32_t stream, std::string_view path) {
  return RawFrame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, RawCallFields(path)) +
         RawFrame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, Framed(""));
}

std::string RawReset(std::uint32_t stream) {
  return RawFrame(NGHTTP2_RST_STREAM, 0, stream, std::string("\0\0\0\x8", 4));
}

class SessionAbuseTest : public testing::Test {
 protected:
  void StartRaw() {
    peer.StartRaw();
    peer.Feed(RawPreface());
    peer.TakeOutput();
  }

  // Feeds `frames` until the connection is finished; returns how often, at most `times_max`.
  int FloodWith(const std::string& frames, int times_max) {
    for (int i = 0; i < times_max; ++i) {
      if (peer.session->finished()) return i;
      peer.Feed(frames);
      peer.TakeOutput();
    }
    return times_max;
  }

  // What one Fill gives reaches the client.
  void OneWrite() {
    peer.session->Fill();
    Output& output = peer.session->output();
    while (!output.empty()) {
      std::array<BytesView, 1> view;
      output.Gather(view);
      nghttp2_session_mem_recv(peer.client, view[0].data(), view[0].size());
      output.Consume(view[0].size());
    }
  }

  ClientPeer peer;
};

// Pitfall 1: libnghttp2 advertises the limit and does not enforce it.
TEST_F(SessionAbuseTest, AHeaderListOverTheLimitIsRefusedWithAStatusAndTheConnectionLivesOn) {
  peer.Start();
  FieldList fields;
  for (int i = 0; i < 20; ++i) {
    fields.emplace_back("field-" + std::to_string(i), std::string(1000, 'v'));
  }
  const Response response = peer.Answered("/t.T/Echo", Framed("x"), fields);
  EXPECT_EQ(response.Field(":status"), "200");
  EXPECT_EQ(response.status(), "8");
  EXPECT_EQ(response.message(), "received header list larger than max 16384");
  EXPECT_EQ(peer.dispatcher.started, 0);
  fields.resize(15);
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed("x"), fields).status(), "0");
}

// Pitfall 1: one byte of HPACK names a field of 4 KB.
TEST_F(SessionAbuseTest, ABlockThatExpandsIsGivenUpAndRepeatingItClosesTheConnection) {
  StartRaw();
  // A field of 4000 bytes, put into the dynamic table, where its index is 62.
  const std::string name_and_value =
      std::string("\x40\x01x\x7F\xA1\x1E", 6) + std::string(4000, 'v');
  peer.Feed(RawFrame(NGHTTP2_HEADERS, kEnd, 1, RawCallFields("/t.T/Echo") + name_and_value));
  peer.TakeOutput();
  std::uint32_t stream = 3;
  int blocks = 0;
  while (!peer.session->finished() && blocks < 1000) {
    peer.Feed(RawFrame(NGHTTP2_HEADERS, kEnd, stream,
                       RawCallFields("/t.T/Echo") + std::string(16'000, '\xBE')));
    peer.TakeOutput();
    stream += 2;
    ++blocks;
  }
  EXPECT_LE(blocks, 10'000 / 200 + 2);
  EXPECT_TRUE(peer.session->abusive());
  EXPECT_EQ(peer.dispatcher.started, 0);
}

TEST_F(SessionAbuseTest, AFloodOfContinuationsClosesTheConnection) {
  StartRaw();
  peer.Feed(RawFrame(NGHTTP2_HEADERS, 0, 1, RawCallFields("/t.T/Echo")));
  const int fed = FloodWith(RawFrame(NGHTTP2_CONTINUATION, 0, 1, RawField("a", "b")), 1000);
  EXPECT_LE(fed, 10);
  EXPECT_TRUE(peer.session->abusive());
}

// Pitfall 2, the half that libnghttp2 cannot see.
TEST_F(SessionAbuseTest, WorkOfResetCallsCountsAgainstTheLimitUntilItsHandlerHasFinished) {
  peer.limits.streams_max = 4;
  StartRaw();
  for (std::uint32_t i = 0; i < 20; ++i) {
    peer.Feed(RawCall(1 + 2 * i, "/t.T/Hold") + RawReset(1 + 2 * i));
  }
  EXPECT_EQ(peer.dispatcher.started, 8);  // Twice the streams.
  EXPECT_EQ(peer.session->abandoned_calls(), 8U);
  peer.TakeOutput();
  peer.Feed(RawCall(101, "/t.T/Echo"));
  EXPECT_THAT(ClientPeer::FrameTypes(peer.TakeOutput()), testing::ElementsAre(NGHTTP2_RST_STREAM));
  peer.dispatcher.held.pop_back();
  peer.Feed(RawCall(103, "/t.T/Echo"));
  EXPECT_THAT(ClientPeer::FrameTypes(peer.TakeOutput()), Contains(NGHTTP2_DATA));
}

// Pitfalls 2 and 3: libnghttp2's own limit, and that what was fed at once is still worked through.
TEST_F(SessionAbuseTest, AFloodOfResetsClosesTheConnection) {
  peer.limits.resets_per_second = 0;  // The library counts seconds of its own.
  StartRaw();
  int calls = 0;
  while (!peer.session->finished() && calls < 5000) {
    const auto stream = static_cast<std::uint32_t>(1 + 2 * calls++);
    peer.Feed(
        RawFrame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, RawCallFields("/t.T/Echo")) +
        RawReset(stream));
    peer.TakeOutput();
  }
  EXPECT_GE(calls, 1000);
  EXPECT_LE(calls, 1002);
  EXPECT_TRUE(peer.session->abusive());
  EXPECT_EQ(peer.counters.connections_abusive.value(), 1U);
}

TEST_F(SessionAbuseTest, ABurstOfDeadlinesThatPassAtTheClientIsNoFlood) {
  StartRaw();
  for (std::uint32_t i = 0; i < 990; ++i) {
    peer.Feed(RawCall(1 + 2 * i, "/t.T/Hold") + RawReset(1 + 2 * i));
    peer.dispatcher.held.clear();
    peer.TakeOutput();
    ASSERT_FALSE(peer.session->finished()) << i;
  }
}

struct Flood {
  const char* name;
  std::string frame;
  int frames_max;
};

class SessionFloodTest : public SessionAbuseTest, public testing::WithParamInterface<Flood> {};

// Pitfall 11: they are counted when they begin, because some of them are dropped later.
TEST_P(SessionFloodTest, UselessFramesCloseTheConnection) {
  StartRaw();
  if (GetParam().frame[3] == NGHTTP2_DATA) {
    peer.Feed(RawFrame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, RawCallFields("/t.T/Echo")));
  }
  EXPECT_LE(FloodWith(GetParam().frame, 100'000), GetParam().frames_max);
  EXPECT_TRUE(peer.session->abusive());
}

INSTANTIATE_TEST_SUITE_P(
    Of, SessionFloodTest,
    testing::Values(
        Flood{"Ping", RawFrame(NGHTTP2_PING, 0, 0, "12345678"), 10'002},
        Flood{"Settings", RawFrame(NGHTTP2_SETTINGS, 0, 0, ""), 1'002},
        Flood{"Priority", RawFrame(NGHTTP2_PRIORITY, 0, 5, std::string(5, '\0')), 10'002},
        Flood{"EmptyData", RawFrame(NGHTTP2_DATA, 0, 1, ""), 10'002},
        Flood{"WindowUpdate", RawFrame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\0\0\1", 4)),
              10'002}),
    [](const auto& tested) { return std::string(tested.param.name); });

// Pitfall 10: grpc-go measures the bandwidth with a PING for each lone call.
TEST_F(SessionAbuseTest, ACallWithAPingAndAWindowUpdateEachIsHonest) {
  StartRaw();
  const std::string extras = RawFrame(NGHTTP2_PING, 0, 0, "12345678") +
                             RawFrame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "12345678") +
                             RawFrame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\0\0\x9", 4));
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    peer.Feed(RawCall(1 + 2 * i, "/t.T/Echo") + extras);
    peer.TakeOutput();
    ASSERT_FALSE(peer.session->finished()) << i;
  }
  EXPECT_EQ(peer.dispatcher.started, 30'000);
}

TEST_F(SessionAbuseTest, AcknowledgementsThatNobodyReadsAreBounded) {
  StartRaw();
  for (int i = 0; i < 1000; ++i) peer.Feed(RawFrame(NGHTTP2_PING, 0, 0, "12345678"));
  EXPECT_TRUE(peer.session->abusive());
  EXPECT_LT(peer.TakeOutput().size(), 10'000U);
  EXPECT_TRUE(peer.session->finished());
}

// Pitfall 8: a stream that dies must not take its bytes out of the connection's window for ever.
TEST_F(SessionAbuseTest, TheConnectionWindowSurvivesStreamsThatDieHalfSent) {
  peer.Start();
  const std::string half = Framed(std::string(200'000, 'x')).substr(0, 100'000);
  for (int i = 0; i < 100; ++i) {  // 10 MB through a window of 4 MB.
    const std::int32_t id = peer.OpenCall("/t.T/Echo", half);
    peer.Exchange();
    nghttp2_submit_rst_stream(peer.client, 0, id, NGHTTP2_CANCEL);
    peer.Exchange();
  }
  EXPECT_EQ(peer.request_bytes->used_bytes(), 0U);
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed(std::string(4 << 20, 'y'))).status(), "0");
}

class EndlessMessages : public rpc::MessageStream {
 public:
  Next Pull(const std::function<void()>& /*wake*/) override {
    return {.kind = Next::Kind::kMessage, .message = Bytes(64U << 10, 'x'), .status = {}};
  }
};

// Pitfall 19: without RFC 7540 priorities equal streams are served one after another.
TEST_F(SessionAbuseTest, AnEndlessStreamDoesNotHoldUpACallBesideIt) {
  peer.dispatcher.make_stream = [] { return std::make_unique<EndlessMessages>(); };
  peer.client_window_bytes = 1U << 30;
  peer.Start();
  nghttp2_submit_window_update(peer.client, 0, 0, 1 << 30);
  peer.Call("/t.T/Stream", Framed(""));
  peer.ExchangeToServer();
  OneWrite();
  const std::int32_t id = peer.Call("/t.T/Echo", Framed("beside"));
  peer.ExchangeToServer();
  OneWrite();
  EXPECT_EQ(peer.responses[id].body, Framed("beside"));
  EXPECT_EQ(peer.responses[id].status(), "0");
}

TEST_F(SessionAbuseTest, HalfARequestIsResetAfterTheTimeForRequests) {
  peer.Start();
  const std::int32_t id = peer.OpenCall("/t.T/Echo", Framed("whole").substr(0, 7));
  peer.Exchange();
  for (int i = 0; i < 10; ++i) peer.Second();
  EXPECT_EQ(peer.session->open_calls(), 1U);
  peer.Second();
  peer.Exchange();
  EXPECT_EQ(peer.responses[id].closed_as, NGHTTP2_CANCEL);
  EXPECT_EQ(peer.session->open_calls(), 0U);
  EXPECT_EQ(peer.counters.streams_stalled.value(), 1U);
}

TEST_F(SessionAbuseTest, AReplyThatIsNotReadIsResetAfterTheStallTime) {
  peer.client_window_bytes = 10;
  peer.Start();
  peer.Call("/t.T/Echo", Framed(std::string(100'000, 'x')));
  peer.ExchangeToServer();
  peer.TakeOutput();
  for (int i = 0; i < 22; ++i) peer.Second();
  EXPECT_THAT(ClientPeer::FrameTypes(peer.TakeOutput()), Contains(NGHTTP2_RST_STREAM));
  EXPECT_EQ(peer.reply_bytes->used_bytes(), 0U);
}

TEST_F(SessionAbuseTest, ACallWhoseHandlerIsSlowIsNotStalled) {
  peer.Start();
  peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  for (int i = 0; i < 50; ++i) peer.Second();
  peer.Exchange();
  peer.dispatcher.held[0]->Finish({}, {});
  peer.Exchange();
  EXPECT_EQ(peer.responses[1].status(), "0");
}

TEST_F(SessionAbuseTest, ASilentPeerIsAskedForASignAndDroppedIfItGivesNone) {
  StartRaw();
  for (int i = 0; i < 60; ++i) peer.Second();
  EXPECT_EQ(peer.TakeOutput(), "");
  peer.Second();
  EXPECT_THAT(ClientPeer::FrameTypes(peer.TakeOutput()), Contains(NGHTTP2_PING));
  for (int i = 0; i < 20; ++i) peer.Second();
  EXPECT_FALSE(peer.session->finished());
  peer.Second();
  EXPECT_TRUE(peer.session->finished());
  EXPECT_EQ(peer.counters.connections_silent.value(), 1U);
}

TEST_F(SessionAbuseTest, APeerThatAnswersPingsMayBeSilentForEver) {
  peer.Start();
  for (int i = 0; i < 1000; ++i) {
    peer.Second();
    peer.Exchange();
  }
  EXPECT_FALSE(peer.session->finished());
}

TEST_F(SessionAbuseTest, WhatIsNotHttp2ClosesTheConnectionWithoutPenalty) {
  peer.StartRaw();
  peer.Feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  peer.TakeOutput();
  EXPECT_TRUE(peer.session->finished());
  EXPECT_FALSE(peer.session->abusive());
  EXPECT_FALSE(peer.session->preface_received());
}

TEST_F(SessionAbuseTest, WhatAnAbusivePeerSendsIsNotLookedAtAnyMore) {
  StartRaw();
  for (int i = 0; i < 1001; ++i) peer.Feed(RawFrame(NGHTTP2_SETTINGS, 0, 0, ""));
  ASSERT_TRUE(peer.session->abusive());
  // Although the GOAWAY still waits to be sent.
  peer.Feed(RawCall(1, "/t.T/Echo"));
  EXPECT_EQ(peer.dispatcher.started, 0);
  peer.TakeOutput();
  EXPECT_TRUE(peer.session->finished());
}

TEST_F(SessionAbuseTest, InOneReadNothingBehindTheAbuseIsLookedAt) {
  StartRaw();
  std::string flood;
  for (int i = 0; i < 1100; ++i) flood += RawFrame(NGHTTP2_SETTINGS, 0, 0, "");
  peer.Feed(flood + RawCall(1, "/t.T/Echo"));
  ASSERT_TRUE(peer.session->abusive());
  EXPECT_EQ(peer.dispatcher.started, 0);
}

TEST_F(SessionAbuseTest, WantOfMemoryForACallEndsItsConnectionAndIsNoAbuse) {
  peer.Start();
  peer.Call("/t.T/Costly", Framed(""));
  peer.Exchange();
  EXPECT_TRUE(peer.session->finished());
  EXPECT_FALSE(peer.session->abusive());
  EXPECT_EQ(peer.counters.connections_without_memory.value(), 1U);
}

class CostlyMessages : public rpc::MessageStream {
 public:
  Next Pull(const std::function<void()>& /*wake*/) override { throw std::bad_alloc(); }
};

TEST_F(SessionAbuseTest, WantOfMemoryForAReplyEndsItsConnection) {
  peer.dispatcher.make_stream = [] { return std::make_unique<CostlyMessages>(); };
  peer.Start();
  peer.Call("/t.T/Stream", Framed(""));
  peer.Exchange();
  EXPECT_TRUE(peer.session->finished());
  EXPECT_FALSE(peer.session->abusive());
}

TEST_F(SessionAbuseTest, ADrainWithoutCallsFinishesAtOnce) {
  StartRaw();
  peer.session->Drain();
  EXPECT_THAT(ClientPeer::FrameTypes(peer.TakeOutput()), testing::ElementsAre(NGHTTP2_GOAWAY));
  EXPECT_TRUE(peer.session->finished());
}

// Pitfall 20.
TEST_F(SessionAbuseTest, ADrainLetsCallsEndRefusesNewOnesAndThenFinishes) {
  peer.Start();
  const std::int32_t id = peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  peer.session->Drain();
  peer.Exchange();  // The PING comes back, so the last GOAWAY goes out.
  EXPECT_EQ(peer.goaways.size(), 2U);
  EXPECT_EQ(peer.goaway_last_ids, (std::vector<std::int32_t>{0x7FFFFFFF, id}));
  EXPECT_FALSE(peer.session->finished());
  peer.has_output = false;
  peer.dispatcher.held[0]->Finish({}, Bytes{'e'});
  EXPECT_TRUE(peer.has_output);
  peer.Exchange();
  EXPECT_EQ(peer.responses[id].body, Framed("e"));
  EXPECT_TRUE(peer.session->finished());
}

TEST_F(SessionAbuseTest, ADrainDoesNotWaitLongForAPeerThatDoesNotAnswer) {
  StartRaw();
  peer.Feed(RawCall(1, "/t.T/Hold"));
  peer.session->Drain();
  peer.TakeOutput();
  peer.dispatcher.held.clear();
  peer.TakeOutput();
  EXPECT_FALSE(peer.session->finished());
  peer.Second();
  EXPECT_THAT(ClientPeer::FrameTypes(peer.TakeOutput()), Contains(NGHTTP2_GOAWAY));
  EXPECT_TRUE(peer.session->finished());
}

}  // namespace
}  // namespace immudb::http2
