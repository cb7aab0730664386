// A call without a transport, which remembers how it was answered.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/mutex.h"
#include "rpc/call.h"

namespace immudb::api {

struct FakeAnswer {
  rpc::RpcStatus status;
  Bytes reply;
  bool has_initial_metadata = true;
};

// Where the answer of one call arrives; outlives the call. Thread-safe.
class FakeCaller {
 public:
  void Answer(FakeAnswer answer, std::unique_ptr<rpc::MessageStream> stream = nullptr) {
    const MutexLock lock(mutex_);
    IMMUDB_CHECK(!answer_);  // A call is answered once.
    answer_ = std::move(answer);
    stream_ = std::move(stream);
    answered_.NotifyAll();
  }
  void WaitForAnswer() {
    const MutexLock lock(mutex_);
    while (!answer_) answered_.Wait(mutex_);
  }
  // The messages of an answer that is a stream.
  std::unique_ptr<rpc::MessageStream> TakeStream() {
    const MutexLock lock(mutex_);
    return std::move(stream_);
  }
  std::optional<FakeAnswer> answer() const {
    const MutexLock lock(mutex_);
    return answer_;
  }
  void set_cancelled() {
    const MutexLock lock(mutex_);
    cancelled_ = true;
  }
  bool cancelled() const {
    const MutexLock lock(mutex_);
    return cancelled_;
  }

 private:
  mutable Mutex mutex_;
  ConditionVariable answered_;
  std::optional<FakeAnswer> answer_ IMMUDB_GUARDED_BY(mutex_);
  std::unique_ptr<rpc::MessageStream> stream_ IMMUDB_GUARDED_BY(mutex_);
  bool cancelled_ IMMUDB_GUARDED_BY(mutex_) = false;
};

struct FakeRequest {
  std::string path;
  Bytes message;
  rpc::Metadata metadata = {};
  rpc::Peer peer = {.address = "127.0.0.1", .port = 4711, .is_loopback = true};
};

class FakeCall : public rpc::Call {
 public:
  FakeCall(std::shared_ptr<FakeCaller> caller, FakeRequest request)
      : caller_(std::move(caller)), request_(std::move(request)) {}

  FakeCall(const FakeCall&) = delete;
  FakeCall& operator=(const FakeCall&) = delete;

  // As every transport: a call that nobody answers ends with an error.
  ~FakeCall() override {
    if (!caller_->answer()) {
      Refuse({rpc::StatusCode::kInternal, "the call was never answered"});
    }
  }

  std::string_view method() const override { return request_.path; }
  const rpc::Metadata& metadata() const override { return request_.metadata; }
  const rpc::Peer& peer() const override { return request_.peer; }
  std::optional<std::int64_t> deadline_ns() const override { return std::nullopt; }
  BytesView request() const override { return request_.message; }
  bool cancelled() const override { return caller_->cancelled(); }
  void Finish(rpc::RpcStatus status, Bytes reply) override {
    caller_->Answer({.status = std::move(status), .reply = std::move(reply)});
  }
  void FinishWithStream(std::unique_ptr<rpc::MessageStream> stream) override {
    caller_->Answer({}, std::move(stream));
  }
  void Refuse(rpc::RpcStatus status) override {
    caller_->Answer({.status = std::move(status), .reply = {}, .has_initial_metadata = false});
  }

 private:
  const std::shared_ptr<FakeCaller> caller_;  // Shared with the test.
  const FakeRequest request_;
};

}  // namespace immudb::api
