// A stream whose messages are made one at a time on the pool for reads, when the client has room.

#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "api/environment.h"
#include "immudb/bytes.h"
#include "immudb/result.h"
#include "rpc/call.h"

namespace immudb::api {

// Used as rpc::MessageStream says.
class PooledStream : public rpc::MessageStream {
 public:
  // Makes the next message, encoded; nothing at the end. Called by one thread at a time, never
  // again after the end or an error, which ends the stream. It should take a millisecond or two.
  using MakeMessage = std::function<Result<std::optional<Bytes>>()>;

  // `environment` must outlive the stream.
  PooledStream(Environment& environment, MakeMessage make);
  ~PooledStream() override;
  PooledStream(const PooledStream&) = delete;
  PooledStream& operator=(const PooledStream&) = delete;

  Next Pull(const std::function<void()>& wake) override;

 private:
  class Maker;
  const std::shared_ptr<Maker> maker_;  // Shared with the task that makes a message.
};

}  // namespace immudb::api
