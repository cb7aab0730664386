// PrintTree and Dump: whole databases, with the nodes of their trees.

#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "api/dump.h"
#include "api/encode.h"
#include "api/handlers.h"
#include "api/pieces.h"
#include "api/tree_nodes.h"
#include "api/wire.h"
#include "base/error.h"
#include "immudb/cursor.h"

namespace immudb::api {
namespace {

// One PrintTree: layer by layer, from the leaves up.
struct TreeWalk {
  catalog::LedgerHandle ledger;
  TreeSize size;
  TreeSize checkpoint;
  std::uint8_t layer = 0;
  std::uint64_t next = 0;  // Of the layer's nodes.
  Bytes nodes;             // Of this layer: its size comes before them, and is known at its end.
  std::unique_ptr<Cursor<LoggedEntry>> leaves;
  std::vector<LoggedEntry> entries;
};

Status AppendNode(TreeWalk& walk, BytesView leaf_key) {
  IMMUDB_ASSIGN(const Digest hash, walk.ledger->Node(walk.layer, walk.next, walk.size));
  const bool is_root = walk.next == 0 && NodeCount(walk.layer + 1, walk.size) == 0;
  const std::uint64_t first_behind = (walk.next + 1) << walk.layer;  // Wraps to 0 at 2^64.
  const std::uint64_t last = std::min(first_behind - 1, walk.size.value - 1);
  TreeNode node;
  node.key = NodeKey(walk.layer, walk.next);
  node.hash = hash;
  node.leaf_key = leaf_key;
  node.is_only_in_memory = last >= walk.checkpoint.value;
  node.is_root = is_root;
  AppendTreeNode(walk.nodes, node);
  ++walk.next;
  return {};
}

Status ReadLeaves(TreeWalk& walk) {
  if (walk.leaves == nullptr) {
    IMMUDB_ASSIGN(walk.leaves, walk.ledger->EntriesFrom({0}));
  }
  walk.entries.clear();
  const std::uint64_t rows = std::min(kPieceRows, walk.size.value - walk.next);
  IMMUDB_TRY(walk.leaves->Read({.rows = rows, .bytes = kPieceBytes}, walk.entries));
  for (const LoggedEntry& stored : walk.entries) {
    IMMUDB_TRY(AppendNode(walk, stored.entry.key));
  }
  return {};
}

void CloseLayer(TreeWalk& walk, Bytes& reply) {
  AppendBytesFieldHead(reply, 1, walk.nodes.size());
  reply.insert(reply.end(), walk.nodes.begin(), walk.nodes.end());
  walk.nodes = {};
  walk.next = 0;
  ++walk.layer;
  walk.leaves.reset();
}

Result<bool> ReadTree(TreeWalk& walk, Bytes& reply) {
  const std::uint64_t count = NodeCount(walk.layer, walk.size);
  if (count == 0) return false;
  if (walk.layer == 0) {
    IMMUDB_TRY(ReadLeaves(walk));
  } else {
    const std::uint64_t end = std::min(count, walk.next + kPieceRows);
    while (walk.next < end) IMMUDB_TRY(AppendNode(walk, {}));
  }
  if (walk.next == count) CloseLayer(walk, reply);
  return true;
}

}  // namespace

void PrintTree(const Context& context, google::protobuf::Empty& /*request*/) {
  auto walk = std::make_shared<TreeWalk>();
  walk->ledger = context.ledger;
  const LedgerStatistics statistics = context.ledger->statistics();
  walk->size = {statistics.entries};
  walk->checkpoint = {statistics.checkpointed_entries};
  ReplyInPieces(
      context, [walk](Bytes& reply) { return ReadTree(*walk, reply); },
      [walk] { return walk->nodes.size(); });
}

void Dump(const Context& context, google::protobuf::Empty& /*request*/) {
  context.call->FinishWithStream(
      std::make_unique<PooledStream>(context, DumpTurns(context.ledger)));
}

}  // namespace immudb::api
