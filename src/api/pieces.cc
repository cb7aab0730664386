#include "api/pieces.h"

#include <memory>
#include <utility>
#include <vector>

#include "api/pace.h"
#include "api/status.h"
#include "base/byte_ledger.h"
#include "base/error.h"

namespace immudb::api {
namespace {

// A reply lies in blocks while it grows: one buffer would be copied again and again, and need twice
// its size each time.
constexpr std::size_t kBlockBytes = 1u << 20;

// After so many pieces, a thousand rows, an answer is a long one.
constexpr int kUsualPieces = 4;

struct UnfinishedReply {
  explicit UnfinishedReply(const Context& of)
      : context(of),
        pace(of.environment->clock, of.environment->calls_begun),
        charge(of.environment->unfinished_replies) {}

  Context context;
  Pace pace;
  NextPiece next;
  std::function<std::size_t()> kept_bytes;
  ByteCharge charge;
  std::vector<Bytes> full_blocks;
  std::size_t full_bytes = 0;     // In these,
  std::size_t full_capacity = 0;  // and what they take.
  Bytes block;
  int pieces = 0;

  std::size_t kept() const { return kept_bytes ? kept_bytes() : 0; }
  std::size_t size() const { return full_bytes + block.size() + kept(); }
  std::size_t capacity() const { return full_capacity + block.capacity() + kept(); }
};

void BeginBlock(UnfinishedReply& reply) {
  reply.full_bytes += reply.block.size();
  reply.full_capacity += reply.block.capacity();
  reply.full_blocks.push_back(std::exchange(reply.block, Bytes()));
  reply.block.reserve(kBlockBytes + 2 * kPieceBytes);  // Memory comes as it is written to.
}

// All of it, giving each block back once it was copied.
Bytes Join(UnfinishedReply& reply) {
  if (reply.full_blocks.empty()) return std::move(reply.block);
  Bytes whole;
  whole.reserve(reply.size());
  for (Bytes& part : reply.full_blocks) {
    const Bytes block = std::move(part);
    whole.insert(whole.end(), block.begin(), block.end());
  }
  whole.insert(whole.end(), reply.block.begin(), reply.block.end());
  return whole;
}

void Continue(const std::shared_ptr<UnfinishedReply>& reply) {
  const Context& context = reply->context;
  reply->pace.BeginPiece();
  const Result<bool> more = reply->next(reply->block);
  reply->pace.EndPiece();
  if (!more) return context.Refuse(more.error());
  const std::uint64_t bytes_max = context.environment->options.reply_bytes_max;
  if (reply->size() > bytes_max) return context.Refuse(ReplyTooLarge(reply->size(), bytes_max));
  if (!*more) return context.Reply(Join(*reply));

  if (!reply->charge.Resize(reply->capacity())) {
    return context.Refuse(TooManyUnfinishedReplies(*context.environment));
  }
  if (reply->block.size() >= kBlockBytes) BeginBlock(*reply);
  // The task's copy and the pool's share the reply; only one of them runs at a time.
  const auto go_on = [reply] { Continue(reply); };
  if (++reply->pieces < kUsualPieces) return context.OnReadPool(go_on);
  context.OnLongReadPool(reply->pace.Rest(), go_on);
}

}  // namespace

void ReplyInPieces(const Context& context, NextPiece next,
                   std::function<std::size_t()> kept_bytes) {
  auto reply = std::make_shared<UnfinishedReply>(context);
  reply->next = std::move(next);
  reply->kept_bytes = std::move(kept_bytes);
  Continue(reply);
}

Error TooManyUnfinishedReplies(const Environment& environment) {
  return Fail(Code::kExhausted,
              "the replies being put together are larger than the server holds ({} bytes); ask for "
              "less, or try again later",
              environment.unfinished_replies.limit_bytes());
}

}  // namespace immudb::api
