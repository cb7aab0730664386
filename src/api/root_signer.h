// Signs the roots that CurrentRoot answers with.
//
// One signature for each root, kept as long as it is the newest. The state that is signed is made
// durable first (catalog/signed_root.h), so a root that contradicts an earlier one is never signed.
// What is signed is the message that clients verify: index and root, and nothing that says which
// database or when (docs/proofs.md).

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "catalog/catalog.h"
#include "crypto/ecdsa.h"
#include "immudb/bytes.h"
#include "immudb/ledger.h"
#include "immudb/result.h"
#include "ledger/snapshot_manifest.h"

namespace immudb::api {

struct SignedRoot {
  TreeHead head;
  Bytes signature;
};

// Thread-safe. Calls on one database wait for each other.
class RootSigner {
 public:
  // `catalog` must outlive the signer.
  RootSigner(crypto::EcdsaPrivateKey key, catalog::Catalog& catalog)
      : key_(std::move(key)), catalog_(catalog) {}

  const Bytes& public_key() const { return key_.public_key(); }

  // Signs the newest root of `ledger`, which is that of `database`. Blocks.
  // Errors: kCorrupted if it contradicts what was signed before; those of Ledger::Head and of
  // storing the state, and then nothing was signed.
  Result<SignedRoot> Sign(const std::string& database, const Ledger& ledger);

  // Signs the statement of a snapshot. Requires: its head is one that Sign has given.
  // Errors: those of EcdsaPrivateKey::Sign.
  Result<Bytes> SignSnapshot(const ledger::SnapshotManifest& manifest) const;

 private:
  struct State {
    Mutex mutex;
    bool is_loaded IMMUDB_GUARDED_BY(mutex) = false;
    std::optional<TreeHead> signed_before IMMUDB_GUARDED_BY(mutex);
    Bytes signature IMMUDB_GUARDED_BY(mutex);  // Of that; empty if not made in this process.
  };

  State& StateOf(const std::string& database) IMMUDB_EXCLUDES(mutex_);
  // Makes `head` the state that may be signed.
  Status Commit(const std::string& database, State& state, const TreeHead& head)
      IMMUDB_REQUIRES(state.mutex);

  const crypto::EcdsaPrivateKey key_;
  catalog::Catalog& catalog_;
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<State>> states_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::api
