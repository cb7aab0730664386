// Long answers, put together piece by piece: after each piece whatever else waits for the pool has
// its turn, a client that has gone is noticed, and the bytes so far are charged to the budget of
// unfinished replies. The first pieces are made on the pool for reads, where a page of usual size
// is answered soon; what is longer goes on where it takes no time from others, at its Pace.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "api/context.h"
#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::api {

// What one piece of an answer may take: about a millisecond while nothing has to come from a disk.
inline constexpr std::uint64_t kPieceRows = 256;
inline constexpr std::uint64_t kPieceBytes = 256u << 10;

// Adds the next piece to `reply`, which holds the end of the pieces before it or nothing; returns
// whether there is more. Never called again after false or an error, which the call is then refused
// with.
using NextPiece = std::function<Result<bool>(Bytes& reply)>;

// Answers with all the pieces. Called on the pool, which makes the first piece. Refused with
// RESOURCE_EXHAUSTED if they become larger than a reply may be, or if too many replies are being
// put together. `kept_bytes` tells what `next` has read and keeps for a later piece, if it ever
// does so.
void ReplyInPieces(const Context& context, NextPiece next,
                   std::function<std::size_t()> kept_bytes = nullptr);

// The refusal of a reply for which the budget of unfinished replies has no room.
Error TooManyUnfinishedReplies(const Environment& environment);

}  // namespace immudb::api
