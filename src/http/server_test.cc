#include "http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace immudb::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ServerTest : public testing::Test {
 protected:
  void Serve(ServerOptions options = {}) {
    auto started = Server::Start(options, [](const std::string& path) -> Response {
      if (path == "/metrics") return {.body = "m 1\n"};
      return {.status = 404, .body = "not found\n"};
    });
    ASSERT_TRUE(started) << started.error().message;
    server_ = *std::move(started);
  }

  int Connect() const {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return descriptor;
  }

  // All that the server says until it closes.
  static std::string ReadAll(int descriptor) {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(descriptor, buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }

  std::string Ask(const std::string& request) const {
    const int descriptor = Connect();
    EXPECT_EQ(send(descriptor, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer = ReadAll(descriptor);
    close(descriptor);
    return answer;
  }

  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, APathIsAnsweredByTheHandlerWithoutItsQuery) {
  Serve();
  const std::string end = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  EXPECT_THAT(Ask("GET /metrics" + end), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(Ask("GET /metrics?a=b" + end), HasSubstr("\r\n\r\nm 1\n"));
  EXPECT_THAT(Ask("GET /debug/vars" + end), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Ask("HEAD /metrics" + end), HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(Ask("HEAD /metrics" + end), Not(HasSubstr("m 1")));
  EXPECT_THAT(Ask("DELETE /metrics" + end), StartsWith("HTTP/1.1 405"));
}

TEST_F(ServerTest, AConnectionServesOneRequestAfterAnother) {
  Serve();
  const std::string answer =
      Ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
          "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 404"));
}

TEST_F(ServerTest, WhatIsNoSmallRequestIsCutOff) {
  Serve();
  EXPECT_EQ(Ask("nonsense\r\n\r\n"), "");
  EXPECT_EQ(Ask("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n"), "");
}

TEST_F(ServerTest, SlowAndSurplusConnectionsEnd) {
  Serve({.connections_max = 1, .request_ms = 50});
  const int slow = Connect();
  const int surplus = Connect();
  EXPECT_EQ(ReadAll(surplus), "");  // At once: there is room for one.
  EXPECT_EQ(ReadAll(slow), "");     // Once its time is up.
  close(slow);
  close(surplus);
  EXPECT_THAT(Ask("GET /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200"));
}

TEST_F(ServerTest, ATakenPortAndAWrongAddressAreErrors) {
  Serve();
  EXPECT_EQ(Server::Start({.port = server_->port()}, {}).error().code, Code::kIo);
  EXPECT_EQ(Server::Start({.host = "no address"}, {}).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace immudb::http
