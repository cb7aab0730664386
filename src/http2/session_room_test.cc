// What requests may hold while they arrive and while they are worked on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "http2/client_peer_test.h"
#include "http2/session.h"

namespace immudb::http2 {
namespace {

constexpr std::size_t kMiB = 1U << 20;

std::string Gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

class SessionRoomTest : public testing::Test {
 protected:
  // A request of 4 MiB of which so much is sent that it asks for room.
  std::int32_t OpenLarge(ClientPeer& of, std::size_t sent = 40'000) {
    return of.OpenCall("/t.T/Echo", Framed(std::string(4 * kMiB, 'x')).substr(0, sent));
  }

  ClientPeer peer;
};

TEST_F(SessionRoomTest, SixteenCallsOfFourMebibytesAtOnceAreAllAnswered) {
  peer.Start();
  std::vector<std::int32_t> calls;
  for (int i = 0; i < 16; ++i) {
    calls.push_back(peer.Call("/t.T/Hold", Framed(std::string(4 * kMiB, 'x'))));
  }
  std::size_t held_max = 0;
  for (int rounds = 0; peer.dispatcher.started < 16 || !peer.dispatcher.held.empty(); ++rounds) {
    ASSERT_LT(rounds, 100);
    peer.Exchange();
    held_max = std::max(held_max, peer.request_bytes->used_bytes());
    ASSERT_FALSE(peer.dispatcher.held.empty());
    for (const auto& call : peer.dispatcher.held) {
      EXPECT_EQ(call->request().size(), 4 * kMiB);
      call->Finish({}, {});
    }
    peer.dispatcher.held.clear();
  }
  peer.Exchange();
  for (const std::int32_t id : calls) EXPECT_EQ(peer.responses[id].status(), "0") << id;
  // Two at a time, which is this connection's share.
  EXPECT_EQ(held_max, 8 * kMiB);
  EXPECT_EQ(peer.request_bytes->used_bytes(), 0U);
  EXPECT_EQ(peer.call_bytes->used_bytes(), 0U);
}

TEST_F(SessionRoomTest, ASlowSenderLosesHisRoomAndAFastOneDoesNot) {
  peer.Start();
  const std::int32_t slow = OpenLarge(peer);
  peer.Exchange();
  EXPECT_EQ(peer.request_bytes->used_bytes(), 4 * kMiB);
  // 1 KB a second keeps no room.
  int seconds = 0;
  while (!peer.responses[slow].closed_as && seconds < 60) {
    peer.SendMore(slow, std::string(1000, 'x'), false);
    peer.Exchange();
    peer.Second();
    peer.Exchange();
    ++seconds;
  }
  EXPECT_LE(seconds, 12);
  EXPECT_EQ(peer.responses[slow].closed_as, NGHTTP2_CANCEL);
  EXPECT_EQ(peer.request_bytes->used_bytes(), 0U);

  // 70 KB a second is enough, although it takes a minute.
  const std::int32_t steady = OpenLarge(peer, 70'000);
  peer.Exchange();
  const std::size_t all = 4 * kMiB + 5;
  for (std::size_t sent = 70'000; sent < all; sent += 70'000) {
    peer.Second();
    peer.SendMore(steady, std::string(std::min<std::size_t>(70'000, all - sent), 'x'),
                  sent + 70'000 >= all);
    peer.Exchange();
  }
  EXPECT_EQ(peer.responses[steady].status(), "0");
}

TEST_F(SessionRoomTest, AFullLedgerMakesLargeRequestsWaitAndThenRefusesThem) {
  peer.ledger_bytes = 9 * kMiB;
  peer.limits.request_ms = 100'000;
  peer.Start();
  ByteCharge others(*peer.request_bytes);
  ASSERT_TRUE(others.Grow(8 * kMiB));
  const std::int32_t id = peer.Call("/t.T/Echo", Framed(std::string(2 * kMiB, 'x')));
  const std::int32_t late = peer.Call("/t.T/Echo", Framed(std::string(kMiB / 2, 'y')));
  peer.Exchange();
  EXPECT_EQ(peer.request_bytes->used_bytes(), 8 * kMiB);
  for (int i = 0; i < 10; ++i) peer.Second();
  peer.Exchange();
  EXPECT_EQ(peer.session->open_calls(), 2U);
  // Small calls are not concerned.
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed("small")).status(), "0");

  for (int i = 0; i < 11; ++i) peer.Second();
  peer.Exchange();
  EXPECT_EQ(peer.responses[id].status(), "8");
  EXPECT_EQ(peer.responses[late].status(), "0");  // Now the first in line, and it fits.

  // What comes free elsewhere is noticed.
  const std::int32_t next = peer.Call("/t.T/Echo", Framed(std::string(2 * kMiB, 'x')));
  peer.Exchange();
  others.Shrink(8 * kMiB);
  peer.AdvanceMs(20);
  peer.Exchange();
  EXPECT_EQ(peer.responses[next].status(), "0");
}

TEST_F(SessionRoomTest, OneConnectionGetsAQuarterOfTheLedger) {
  peer.Start();
  for (int i = 0; i < 10; ++i) OpenLarge(peer);
  peer.Exchange();
  EXPECT_EQ(peer.request_bytes->used_bytes(), 8 * kMiB);
}

TEST_F(SessionRoomTest, SmallCallsAreAnsweredHoweverFullTheLedgersAre) {
  peer.Start();
  ByteCharge calls(*peer.call_bytes);
  ASSERT_TRUE(calls.Grow(32 * kMiB));
  ByteCharge requests(*peer.request_bytes);
  ASSERT_TRUE(requests.Grow(32 * kMiB));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(peer.Answered("/t.T/Echo", Framed(std::string(10'000, 'x'))).status(), "0");
  }
}

TEST_F(SessionRoomTest, MetadataAndOpenStreamsAreCharged) {
  peer.Start();
  const FieldList fields = {{"long", std::string(10'000, 'v')}};
  for (int i = 0; i < 20; ++i) peer.OpenCall("/t.T/Echo", "", fields);
  peer.Exchange();
  EXPECT_GT(peer.call_bytes->used_bytes(), 200'000U);
  EXPECT_LT(peer.call_bytes->used_bytes(), 250'000U);
  peer.session.reset();
  EXPECT_EQ(peer.call_bytes->used_bytes(), 0U);
}

TEST_F(SessionRoomTest, CallsBeyondTheFreeOnesAreRefusedWhenTheLedgerIsFull) {
  peer.Start();
  ByteCharge others(*peer.call_bytes);
  ASSERT_TRUE(others.Grow(32 * kMiB));
  std::vector<std::int32_t> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(peer.OpenCall("/t.T/Echo", ""));
  peer.Exchange();
  EXPECT_EQ(peer.responses.count(calls[5]), 0U);
  EXPECT_EQ(peer.responses[calls[19]].status(), "8");
  EXPECT_EQ(peer.call_bytes->used_bytes(), 32 * kMiB);
}

TEST_F(SessionRoomTest, StrangersGetNoRoomForLargeRequests) {
  peer.dispatcher.knows_strangers = true;
  peer.Start();
  const Response refused = peer.Answered("/t.T/Echo", Framed(std::string(20'000, 'x')));
  EXPECT_EQ(refused.status(), "16");
  EXPECT_EQ(refused.message(), "who are you?");
  EXPECT_EQ(peer.dispatcher.started, 0);
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed("small")).status(), "0");
  EXPECT_EQ(peer.dispatcher.asked_to_admit, 1);
  EXPECT_EQ(
      peer.Answered("/t.T/Echo", Framed(std::string(20'000, 'x')), {{"authorization", "token"}})
          .status(),
      "0");
}

TEST_F(SessionRoomTest, AStrangersRequestIsNotExpandedBeyondASmallOne) {
  peer.dispatcher.knows_strangers = true;
  peer.Start();
  const FieldList packed = {{"grpc-encoding", "gzip"}};
  const Response small = peer.Answered("/t.T/Echo", Framed(Gzip("plain"), 1), packed);
  EXPECT_EQ(small.body, Framed("plain"));
  const std::string bomb = Framed(Gzip(std::string(4 * kMiB, 'x')), 1);
  EXPECT_LT(bomb.size(), 16'000U);
  EXPECT_EQ(peer.Answered("/t.T/Echo", bomb, packed).status(), "16");
  EXPECT_EQ(peer.dispatcher.started, 1);
  const FieldList known = {{"grpc-encoding", "gzip"}, {"authorization", "token"}};
  EXPECT_EQ(peer.Answered("/t.T/Echo", bomb, known).body.size(), 4 * kMiB + 5);
}

TEST_F(SessionRoomTest, ACompressedRequestHasRoomForWhatItExpandsToAndNoMoreWhileItIsWorkedOn) {
  peer.Start();
  const FieldList packed = {{"grpc-encoding", "gzip"}};
  const std::string bomb = Framed(Gzip(std::string(kMiB, 'x')), 1);
  for (int i = 0; i < 20; ++i) peer.Call("/t.T/Hold", bomb, packed);
  peer.Exchange();
  EXPECT_EQ(peer.dispatcher.held.size(), 5U);  // A sixth might need 4 MiB to expand.
  EXPECT_EQ(peer.request_bytes->used_bytes(), 5 * kMiB);
  while (!peer.dispatcher.held.empty()) {
    peer.dispatcher.held.pop_back();
    peer.AdvanceMs(20);
    peer.Exchange();
  }
  EXPECT_EQ(peer.dispatcher.started, 20);
  EXPECT_EQ(peer.request_bytes->used_bytes(), 0U);
}

TEST_F(SessionRoomTest, InflatingTakesOnlyAPartOfALoopsTime) {
  peer.Start();
  const FieldList packed = {{"grpc-encoding", "gzip"}};
  const std::string bomb = Framed(Gzip(std::string(4 * kMiB, 'x')), 1);
  for (int i = 0; i < 50; ++i) peer.Call("/t.T/Hold", bomb, packed);
  const auto answer = [this] {
    peer.Exchange();
    peer.dispatcher.held.clear();
    peer.Exchange();
  };
  answer();
  EXPECT_LE(peer.dispatcher.started, 3);
  for (int ms = 0; ms < 1000; ms += 8) {
    peer.AdvanceMs(8);
    answer();
  }
  EXPECT_GE(peer.dispatcher.started, 15);
  EXPECT_LE(peer.dispatcher.started, 20);
  // What is not compressed is not concerned.
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed("plain")).status(), "0");
}

TEST_F(SessionRoomTest, AStrangerWhoGoesOnIsCutOff) {
  peer.dispatcher.knows_strangers = true;
  peer.Start();
  int calls = 0;
  while (!peer.session->finished() && calls < 2000) {
    peer.Answered("/t.T/Echo", Framed(std::string(20'000, 'x')));
    ++calls;
  }
  EXPECT_GT(calls, 400);
  EXPECT_LT(calls, 1500);
  EXPECT_TRUE(peer.session->abusive());
}

TEST_F(SessionRoomTest, AClaimOfALargeRequestAloneGetsNoRoom) {
  peer.Start();
  for (int i = 0; i < 100; ++i) OpenLarge(peer, 5);
  peer.Exchange();
  EXPECT_EQ(peer.request_bytes->used_bytes(), 0U);
  EXPECT_LT(peer.call_bytes->used_bytes(), 200'000U);
}

TEST_F(SessionRoomTest, WhatIsResetOrTimedOutWhileItWaitsGivesItsPlaceUp) {
  peer.Start();
  const std::int32_t first = OpenLarge(peer);
  const std::int32_t second = OpenLarge(peer);
  const std::int32_t third = OpenLarge(peer);
  peer.Exchange();
  EXPECT_EQ(peer.request_bytes->used_bytes(), 8 * kMiB);
  nghttp2_submit_rst_stream(peer.client, 0, third, NGHTTP2_CANCEL);
  peer.Exchange();
  nghttp2_submit_rst_stream(peer.client, 0, first, NGHTTP2_CANCEL);
  peer.Exchange();
  EXPECT_EQ(peer.request_bytes->used_bytes(), 4 * kMiB);
  nghttp2_submit_rst_stream(peer.client, 0, second, NGHTTP2_CANCEL);
  peer.Exchange();
  EXPECT_EQ(peer.request_bytes->used_bytes(), 0U);
  EXPECT_EQ(peer.call_bytes->used_bytes(), 0U);
}

// A password is in a small request: neither its memory nor that it grew out of keeps it.
TEST_F(SessionRoomTest, TheSessionTellsWhenItWasFedWhatMayBeASecret) {
  peer.StartRaw();
  peer.Feed(RawPreface());
  EXPECT_FALSE(peer.session->was_fed_secrets());
  peer.Feed(RawFrame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, RawCallFields("/t.T/Hold")) +
            RawFrame(NGHTTP2_DATA, 0, 1, Framed("password").substr(0, 8)));
  EXPECT_TRUE(peer.session->was_fed_secrets());
  peer.Feed(RawFrame(NGHTTP2_PING, 0, 0, "12345678"));
  EXPECT_FALSE(peer.session->was_fed_secrets());
  peer.Feed(RawFrame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "sword"));
  EXPECT_TRUE(peer.session->was_fed_secrets());
}

}  // namespace
}  // namespace immudb::http2
