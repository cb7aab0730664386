// A stream whose messages are made one at a time on the pool for long reads, when the client has
// room. A message belongs to the budget of unfinished replies until the transport takes it; a
// client that stops reading costs nothing more.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "api/context.h"
#include "immudb/bytes.h"
#include "immudb/result.h"
#include "rpc/call.h"

namespace immudb::api {

// What a turn of the work on a stream came to.
struct StreamTurn {
  enum class Kind : std::uint8_t { kEnd, kMessage, kUnfinished };
  Kind kind = Kind::kEnd;
  Bytes message = {};          // kMessage: the next one, encoded.
  std::size_t held_bytes = 0;  // kUnfinished: what the message takes so far.
};

// Used as rpc::MessageStream says.
class PooledStream : public rpc::MessageStream {
 public:
  // One turn: a millisecond or two, after which others have theirs. Called by one thread at a time,
  // never again after the end or an error, which ends the stream, and then destroyed. After a
  // message it should hold no memory and pin nothing, for the next may be asked for late or never.
  using TakeTurn = std::function<Result<StreamTurn>()>;

  // Of the call of `context`, of which it keeps the name and the environment.
  PooledStream(const Context& context, TakeTurn take_turn);
  ~PooledStream() override;
  PooledStream(const PooledStream&) = delete;
  PooledStream& operator=(const PooledStream&) = delete;

  Next Pull(const std::function<void()>& wake) override;

 private:
  class Maker;
  const std::shared_ptr<Maker> maker_;  // Shared with the task that makes a message.
};

}  // namespace immudb::api
