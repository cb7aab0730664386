#include "api/health_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/methods.h"
#include "api/wire.h"

namespace immudb::api {
namespace {

using rpc::RpcStatus;
using rpc::StatusCode;

enum class Subject : std::uint8_t { kServer, kUnknown };

// Whose health is asked for; refuses the call if its request does not say.
std::optional<Subject> SubjectOf(rpc::Call& call) {
  const BytesView request = call.request();
  WireReader reader(request);
  BytesView name;
  while (!reader.done()) {
    const Result<WireField> field = reader.Next();
    if (!field) {
      call.Refuse(
          {StatusCode::kInternal, "grpc: error unmarshalling request: " + field.error().message});
      return std::nullopt;
    }
    if (field->number == 1 && field->type == WireType::kBytes) name = field->payload;
  }
  const bool is_known = name.empty() || std::ranges::equal(name, AsBytes(kServiceName));
  return is_known ? Subject::kServer : Subject::kUnknown;
}

Bytes Encode(HealthStatus status) {
  Bytes message;
  AppendVarintField(message, 1, static_cast<std::uint64_t>(status));
  return message;
}

}  // namespace

class HealthService::Stream : public rpc::MessageStream {
 public:
  // Counts as one more watcher, or returns null.
  static std::unique_ptr<Stream> Create(std::shared_ptr<Watched> watched, Subject subject) {
    {
      const MutexLock lock(watched->mutex);
      if (watched->watchers >= watched->watchers_max) return nullptr;
      watched->watchers++;
    }
    return std::unique_ptr<Stream>(new Stream(std::move(watched), subject));
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() override {
    const MutexLock lock(watched_->mutex);
    watched_->wakes.erase(this);
    watched_->watchers--;
  }

  Next Pull(const std::function<void()>& wake) override {
    const MutexLock lock(watched_->mutex);
    const HealthStatus status =
        subject_ == Subject::kServer ? watched_->status : HealthStatus::kServiceUnknown;
    if (told_ != status) {
      told_ = status;
      return {.kind = Next::Kind::kMessage, .message = Encode(status), .status = {}};
    }
    if (watched_->has_ended) {
      return {.kind = Next::Kind::kEnd,
              .message = {},
              .status = {StatusCode::kUnavailable, "the server is shutting down"}};
    }
    watched_->wakes[this] = wake;
    return {.kind = Next::Kind::kLater, .message = {}, .status = {}};
  }

 private:
  Stream(std::shared_ptr<Watched> watched, Subject subject)
      : watched_(std::move(watched)), subject_(subject) {}

  const std::shared_ptr<Watched> watched_;  // Shared with HealthService and the other streams.
  const Subject subject_;
  std::optional<HealthStatus> told_;
};

void HealthService::Check(rpc::Call& call) const {
  const std::optional<Subject> subject = SubjectOf(call);
  if (!subject) return;
  if (*subject == Subject::kUnknown) {
    return call.Finish({StatusCode::kNotFound, "unknown service"}, {});
  }
  call.Finish({}, Encode(look_()));
}

void HealthService::Watch(rpc::Call& call) const {
  const std::optional<Subject> subject = SubjectOf(call);
  if (!subject) return;
  std::unique_ptr<Stream> stream = Stream::Create(watched_, *subject);
  if (stream == nullptr) {
    return call.Finish({StatusCode::kResourceExhausted, "too many watch the server's health"}, {});
  }
  call.FinishWithStream(std::move(stream));
}

void HealthService::Set(HealthStatus status, Life life) {
  std::map<const Stream*, std::function<void()>> wakes;
  {
    const MutexLock lock(watched_->mutex);
    if (watched_->has_ended) return;
    if (status == watched_->status && life == Life::kGoesOn) return;
    watched_->status = status;
    watched_->has_ended = life == Life::kEnds;
    wakes.swap(watched_->wakes);
  }
  for (const auto& [stream, wake] : wakes) wake();
}

void HealthService::Refresh() {
  Set(look_(), Life::kGoesOn);
}

void HealthService::End() {
  Set(HealthStatus::kNotServing, Life::kEnds);
}

}  // namespace immudb::api
