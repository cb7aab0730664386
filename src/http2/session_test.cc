// What a call gets to see: requests, metadata, statuses and the refusals of the transport.

#include "http2/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "http2/client_peer_test.h"

namespace immudb::http2 {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::string Compressed(std::string_view text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(
      deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY),
      Z_OK);
  std::string input(text);
  std::string output(deflateBound(&stream, input.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  output.resize(output.size() - stream.avail_out);
  deflateEnd(&stream);
  return output;
}

std::string Gzip(std::string_view text) {
  return Compressed(text, 15 + 16);
}

class SessionTest : public testing::Test {
 protected:
  void SetUp() override { peer.Start(); }

  // The metadata that a handler sees of a call with `fields`.
  rpc::Metadata Seen(const FieldList& fields) {
    peer.Call("/t.T/Hold", Framed(""), fields);
    peer.Exchange();
    EXPECT_EQ(peer.dispatcher.held.size(), 1U);
    if (peer.dispatcher.held.empty()) return {};
    rpc::Metadata seen = peer.dispatcher.held.back()->metadata();
    peer.dispatcher.held.clear();
    peer.Exchange();
    return seen;
  }

  ClientPeer peer;
};

TEST_F(SessionTest, AUnaryCallIsAnsweredWithItsMessageAndStatusZero) {
  const Response response = peer.Answered("/t.T/Echo", Framed("hello"));
  EXPECT_EQ(response.Field(":status"), "200");
  EXPECT_EQ(response.Field("content-type"), "application/grpc");
  EXPECT_EQ(response.Field("server-id"), "7");
  EXPECT_EQ(response.body, Framed("hello"));
  EXPECT_EQ(response.TrailerField("grpc-status"), "0");
  EXPECT_EQ(response.closed_as, NGHTTP2_NO_ERROR);
}

TEST_F(SessionTest, MessagesOfEverySizeComeBackUnchanged) {
  for (const unsigned size : {0U, 1U, 4095U, 4096U, 16379U, 16384U, 65536U, 1U << 20, 4U << 20}) {
    std::string message(size, 'm');
    for (unsigned i = 0; i < size; i += 97) message[i] = static_cast<char>(i);
    const Response response = peer.Answered("/t.T/Echo", Framed(message));
    EXPECT_TRUE(response.body == Framed(message)) << size;
    EXPECT_EQ(response.status(), "0");
  }
  EXPECT_EQ(peer.request_bytes->used_bytes(), 0U);
  EXPECT_EQ(peer.reply_bytes->used_bytes(), 0U);
}

TEST_F(SessionTest, ARefusalOfTheDispatcherArrivesWithItsExactTextAndNoInitialMetadata) {
  const Response response = peer.Answered("/t.T/Nope", Framed("x"));
  EXPECT_EQ(response.status(), "12");
  EXPECT_EQ(response.message(), "unknown method /t.T/Nope");
  EXPECT_TRUE(response.head_is_all);
  EXPECT_EQ(response.Field("server-id"), "<absent>");
}

TEST_F(SessionTest, AnErrorOfAHandlerComesInTrailersAfterTheInitialMetadata) {
  peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  peer.dispatcher.held[0]->Finish({rpc::StatusCode::kNotFound, "gr\xC3\xBCn 100%\n"}, {});
  peer.Exchange();
  const Response& response = peer.responses[1];
  EXPECT_FALSE(response.head_is_all);
  EXPECT_EQ(response.Field("server-id"), "7");
  EXPECT_EQ(response.TrailerField("grpc-status"), "5");
  EXPECT_EQ(response.TrailerField("grpc-message"), "gr%C3%BCn 100%25%0A");
  EXPECT_EQ(response.body, "");
}

TEST_F(SessionTest, ARefusalOfAHandlerCarriesNoInitialMetadata) {
  const Response response = peer.Answered("/t.T/Refuse", Framed(""));
  EXPECT_EQ(response.status(), "13");
  EXPECT_EQ(response.message(), "does not parse");
  EXPECT_EQ(response.Field("server-id"), "<absent>");
}

TEST_F(SessionTest, ACallThatItsHandlerDropsIsAnsweredInternal) {
  peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  peer.dispatcher.held.clear();
  peer.Exchange();
  EXPECT_EQ(peer.responses[1].status(), "13");
}

TEST_F(SessionTest, AMessageTooLargeIsRefusedByItsPrefixAndTheConnectionLivesOn) {
  const std::string body((4U << 20) + 1, 'x');
  const Response response = peer.Answered("/t.T/Echo", Framed(body));
  EXPECT_EQ(response.status(), "8");
  EXPECT_EQ(response.message(), "grpc: received message larger than max (4194305 vs. 4194304)");
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed("alive")).body, Framed("alive"));
  EXPECT_TRUE(peer.goaways.empty());
}

TEST_F(SessionTest, APrefixOfFourGigabytesTakesNoMemory) {
  peer.OpenCall("/t.T/Echo", std::string(1, '\0') + "\xFF\xFF\xFF\xFF");
  peer.Exchange();
  EXPECT_EQ(peer.responses[1].message(),
            "grpc: received message larger than max (4294967295 vs. 4194304)");
  EXPECT_EQ(peer.request_bytes->used_bytes(), 0U);
}

TEST_F(SessionTest, AnEarlyAnswerEndsTheStreamFirstAndOnlyThenResetsItWithoutError) {
  peer.Exchange();
  peer.OpenCall("/t.T/Nope", "partial");
  peer.ExchangeToServer();
  const auto types = ClientPeer::FrameTypes(peer.TakeOutput());
  EXPECT_THAT(types, ElementsAre(NGHTTP2_HEADERS, NGHTTP2_RST_STREAM));
}

TEST_F(SessionTest, CompressedRequestsAreDecompressed) {
  const std::string text(300'000, 'a');
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed(Gzip(text), 1), {{"grpc-encoding", "gzip"}}).body,
            Framed(text));
  EXPECT_EQ(
      peer.Answered("/t.T/Echo", Framed(Compressed(text, 15), 1), {{"grpc-encoding", "deflate"}})
          .body,
      Framed(text));
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed("plain"), {{"grpc-encoding", "gzip"}}).body,
            Framed("plain"));
}

TEST_F(SessionTest, AMessageThatInflatesBeyondTheLimitIsRefused) {
  const std::string bomb = Gzip(std::string((4U << 20) + 1, '\0'));
  EXPECT_LT(bomb.size(), 10'000U);
  const Response response =
      peer.Answered("/t.T/Echo", Framed(bomb, 1), {{"grpc-encoding", "gzip"}});
  EXPECT_EQ(response.status(), "8");
  EXPECT_EQ(response.message(),
            "grpc: received message after decompression larger than max 4194304");
}

TEST_F(SessionTest, DamagedCompressedMessagesAreInternalErrors) {
  const std::string good = Gzip("some text that is compressed");
  for (const std::string& bad :
       {std::string("nonsense"), good.substr(0, good.size() - 1), good + "x", std::string()}) {
    const Response response =
        peer.Answered("/t.T/Echo", Framed(bad, 1), {{"grpc-encoding", "gzip"}});
    EXPECT_EQ(response.status(), "13");
  }
  EXPECT_EQ(peer.dispatcher.started, 0);
}

TEST_F(SessionTest, TheCompressedFlagWithoutAnEncodingIsAnInternalError) {
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed(Gzip("x"), 1)).status(), "13");
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed("x", 1), {{"grpc-encoding", "identity"}}).status(),
            "13");
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed("x", 2)).status(), "13");
}

TEST_F(SessionTest, AnUnknownEncodingIsUnimplementedAndTheKnownOnesAreNamed) {
  const Response response =
      peer.Answered("/t.T/Echo", Framed("x", 1), {{"grpc-encoding", "snappy"}});
  EXPECT_EQ(response.status(), "12");
  EXPECT_EQ(response.Field("grpc-accept-encoding"), "identity,deflate,gzip");
}

TEST_F(SessionTest, AUnaryRequestHasExactlyOneWholeMessage) {
  for (const std::string& body :
       {Framed("one") + Framed("two"), Framed("one") + std::string(1, '\0'),
        Framed("") + Framed(""), std::string(), std::string(3, '\0'), Framed("cut").substr(0, 7)}) {
    EXPECT_EQ(peer.Answered("/t.T/Echo", body).status(), "13") << body.size();
  }
  EXPECT_EQ(peer.dispatcher.started, 0);
}

TEST_F(SessionTest, ARequestIsUnderstoodInPiecesOfOneByte) {
  const std::int32_t id = peer.OpenCall("/t.T/Echo", "");
  const std::string body = Framed("drip");
  for (std::size_t i = 0; i < body.size(); ++i) {
    peer.SendMore(id, body.substr(i, 1), i + 1 == body.size());
    peer.Exchange();
  }
  EXPECT_EQ(peer.responses[id].body, body);
}

TEST_F(SessionTest, AMalformedTimeoutIsAnInternalErrorAndAZeroOneHasPassed) {
  for (const char* text : {"", "S", "5", "123456789S", "-1S", "1 S", "1s", "0x1S", "1.5S"}) {
    EXPECT_EQ(peer.Answered("/t.T/Echo", Framed(""), {{"grpc-timeout", text}}).status(), "13")
        << text;
  }
  for (const char* text : {"0n", "0H", "00000000S"}) {
    EXPECT_EQ(peer.Answered("/t.T/Echo", Framed(""), {{"grpc-timeout", text}}).status(), "4")
        << text;
  }
  EXPECT_EQ(peer.dispatcher.started, 0);
  for (const char* text : {"99999999H", "1n", "1u", "5m", "3M"}) {
    EXPECT_EQ(peer.Answered("/t.T/Echo", Framed(""), {{"grpc-timeout", text}}).status(), "0")
        << text;
  }
}

TEST_F(SessionTest, ADeadlineThatPassesAnswersTheCallAndTellsItsHandler) {
  peer.Call("/t.T/Hold", Framed(""), {{"grpc-timeout", "50m"}});
  peer.Exchange();
  rpc::Call& call = *peer.dispatcher.held[0];
  EXPECT_EQ(call.deadline_ns(), 50'000'000);
  peer.AdvanceMs(49);
  EXPECT_FALSE(call.cancelled());
  peer.AdvanceMs(6);
  peer.Exchange();
  EXPECT_TRUE(call.cancelled());
  EXPECT_EQ(peer.responses[1].status(), "4");
  call.Finish({}, Bytes{1});  // Too late, and harmless.
  peer.Exchange();
  EXPECT_EQ(peer.responses[1].body, "");
  EXPECT_EQ(peer.wheel.armed_count(), 0U);
}

TEST_F(SessionTest, ACancelledCallTellsItsHandler) {
  const std::int32_t id = peer.Call("/t.T/Hold", Framed(""), {{"grpc-timeout", "1S"}});
  peer.Exchange();
  EXPECT_FALSE(peer.dispatcher.held[0]->cancelled());
  nghttp2_submit_rst_stream(peer.client, 0, id, NGHTTP2_CANCEL);
  peer.Exchange();
  EXPECT_TRUE(peer.dispatcher.held[0]->cancelled());
  EXPECT_EQ(peer.session->abandoned_calls(), 1U);
  peer.dispatcher.held.clear();
  EXPECT_EQ(peer.session->abandoned_calls(), 0U);
  EXPECT_EQ(peer.wheel.armed_count(), 0U);
}

TEST_F(SessionTest, AHandlerSeesMethodPeerAndRequest) {
  peer.Call("/t.T/Hold", Framed("body"));
  peer.Exchange();
  const rpc::Call& call = *peer.dispatcher.held[0];
  EXPECT_EQ(call.method(), "/t.T/Hold");
  EXPECT_EQ(call.peer().address, "192.0.2.1");
  EXPECT_EQ(call.deadline_ns(), std::nullopt);
  EXPECT_EQ(std::string(call.request().begin(), call.request().end()), "body");
}

TEST_F(SessionTest, RepeatedMetadataKeepsItsOrder) {
  peer.Call("/t.T/Hold", Framed(""), {{"authorization", "first"}, {"authorization", "second"}});
  peer.Exchange();
  EXPECT_EQ(peer.dispatcher.held[0]->FindMetadata("authorization"), "first");
  EXPECT_THAT(peer.dispatcher.held[0]->metadata(),
              ElementsAre(Pair("authorization", "first"), Pair("authorization", "second")));
}

TEST_F(SessionTest, WhatTheTransportUsesIsNotMetadata) {
  EXPECT_THAT(Seen({{"grpc-timeout", "1H"},
                    {"grpc-encoding", "gzip"},
                    {"grpc-foo", "x"},
                    {"user-agent", "test"},
                    {"own", "y"}}),
              ElementsAre(Pair("user-agent", "test"), Pair("own", "y")));
}

TEST_F(SessionTest, BinaryMetadataIsDecodedInAllItsForms) {
  EXPECT_THAT(
      Seen({{"a-bin", "AP8="}, {"b-bin", "AP8"}, {"c-bin", "YQ==,Yg, YmM"}, {"d-bin", ""}}),
      ElementsAre(Pair("a-bin", std::string("\0\xFF", 2)), Pair("b-bin", std::string("\0\xFF", 2)),
                  Pair("c-bin", "a"), Pair("c-bin", "b"), Pair("c-bin", "bc"), Pair("d-bin", "")));
}

TEST_F(SessionTest, MalformedBinaryMetadataIsAnInternalError) {
  for (const char* text : {"*", "A", "AAAAA", "A===", "YQ==x", "=", "YQ=,YQ", "YQ-_"}) {
    EXPECT_EQ(peer.Answered("/t.T/Echo", Framed(""), {{"x-bin", text}}).status(), "13") << text;
  }
}

// libnghttp2 by default drops such a field without a word (pitfall 27).
TEST_F(SessionTest, BlanksAroundAnAuthorizationAreTrimmedAndTheFieldIsKept) {
  EXPECT_THAT(Seen({{"authorization", "Bearer "}}), ElementsAre(Pair("authorization", "Bearer")));
  EXPECT_THAT(Seen({{"authorization", "\t x y \t"}}), ElementsAre(Pair("authorization", "x y")));
  EXPECT_THAT(Seen({{"authorization", " "}}), ElementsAre(Pair("authorization", "")));
}

// Pitfalls 14 and 17: HTTP's own statuses are for what isn't gRPC.
TEST_F(SessionTest, OnlyWhatIsNotGrpcIsAnsweredWithAnHttpStatus) {
  const auto answered = [this](const std::string& method, const std::string& type) {
    return peer.Answered("", Framed("x"),
                         {{":method", method},
                          {":scheme", "http"},
                          {":path", "/t.T/Echo"},
                          {":authority", "t"},
                          {"content-type", type}});
  };
  EXPECT_EQ(answered("GET", "application/grpc").Field(":status"), "405");
  for (const char* type : {"application/json", "application/grpc-web", "application/grp", ""}) {
    EXPECT_EQ(answered("POST", type).Field(":status"), "415") << type;
  }
  for (const char* type : {"application/grpc", "application/grpc+proto", "application/grpc;x=y"}) {
    const Response response = answered("POST", type);
    EXPECT_EQ(response.Field(":status"), "200") << type;
    EXPECT_EQ(response.status(), "0") << type;
  }
}

TEST_F(SessionTest, AReplyOverTheLimitBecomesAnErrorThatNamesIt) {
  peer.limits.reply_bytes_max = 1000;
  peer.Call("/t.T/Hold", Framed(""));
  peer.Exchange();
  peer.dispatcher.held[0]->Finish({}, Bytes(1001));
  peer.Exchange();
  EXPECT_EQ(peer.responses[1].status(), "8");
  EXPECT_EQ(peer.responses[1].message(),
            "the reply of 1001 bytes is larger than the limit of 1000");
}

TEST(SessionPlainTest, ATestModeAnswersPlainRequests) {
  ClientPeer peer;
  peer.plain_requests = PlainRequests::kAnswer;
  peer.Start();
  const Response response = peer.Answered(
      "", "", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "t"}});
  EXPECT_EQ(response.Field(":status"), "200");
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.closed_as, NGHTTP2_NO_ERROR);
  EXPECT_EQ(peer.Answered("/t.T/Echo", Framed("x")).status(), "0");
}

}  // namespace
}  // namespace immudb::http2
