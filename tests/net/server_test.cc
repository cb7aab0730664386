// The server over real sockets, in clear text.

#include "net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>

#include "server_fixture.h"

namespace immudb::tests {
namespace {

using testing::EndsWith;

class ServerTest : public ServerFixture {};

TEST_F(ServerTest, CallsAreAnswered) {
  Start();
  const auto client = Connect();
  const Reply reply = client->Call("/echo", "hello");
  EXPECT_EQ(reply.body, Framed("hello"));
  EXPECT_EQ(reply.status(), "0");
  EXPECT_EQ(reply.fields.at("server-id"), "7");
  EXPECT_EQ(client->Call("/who", "").body, Framed("127.0.0.1 local clear"));
  EXPECT_EQ(client->Call("/nope", "").status(), "12");
}

TEST_F(ServerTest, LargeMessagesComeBackWhole) {
  Start();
  const auto client = Connect();
  std::string message(3U << 20, 'x');
  for (std::size_t i = 0; i < message.size(); i += 1013) message[i] = static_cast<char>(i);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client->Call("/echo", message).body == Framed(message));
  EXPECT_EQ(server->statistics().request_bytes, 0U);
  EXPECT_EQ(server->statistics().reply_bytes, 0U);
}

TEST_F(ServerTest, ManyConnectionsOnTwoLoopsAreAnsweredFromOtherThreads) {
  Start(2);
  std::atomic<int> answered{0};
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t, &answered] {
      const auto client = Connect();
      for (int round = 0; round < 20; ++round) {
        std::vector<std::pair<std::int32_t, std::string>> calls;
        for (int i = 0; i < 20; ++i) {
          std::string message = std::to_string(t * 1'000'000 + round * 1000 + i);
          message.resize(i % 5 == 0 ? 10'000 : message.size(), '.');
          calls.emplace_back(client->Begin(i % 2 == 0 ? "/away" : "/echo", message), message);
        }
        for (const auto& [id, message] : calls) {
          if (client->Await(id).body == Framed(message)) ++answered;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(answered, 4 * 20 * 20);
  EXPECT_EQ(server->statistics().calls_answered, 4U * 20 * 20);
}

TEST_F(ServerTest, ConnectionsThatVanishWithCallsUnderWayLeaveNothingBehind) {
  Start(2);
  for (int round = 0; round < 20; ++round) {
    const auto client = Connect();
    for (int i = 0; i < 20; ++i) client->Begin("/away", "x");
    client->Begin("/hold", "y");
    dispatcher.TakeHeld()->Finish({}, Bytes{1});
  }
  const auto client = Connect();
  EXPECT_EQ(client->Call("/away", "z").status(), "0");
  server->Shutdown(0);
  EXPECT_EQ(server->statistics().request_bytes, 0U);
  EXPECT_EQ(server->statistics().reply_bytes, 0U);
  EXPECT_EQ(server->statistics().connections, 0U);
}

TEST_F(ServerTest, AUnixSocketServesToo) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("server_test_" + std::to_string(getpid())))
          .string();
  options.host = "unix:" + path;
  Start();
  EXPECT_EQ(server->port(), 0);
  const auto client = Client::ToPath(path);
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(client->Call("/who", "").body, Framed("unix local clear"));
  std::filesystem::remove(path);
}

TEST_F(ServerTest, AShutdownLetsCallsUnderWayEndAndTakesNoNewOnes) {
  Start();
  const auto client = Connect();
  const std::int32_t id = client->Begin("/hold", "x");
  auto call = dispatcher.TakeHeld();
  const std::uint16_t port = server->port();
  std::jthread stopper([this] { server->Shutdown(60'000); });
  while (Client::ToPort(port) != nullptr) {
  }
  call->Finish({}, Bytes{'e'});
  EXPECT_EQ(client->Await(id).body, Framed("e"));
  EXPECT_TRUE(client->AwaitEnd(10));
}

TEST_F(ServerTest, AShutdownWithoutGraceCutsCallsAndTheirHandlersMayStillAnswer) {
  Start();
  const auto client = Connect();
  client->Begin("/hold", "x");
  auto call = dispatcher.TakeHeld();
  server->Shutdown(0);
  EXPECT_TRUE(client->AwaitEnd(10));
  EXPECT_TRUE(call->cancelled());
  server.reset();
  loops.reset();
  call->Finish({}, Bytes{'e'});
}

TEST_F(ServerTest, AShutdownWaitsNoLongerThanItsGrace) {
  Start();
  const auto client = Connect();
  client->Begin("/hold", "x");
  const auto call = dispatcher.TakeHeld();
  const auto began = std::chrono::steady_clock::now();
  server->Shutdown(300);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
  EXPECT_TRUE(call->cancelled());
}

TEST_F(ServerTest, AConnectionThatSaysNothingIsClosed) {
  options.handshake_ms = 100;
  Start();
  const auto client = Connect();
  EXPECT_TRUE(client->AwaitEnd(30));
  EXPECT_EQ(server->statistics().connections_stalled, 1U);
}

TEST_F(ServerTest, WhatIsNotHttp2IsClosed) {
  Start();
  const auto client = Connect();
  client->SendRaw("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(client->AwaitEnd(30));
}

TEST_F(ServerTest, ConnectionsBeyondTheLimitOfAnAddressAreClosed) {
  options.admission.connections_per_local_address = 2;
  Start();
  const auto first = Connect();
  const auto second = Connect();
  EXPECT_EQ(first->Call("/echo", "x").status(), "0");
  EXPECT_EQ(second->Call("/echo", "x").status(), "0");
  const auto third = Connect();
  EXPECT_TRUE(third->AwaitEnd(30));
  EXPECT_EQ(server->statistics().connections_refused, 1U);
}

TEST_F(ServerTest, AnAddressThatWasClosedForAbuseMustWait) {
  options.admission.penalty_ms = 3'600'000;
  options.admission.local_penalty_ms_max = 3'600'000;
  Start();
  const auto honest = Connect();
  EXPECT_EQ(honest->Call("/echo", "x").status(), "0");
  const auto attacker = Connect();
  attacker->SendRaw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  for (int i = 0; i < 5000 && attacker->SendRaw(settings); ++i) {
  }
  EXPECT_TRUE(attacker->AwaitEnd(30));
  EXPECT_EQ(server->statistics().connections_abusive, 1U);
  const auto again = Connect();
  EXPECT_TRUE(again->AwaitEnd(30));
  EXPECT_EQ(server->statistics().connections_refused, 1U);
  EXPECT_EQ(honest->Call("/echo", "x").status(), "0");
}

TEST_F(ServerTest, WantOfMemoryClosesOneConnectionAndTheOthersGoOn) {
  Start();
  const auto honest = Connect();
  EXPECT_EQ(honest->Call("/echo", "x").status(), "0");
  for (int i = 0; i < 3; ++i) {
    const auto unlucky = Connect();
    unlucky->Begin("/costly", "x");
    EXPECT_TRUE(unlucky->AwaitEnd(30));
  }
  EXPECT_EQ(honest->Call("/echo", "x").status(), "0");
  EXPECT_EQ(server->statistics().connections_without_memory, 3U);
  EXPECT_EQ(server->statistics().connections_abusive, 0U);
}

// The clock stands still, so that whatever waits for time to pass would wait for ever.
TEST_F(ServerTest, AShutdownClosesConnectionsWithoutCallsAtOnce) {
  clock = &stepped_clock;
  Start();
  const auto reader = Connect();
  EXPECT_EQ(reader->Call("/echo", "x").status(), "0");
  const auto silent = Connect();
  silent->SendRaw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const auto began = std::chrono::steady_clock::now();
  server->Shutdown(60'000);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
  EXPECT_TRUE(reader->AwaitEnd(30));
}

TEST_F(ServerTest, AnAbusivePeerThatDoesNotReadIsCutOffSoon) {
  clock = &stepped_clock;
  options.limits.stall_ms = 3'600'000;
  options.limits.connection_reply_bytes_max = 64U << 20;
  options.reply_bytes_max = 64U << 20;
  Start();
  const auto attacker = Connect();
  attacker->Begin("/large", "");  // After the preface raw frames may follow.
  // SETTINGS with a window of 1 GiB, and as much for the connection.
  attacker->SendRaw(std::string("\0\0\6\4\0\0\0\0\0\0\4\x40\0\0\0", 15));
  attacker->SendRaw(std::string("\0\0\4\x8\0\0\0\0\0\x40\0\0\0", 13));
  for (int i = 0; i < 12; ++i) attacker->Begin("/large", "");
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  for (int i = 0; i < 2000 && attacker->SendRaw(settings); ++i) {
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (server->statistics().connections_abusive == 0 &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  ASSERT_EQ(server->statistics().connections_abusive, 1U);
  EXPECT_EQ(server->statistics().connections, 1U);
  // Again and again, for the connection may take note of the time later than it counts the abuse;
  // and not as often as would end it for its silence.
  for (int i = 0; i < 15 && server->statistics().connections > 0; ++i) {
    stepped_clock.AdvanceMs(3'000);
    const auto looked_at = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (server->statistics().connections > 0 && std::chrono::steady_clock::now() < looked_at) {
      std::this_thread::yield();
    }
  }
  EXPECT_EQ(server->statistics().connections, 0U);
}

TEST_F(ServerTest, APortThatIsTakenIsAnError) {
  Start();
  net::ServerOptions second = options;
  second.port = server->port();
  const auto refused = net::Server::Start(second, *loops, dispatcher, *clock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kIo);
}

}  // namespace
}  // namespace immudb::tests
