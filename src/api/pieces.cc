#include "api/pieces.h"

#include <memory>
#include <utility>

#include "base/byte_ledger.h"
#include "base/error.h"

namespace immudb::api {
namespace {

struct UnfinishedReply {
  Context context;
  NextPiece next;
  ByteCharge charge;
  Bytes bytes;
};

void Continue(const std::shared_ptr<UnfinishedReply>& reply) {
  const Context& context = reply->context;
  const Result<bool> more = reply->next(reply->bytes);
  if (!more) return context.Refuse(more.error());
  const bool is_too_large = reply->bytes.size() > context.environment->options.reply_bytes_max;
  if (!*more || is_too_large) return context.Reply(std::move(reply->bytes));

  if (!reply->charge.Grow(reply->bytes.capacity() - reply->charge.bytes())) {
    return context.Refuse(TooManyUnfinishedReplies(*context.environment));
  }
  // The task's copy and the pool's share the reply; only one of them runs at a time.
  context.OnReadPool([reply] { Continue(reply); });
}

}  // namespace

void ReplyInPieces(const Context& context, NextPiece next) {
  auto reply = std::make_shared<UnfinishedReply>();
  reply->context = context;
  reply->next = std::move(next);
  reply->charge = ByteCharge(context.environment->unfinished_replies);
  Continue(reply);
}

Error TooManyUnfinishedReplies(const Environment& environment) {
  return Fail(Code::kExhausted,
              "the replies being put together are larger than the server holds ({} bytes); ask for "
              "less, or try again later",
              environment.unfinished_replies.limit_bytes());
}

}  // namespace immudb::api
