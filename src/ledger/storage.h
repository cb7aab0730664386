// The files of one open ledger and the size that readers may see.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "immudb/tree.h"
#include "index/key_index.h"
#include "ledger/damage.h"
#include "ledger/offset_store.h"
#include "ledger/tree_store.h"
#include "log/log.h"
#include "log/meta.h"

namespace immudb::ledger {

// Three sizes: prepared (log written, tree and index filled; the pipeline's), durable (log synced)
// and published, which alone readers use. prepared >= durable >= published.
struct Storage {
  std::string directory;
  log::Meta meta;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<TreeStore> tree;
  std::unique_ptr<OffsetStore> offsets;
  std::unique_ptr<index::KeyIndex> index;
  UnmarkedDamage* unmarked_damage = nullptr;  // The engine's.

  // Released after everything below it can be read, acquired by every reader.
  std::atomic<std::uint64_t> published{0};
  // Damage in acknowledged entries: no writes, roots or proofs. Never cleared.
  std::atomic<bool> damaged{false};
  // A derived file contradicts its checksums or the log: it is rebuilt at the next opening.
  std::atomic<bool> rebuild_due{false};

  // Below this, the log may hold damaged entries whose keys neither it nor the index can tell: they
  // may be newer versions of any key. Constant once opened; 0 if there are none.
  LeafIndex keys_unknown_below;

  TreeSize Published() const { return {published.load(std::memory_order_acquire)}; }
};

}  // namespace immudb::ledger
