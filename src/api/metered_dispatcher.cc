#include "api/metered_dispatcher.h"

#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "rpc/request_id.h"

namespace immudb::api {
namespace {

using rpc::RpcStatus;
using rpc::StatusCode;

// One call's share of the counters.
class Meter {
 public:
  Meter(CallCounters& counters, const Clock& clock, SlowCallLog& slow_calls)
      : counters_(&counters),
        clock_(&clock),
        slow_calls_(&slow_calls),
        begin_ns_(clock.MonotonicNs()) {
    counters_->started.Add();
    counters_->messages_received.Add();
  }

  void CountMessage() { counters_->messages_sent.Add(); }
  void End(StatusCode code, const CallFacts& facts) {
    const std::int64_t duration_ns = clock_->MonotonicNs() - begin_ns_;
    counters_->handled[static_cast<std::size_t>(code)].Add();
    counters_->seconds.Add(duration_ns);
    if (slow_calls_->IsSlow(duration_ns)) slow_calls_->Tell(facts, duration_ns, code);
  }

 private:
  CallCounters* counters_;
  const Clock* clock_;
  SlowCallLog* slow_calls_;
  std::int64_t begin_ns_;
};

// The facts of a call that is gone.
struct KeptFacts {
  explicit KeptFacts(const CallFacts& facts)
      : method(facts.method),
        user(facts.user),
        database(facts.database),
        peer(facts.peer),
        request_id(facts.request_id) {}

  CallFacts view() const {
    return {.method = method,
            .user = user,
            .database = database,
            .peer = peer,
            .request_id = request_id};
  }

  std::string method;
  std::string user;
  std::string database;
  std::string peer;
  std::string request_id;
};

class MeteredStream : public rpc::MessageStream {
 public:
  MeteredStream(std::unique_ptr<rpc::MessageStream> inner, Meter meter, const CallFacts& facts)
      : inner_(std::move(inner)), meter_(meter), facts_(facts) {}
  MeteredStream(const MeteredStream&) = delete;
  MeteredStream& operator=(const MeteredStream&) = delete;
  ~MeteredStream() override {
    if (!has_ended_) meter_.End(StatusCode::kCancelled, facts_.view());
  }

  Next Pull(const std::function<void()>& wake) override {
    const LogScope scope(facts_.request_id);
    Next next = inner_->Pull(wake);
    if (next.kind == Next::Kind::kMessage) meter_.CountMessage();
    if (next.kind == Next::Kind::kEnd && !std::exchange(has_ended_, true)) {
      meter_.End(next.status.code, facts_.view());
    }
    return next;
  }

 private:
  const std::unique_ptr<rpc::MessageStream> inner_;
  Meter meter_;
  const KeptFacts facts_;
  bool has_ended_ = false;
};

class MeteredCall : public rpc::Call {
 public:
  MeteredCall(std::unique_ptr<rpc::Call> inner, Meter meter, std::string request_id)
      : inner_(std::move(inner)), meter_(meter), request_id_(std::move(request_id)) {}
  MeteredCall(const MeteredCall&) = delete;
  MeteredCall& operator=(const MeteredCall&) = delete;
  // Answered by nobody: the transport says so to the client.
  ~MeteredCall() override {
    if (!is_answered_) meter_.End(StatusCode::kInternal, facts());
  }

  std::string_view method() const override { return inner_->method(); }
  const rpc::Metadata& metadata() const override { return inner_->metadata(); }
  const rpc::Peer& peer() const override { return inner_->peer(); }
  std::optional<std::int64_t> deadline_ns() const override { return inner_->deadline_ns(); }
  BytesView request() const override { return inner_->request(); }
  bool cancelled() const override { return inner_->cancelled(); }

  std::string_view request_id() const override { return request_id_; }
  void Describe(std::string_view user, std::string_view database) override {
    user_ = user;
    database_ = database;
  }

  // What is counted is counted before the client can see the answer.
  void Finish(RpcStatus status, Bytes reply) override {
    is_answered_ = true;
    if (status.ok()) meter_.CountMessage();
    meter_.End(status.code, facts());
    inner_->Finish(std::move(status), std::move(reply));
  }
  void FinishWithStream(std::unique_ptr<rpc::MessageStream> stream) override {
    is_answered_ = true;
    inner_->FinishWithStream(std::make_unique<MeteredStream>(std::move(stream), meter_, facts()));
  }
  void Refuse(RpcStatus status) override {
    is_answered_ = true;
    meter_.End(status.code, facts());
    inner_->Refuse(std::move(status));
  }

 private:
  CallFacts facts() const {
    return {.method = inner_->method(),
            .user = user_,
            .database = database_,
            .peer = inner_->peer().address,
            .request_id = request_id_};
  }

  const std::unique_ptr<rpc::Call> inner_;
  Meter meter_;
  const std::string request_id_;
  std::string user_;
  std::string database_;
  bool is_answered_ = false;
};

}  // namespace

MeteredDispatcher::MeteredDispatcher(rpc::Dispatcher& inner, std::size_t rows, const Clock& clock,
                                     MeterOptions options)
    : inner_(inner),
      clock_(clock),
      counters_(rows),
      request_id_prefix_(std::move(options.request_id_prefix)),
      slow_calls_(clock, options.slow_call_ns) {}

std::string MeteredDispatcher::MakeRequestId(const rpc::Metadata& metadata) {
  if (const auto given = rpc::FindRequestId(metadata)) return std::string(*given);
  std::array<char, 16> digits{};  // Of 64 bits.
  const std::uint64_t number = request_ids_.fetch_add(1, std::memory_order_relaxed);
  char* const end = std::to_chars(digits.begin(), digits.end(), number, 16).ptr;
  std::string id = request_id_prefix_;
  id += '-';
  id.append(digits.begin(), end);
  return id;
}

void MeteredDispatcher::Start(Method method, std::unique_ptr<rpc::Call> call) {
  IMMUDB_CHECK(method.row < counters_.size());
  peers_.Record(call->peer().address, clock_.NowUnixUs());
  const std::string request_id = MakeRequestId(call->metadata());
  const LogScope scope(request_id);  // The call may be gone before Start returns.
  inner_.Start(method,
               std::make_unique<MeteredCall>(
                   std::move(call), Meter(counters_[method.row], clock_, slow_calls_), request_id));
}

}  // namespace immudb::api
