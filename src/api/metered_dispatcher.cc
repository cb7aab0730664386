#include "api/metered_dispatcher.h"

#include <functional>
#include <optional>
#include <utility>

#include "base/check.h"

namespace immudb::api {
namespace {

using rpc::RpcStatus;
using rpc::StatusCode;

// One call's share of the counters.
class Meter {
 public:
  Meter(CallCounters& counters, const Clock& clock)
      : counters_(&counters), clock_(&clock), begin_ns_(clock.MonotonicNs()) {
    counters_->started.Add();
    counters_->messages_received.Add();
  }

  void CountMessage() { counters_->messages_sent.Add(); }
  void End(StatusCode code) {
    counters_->handled[static_cast<std::size_t>(code)].Add();
    counters_->seconds.Add(clock_->MonotonicNs() - begin_ns_);
  }

 private:
  CallCounters* counters_;
  const Clock* clock_;
  std::int64_t begin_ns_;
};

class MeteredStream : public rpc::MessageStream {
 public:
  MeteredStream(std::unique_ptr<rpc::MessageStream> inner, Meter meter)
      : inner_(std::move(inner)), meter_(meter) {}
  ~MeteredStream() override {
    if (!has_ended_) meter_.End(StatusCode::kCancelled);
  }

  Next Pull(const std::function<void()>& wake) override {
    Next next = inner_->Pull(wake);
    if (next.kind == Next::Kind::kMessage) meter_.CountMessage();
    if (next.kind == Next::Kind::kEnd && !std::exchange(has_ended_, true)) {
      meter_.End(next.status.code);
    }
    return next;
  }

 private:
  const std::unique_ptr<rpc::MessageStream> inner_;
  Meter meter_;
  bool has_ended_ = false;
};

class MeteredCall : public rpc::Call {
 public:
  MeteredCall(std::unique_ptr<rpc::Call> inner, Meter meter)
      : inner_(std::move(inner)), meter_(meter) {}
  // Answered by nobody: the transport says so to the client.
  ~MeteredCall() override {
    if (!is_answered_) meter_.End(StatusCode::kInternal);
  }

  std::string_view method() const override { return inner_->method(); }
  const rpc::Metadata& metadata() const override { return inner_->metadata(); }
  const rpc::Peer& peer() const override { return inner_->peer(); }
  std::optional<std::int64_t> deadline_ns() const override { return inner_->deadline_ns(); }
  BytesView request() const override { return inner_->request(); }
  bool cancelled() const override { return inner_->cancelled(); }

  // What is counted is counted before the client can see the answer.
  void Finish(RpcStatus status, Bytes reply) override {
    is_answered_ = true;
    if (status.ok()) meter_.CountMessage();
    meter_.End(status.code);
    inner_->Finish(std::move(status), std::move(reply));
  }
  void FinishWithStream(std::unique_ptr<rpc::MessageStream> stream) override {
    is_answered_ = true;
    inner_->FinishWithStream(std::make_unique<MeteredStream>(std::move(stream), meter_));
  }
  void Refuse(RpcStatus status) override {
    is_answered_ = true;
    meter_.End(status.code);
    inner_->Refuse(std::move(status));
  }

 private:
  const std::unique_ptr<rpc::Call> inner_;
  Meter meter_;
  bool is_answered_ = false;
};

}  // namespace

MeteredDispatcher::MeteredDispatcher(rpc::Dispatcher& inner, std::size_t rows, const Clock& clock)
    : inner_(inner), clock_(clock), counters_(rows) {}

void MeteredDispatcher::Start(Method method, std::unique_ptr<rpc::Call> call) {
  IMMUDB_CHECK(method.row < counters_.size());
  peers_.Record(call->peer().address, clock_.NowUnixUs());
  inner_.Start(
      method, std::make_unique<MeteredCall>(std::move(call), Meter(counters_[method.row], clock_)));
}

}  // namespace immudb::api
