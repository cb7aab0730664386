// A server with its loops and a dispatcher, for tests over real sockets.

#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "client.h"
#include "net/loop_group.h"
#include "net/server.h"

namespace immudb::tests {

// /echo answers at once, /away from another thread, /hold when it is told to, /large with 3 MiB;
// for /costly there is no memory.
class EchoDispatcher : public rpc::Dispatcher {
 public:
  EchoDispatcher() = default;
  EchoDispatcher(const EchoDispatcher&) = delete;
  EchoDispatcher& operator=(const EchoDispatcher&) = delete;
  ~EchoDispatcher() override {
    worker_.request_stop();
    worker_.join();
  }

  std::variant<Method, rpc::RpcStatus> Find(std::string_view path) const override {
    if (path == "/echo") return Method{.kind = rpc::MethodKind::kUnary, .row = 0};
    if (path == "/away") return Method{.kind = rpc::MethodKind::kUnary, .row = 1};
    if (path == "/hold") return Method{.kind = rpc::MethodKind::kUnary, .row = 2};
    if (path == "/large") return Method{.kind = rpc::MethodKind::kUnary, .row = 4};
    if (path == "/costly") return Method{.kind = rpc::MethodKind::kUnary, .row = 5};
    if (path == "/who") return Method{.kind = rpc::MethodKind::kUnary, .row = 3};
    return rpc::RpcStatus{rpc::StatusCode::kUnimplemented, "unknown"};
  }
  const rpc::Metadata& initial_metadata() const override { return initial_; }

  void Start(Method method, std::unique_ptr<rpc::Call> call) override {
    if (method.row == 0) return Echo(*call);
    if (method.row == 3) {
      const rpc::Peer& peer = call->peer();
      const std::string who = peer.address + (peer.is_loopback ? " local" : " remote") +
                              (peer.is_encrypted ? " encrypted" : " clear");
      return call->Finish({}, Bytes(who.begin(), who.end()));
    }
    if (method.row == 4) return call->Finish({}, Bytes(3U << 20));
    if (method.row == 5) throw std::bad_alloc();
    const std::lock_guard lock(mutex_);
    (method.row == 1 ? away_ : held_).push_back(std::move(call));
    changed_.notify_all();
  }

  static void Echo(rpc::Call& call) {
    const BytesView request = call.request();
    call.Finish({}, Bytes(request.begin(), request.end()));
  }

  // Waits for a call to /hold.
  std::unique_ptr<rpc::Call> TakeHeld() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_.empty(); });
    auto call = std::move(held_.front());
    held_.pop_front();
    return call;
  }

 private:
  void Work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !away_.empty(); })) {
      auto call = std::move(away_.front());
      away_.pop_front();
      lock.unlock();
      Echo(*call);
      call.reset();
      lock.lock();
    }
  }

  const rpc::Metadata initial_ = {{"server-id", "7"}};
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::unique_ptr<rpc::Call>> away_;
  std::deque<std::unique_ptr<rpc::Call>> held_;
  std::jthread worker_{[this](const std::stop_token& stop) { Work(stop); }};
};

// A clock that other threads may read while it is set.
class SteppedClock final : public Clock {
 public:
  std::int64_t NowUnixUs() const override { return now_ns_ / 1000; }
  std::int64_t MonotonicNs() const override { return now_ns_; }
  void AdvanceMs(std::int64_t ms) { now_ns_ += ms * 1'000'000; }

 private:
  std::atomic<std::int64_t> now_ns_{1'600'000'000'000'000'000};
};

class ServerFixture : public testing::Test {
 protected:
  void Start(std::size_t loop_count = 1) {
    auto started_loops = net::LoopGroup::Start(loop_count);
    ASSERT_TRUE(started_loops);
    loops = *std::move(started_loops);
    auto started = net::Server::Start(options, *loops, dispatcher, *clock);
    ASSERT_TRUE(started) << started.error().message;
    server = *std::move(started);
  }

  std::unique_ptr<Client> Connect() { return Client::ToPort(server->port()); }

  net::ServerOptions options;
  const SystemClock system_clock{};
  SteppedClock stepped_clock;
  const Clock* clock = &system_clock;
  EchoDispatcher dispatcher;
  std::unique_ptr<net::LoopGroup> loops;
  std::unique_ptr<net::Server> server;
};

}  // namespace immudb::tests
