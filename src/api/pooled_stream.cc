#include "api/pooled_stream.h"

#include <atomic>
#include <chrono>
#include <string>
#include <utility>

#include "api/pace.h"
#include "api/pieces.h"
#include "api/status.h"
#include "base/byte_ledger.h"
#include "base/log.h"
#include "base/mutex.h"

namespace immudb::api {

class PooledStream::Maker : public std::enable_shared_from_this<Maker> {
 public:
  Maker(const Context& context, TakeTurn take_turn)
      : environment_(*context.environment),
        request_id_(context.call->request_id()),
        take_turn_(std::move(take_turn)),
        pace_(environment_.clock, environment_.calls_begun),
        charge_(environment_.unfinished_replies) {}

  Next Pull(const std::function<void()>& wake);
  void Abandon() { abandoned_.store(true, std::memory_order_relaxed); }

 private:
  enum class State : std::uint8_t { kIdle, kWorking, kReady };

  // Posts one turn of the work, after a rest if one is due; false if the pool takes no more.
  bool Post();
  void Work();
  void End(rpc::RpcStatus status);
  void Finish(Next next);

  Environment& environment_;
  const std::string request_id_;
  TakeTurn take_turn_;  // Of the task at work; empty after the end.
  Pace pace_;           // The same; while there is none, of Pull.
  ByteCharge charge_;   // The same.
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
  if (Post()) return later;
  const MutexLock lock(mutex_);
  state_ = State::kIdle;
  return {.kind = Next::Kind::kEnd, .message = {}, .status = TooManyReads()};
}

bool PooledStream::Maker::Post() {
  const auto work = [maker = shared_from_this()] { maker->Work(); };
  BoundedExecutor& pool = environment_.long_reads;
  const std::chrono::nanoseconds rest = pace_.Rest();
  if (rest.count() == 0) return pool.Post(work);
  // Then it takes its turn behind what came meanwhile.
  pool.PostAfter(rest, [maker = shared_from_this(), &pool, work] {
    if (!pool.Post(work)) maker->End(TooManyReads());
  });
  return true;
}

void PooledStream::Maker::Work() {
  if (abandoned_.load(std::memory_order_relaxed)) return;
  const LogScope scope(request_id_);
  pace_.BeginPiece();
  Result<StreamTurn> turn = take_turn_();
  pace_.EndPiece();
  if (!turn) return End(StatusFor(turn.error()));
  if (turn->kind == StreamTurn::Kind::kEnd) return End({});
  const bool is_whole = turn->kind == StreamTurn::Kind::kMessage;
  const std::size_t held_bytes = is_whole ? turn->message.capacity() : turn->held_bytes;
  if (!charge_.Resize(held_bytes)) {
    return End(StatusFor(TooManyUnfinishedReplies(environment_)));
  }
  if (is_whole) {
    return Finish(
        {.kind = Next::Kind::kMessage, .message = std::move(turn->message), .status = {}});
  }
  if (!Post()) End(TooManyReads());
}

void PooledStream::Maker::End(rpc::RpcStatus status) {
  take_turn_ = nullptr;  // And with it what it holds.
  Finish({.kind = Next::Kind::kEnd, .message = {}, .status = std::move(status)});
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

PooledStream::PooledStream(const Context& context, TakeTurn take_turn)
    : maker_(std::make_shared<Maker>(context, std::move(take_turn))) {}

PooledStream::~PooledStream() {
  maker_->Abandon();
}

rpc::MessageStream::Next PooledStream::Pull(const std::function<void()>& wake) {
  return maker_->Pull(wake);
}

}  // namespace immudb::api
