// Load: so many calls in flight over so many connections, each answer followed by the next call.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "calls.h"
#include "http2_client.h"
#include "latencies.h"

namespace immudb::bench {

using Clients = std::vector<std::unique_ptr<Http2Client>>;

constexpr std::size_t kCallKinds = static_cast<std::size_t>(CallKind::kEcho) + 1;

struct LoadShape {
  std::size_t in_flight = 1;
  double seconds = 1;
};

struct LoadResult {
  double seconds = 0;  // To the last answer.
  Latencies all;
  std::array<Latencies, kCallKinds> by_kind;

  const Latencies& of(CallKind kind) const { return by_kind[static_cast<std::size_t>(kind)]; }
  std::uint64_t entries_written() const;
};

// Spreads the calls that `next` makes over `clients`, and returns when every one that was made in
// `shape.seconds` is answered. Ends the program at the first that fails.
LoadResult RunClosedLoop(Clients& clients, const LoadShape& shape,
                         const std::function<Call()>& next);

}  // namespace immudb::bench
