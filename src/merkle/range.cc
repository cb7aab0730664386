#include "merkle/range.h"

#include <bit>

#include "base/check.h"
#include "base/error.h"
#include "merkle/hasher.h"

namespace immudb::merkle {
namespace {

// The largest complete subtree that ends where `range` ends.
NodeId LastPeak(Range range) {
  const int level = std::countr_zero(range.length());
  return {static_cast<std::uint8_t>(level), (range.end >> level) - 1};
}

}  // namespace

Result<Digest> RootOf(const NodeReader& nodes, Range range) {
  IMMUDB_CHECK(range.begin < range.end);
  NodeId peak = LastPeak(range);
  IMMUDB_ASSIGN(Digest root, nodes.Read(peak));
  range.end -= std::uint64_t{1} << peak.level;
  while (range.length() > 0) {
    peak = LastPeak(range);
    IMMUDB_ASSIGN(const Digest left, nodes.Read(peak));
    root = HashNode(left, root);
    range.end -= std::uint64_t{1} << peak.level;
  }
  return root;
}

}  // namespace immudb::merkle
