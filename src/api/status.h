// From our errors to the status a client sees. The only place where the two meet.

#pragma once

#include <cstddef>
#include <cstdint>

#include "immudb/result.h"
#include "rpc/status.h"

namespace immudb::api {

// Messages about requests go to the client as they are; those about the server's own state stay in
// the server's log, and the client gets a text that says what it means for him.
rpc::RpcStatus StatusFor(const Error& error);

// The refusal of calls that the pool for reads has no room for.
rpc::RpcStatus TooManyReads();

// The refusal of a reply that is larger than `bytes_max`, which it names.
rpc::RpcStatus ReplyTooLarge(std::size_t bytes, std::uint64_t bytes_max);

}  // namespace immudb::api
