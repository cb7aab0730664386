#include "http2/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http2/client_peer_test.h"

namespace immudb::http2 {
namespace {

using testing::Each;
using testing::ElementsAre;

TEST(SessionTest, AUnaryCallIsAnsweredWithItsMessageAndStatusZero) {
  ClientPeer peer;
  peer.Start();
  const Response response = peer.Answered("/t.T/Echo", Framed("hello"));
  EXPECT_EQ(response.Field(":status"), "200");
  EXPECT_EQ(response.Field("content-type"), "application/grpc");
  EXPECT_EQ(response.body, Framed("hello"));
  EXPECT_EQ(response.TrailerField("grpc-status"), "0");
  EXPECT_EQ(response.closed_as, NGHTTP2_NO_ERROR);
}

TEST(SessionTest, ARefusalOfTheDispatcherArrivesWithItsExactTextAndNoInitialMetadata) {
  ClientPeer peer;
  peer.Start();
  const Response response = peer.Answered("/t.T/Nope", Framed("x"));
  EXPECT_EQ(response.status(), "12");
  EXPECT_EQ(response.message(), "unknown method /t.T/Nope");
  EXPECT_TRUE(response.head_is_all);
  EXPECT_EQ(response.Field("server-id"), "<absent>");
}

}  // namespace
}  // namespace immudb::http2
