#include "api/context.h"

#include "api/status.h"
#include "base/error.h"
#include "base/log.h"

namespace immudb::api {

void Context::Refuse(rpc::RpcStatus status) const {
  call->Finish(std::move(status), {});
}

void Context::Refuse(const Error& error) const {
  const LogScope scope(call->request_id());
  Refuse(StatusFor(error));
}

void Context::Reply(Bytes message) const {
  const std::uint64_t bytes_max = environment->options.reply_bytes_max;
  if (message.size() > bytes_max) {
    return Refuse(ReplyTooLarge(message.size(), bytes_max));
  }
  call->Finish({}, std::move(message));
}

void Context::OnReadPool(std::function<void()> work) const {
  Post(environment->reads, std::move(work));
}

void Context::OnLongReadPool(std::chrono::nanoseconds delay, std::function<void()> work) const {
  BoundedExecutor& pool = environment->long_reads;
  if (delay.count() == 0) return Post(pool, std::move(work));
  pool.PostAfter(delay, [context = *this, work = std::move(work)] {
    context.Post(context.environment->long_reads, work);
  });
}

void Context::Post(BoundedExecutor& executor, std::function<void()> work) const {
  const rpc::Peer& peer = call->peer();
  const bool accepted = executor.PostFor(
      {.group = peer.network, .member = peer.port}, [context = *this, work = std::move(work)] {
        const LogScope scope(context.call->request_id());
        if (context.call->cancelled()) {
          return context.Refuse({rpc::StatusCode::kCancelled, "the client has gone"});
        }
        work();
      });
  if (!accepted) Refuse(TooManyReads());
}

}  // namespace immudb::api
