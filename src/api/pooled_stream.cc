#include "api/pooled_stream.h"

#include <atomic>
#include <utility>

#include "api/pieces.h"
#include "api/status.h"
#include "base/byte_ledger.h"
#include "base/mutex.h"

namespace immudb::api {

class PooledStream::Maker : public std::enable_shared_from_this<Maker> {
 public:
  Maker(Environment& environment, MakeMessage make)
      : environment_(environment),
        make_(std::move(make)),
        charge_(environment.unfinished_replies) {}

  Next Pull(const std::function<void()>& wake);
  void Abandon() { abandoned_.store(true, std::memory_order_relaxed); }

 private:
  enum class State : std::uint8_t { kIdle, kWorking, kReady };

  void Work();
  Next MakeNext();
  void Finish(Next next);

  Environment& environment_;
  const MakeMessage make_;  // Of the task at work.
  ByteCharge charge_;       // The same; while a message is ready, of Pull.
  std::atomic<bool> abandoned_{false};

  Mutex mutex_;
  State state_ IMMUDB_GUARDED_BY(mutex_) = State::kIdle;
  Next ready_ IMMUDB_GUARDED_BY(mutex_);
  std::function<void()> wake_ IMMUDB_GUARDED_BY(mutex_);
};

rpc::MessageStream::Next PooledStream::Maker::Pull(const std::function<void()>& wake) {
  Next later{.kind = Next::Kind::kLater, .message = {}, .status = {}};
  {
    const MutexLock lock(mutex_);
    if (state_ == State::kReady) {
      state_ = State::kIdle;
      charge_.Shrink(charge_.bytes());
      return std::exchange(ready_, {});
    }
    wake_ = wake;
    if (state_ == State::kWorking) return later;
    state_ = State::kWorking;
  }
  if (environment_.reads.Post([maker = shared_from_this()] { maker->Work(); })) return later;
  const MutexLock lock(mutex_);
  state_ = State::kIdle;
  return {.kind = Next::Kind::kEnd, .message = {}, .status = TooManyReads()};
}

void PooledStream::Maker::Work() {
  if (abandoned_.load(std::memory_order_relaxed)) return;
  Finish(MakeNext());
}

rpc::MessageStream::Next PooledStream::Maker::MakeNext() {
  const auto end = [](rpc::RpcStatus status) {
    return Next{.kind = Next::Kind::kEnd, .message = {}, .status = std::move(status)};
  };
  Result<std::optional<Bytes>> message = make_();
  if (!message) return end(StatusFor(message.error()));
  if (!*message) return end({});
  if (!charge_.Grow((*message)->capacity())) {
    return end(StatusFor(TooManyUnfinishedReplies(environment_)));
  }
  return {.kind = Next::Kind::kMessage, .message = *std::move(*message), .status = {}};
}

void PooledStream::Maker::Finish(Next next) {
  std::function<void()> wake;
  {
    const MutexLock lock(mutex_);
    ready_ = std::move(next);
    state_ = State::kReady;
    wake = std::exchange(wake_, nullptr);
  }
  wake();
}

PooledStream::PooledStream(Environment& environment, MakeMessage make)
    : maker_(std::make_shared<Maker>(environment, std::move(make))) {}

PooledStream::~PooledStream() {
  maker_->Abandon();
}

rpc::MessageStream::Next PooledStream::Pull(const std::function<void()>& wake) {
  return maker_->Pull(wake);
}

}  // namespace immudb::api
