// A gRPC client for load: one connection without TLS, any number of calls in flight, one thread.
// It sends ready-made messages and looks at as little of the answers as it can, so that most of the
// machine is left to the server.

#pragma once

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "measure.h"

namespace immudb::bench {

struct Call {
  std::string_view path;  // Of the method; must live as long as the call.
  std::string message;    // Without gRPC's frame.
  std::size_t kind = 0;   // The caller's own.
};

struct Answer {
  std::size_t kind = 0;
  std::chrono::nanoseconds time{};
  int status = -1;  // gRPC's; -1: the call ended without one.
  std::string_view text;
  std::string_view message;  // Without gRPC's frame.
};

// Ends the program if the connection is lost.
class Http2Client {
 public:
  Http2Client(const std::string& host, std::uint16_t port);
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;
  ~Http2Client();

  // What every call carries as "authorization".
  void set_token(std::string token) { token_ = std::move(token); }
  // Called for each answer, from Receive; may Start calls.
  void set_on_answer(std::function<void(const Answer&)> on_answer) {
    on_answer_ = std::move(on_answer);
  }

  void Start(Call call);
  // Calls and waits; nothing else may be in flight. Ends the program if the call fails.
  std::string CallNow(std::string_view path, std::string message);

  // For loops of poll: what to wait for, and what to do when it has come.
  int file() const { return file_; }
  bool wants_to_send() const { return !unsent_.empty(); }
  void Send();
  void Receive();

 private:
  friend struct Http2Callbacks;
  struct Stream {
    Call call;
    std::string body;
    std::size_t sent = 0;
    Clock::time_point start;
    int status = -1;
    std::string text;
    std::string reply;
  };

  void Ended(std::int32_t id, Stream* stream);

  int file_ = -1;
  std::string authority_;
  std::string token_;
  nghttp2_session* session_ = nullptr;
  std::function<void(const Answer&)> on_answer_;
  std::string unsent_;
  std::vector<std::unique_ptr<Stream>> free_;
};

}  // namespace immudb::bench
