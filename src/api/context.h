// One call on its way through its handler: who calls, on which database, and how to answer.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "api/environment.h"
#include "auth/session_table.h"
#include "catalog/database_table.h"
#include "immudb/bytes.h"
#include "immudb/ledger.h"
#include "immudb/result.h"
#include "rpc/call.h"

namespace immudb::api {

// Copies name the same call; exactly one of them answers it, once.
struct Context {
  Environment* environment = nullptr;
  // Shared by the copies, since callbacks must be copyable.
  std::shared_ptr<rpc::Call> call;
  auth::Session session = {};         // Calls on a database only.
  catalog::LedgerHandle ledger = {};  // Likewise; stays open as long as the context is there.

  const rpc::Peer& peer() const { return call->peer(); }

  void Refuse(rpc::RpcStatus status) const;
  void Refuse(const Error& error) const;
  // Answers with an encoded message, or with an error if that is larger than a reply may be.
  void Reply(Bytes message) const;
  // Answers with what `encode` makes of a result, or with its error.
  template <typename T, typename Encode>
  void ReplyWith(const Result<T>& result, Encode encode) const {
    if (!result) return Refuse(result.error());
    Reply(encode(*result));
  }

  // Runs `work` on the pool for reads; refuses the call if that is overloaded, and drops the work
  // if the client has gone by then.
  void OnReadPool(std::function<void()> work) const;
  // The same on the pool for long reads, after a delay.
  void OnLongReadPool(std::chrono::nanoseconds delay, std::function<void()> work) const;

 private:
  void Post(BoundedExecutor& executor, std::function<void()> work) const;
};

}  // namespace immudb::api
