#include "api/root_signer.h"

#include "api/encode.h"
#include "base/error.h"

namespace immudb::api {

RootSigner::State& RootSigner::StateOf(const std::string& database) {
  const MutexLock lock(mutex_);
  std::unique_ptr<State>& state = states_[database];
  if (state == nullptr) state = std::make_unique<State>();
  return *state;
}

Result<SignedRoot> RootSigner::Sign(const std::string& database, const Ledger& ledger) {
  State& state = StateOf(database);
  const MutexLock lock(state.mutex);
  IMMUDB_ASSIGN(const TreeHead head, ledger.Head());
  IMMUDB_TRY(Commit(database, state, head));
  if (state.signature.empty()) {
    IMMUDB_ASSIGN(state.signature, key_.Sign(EncodeRootPayload(head)));
  }
  return SignedRoot{.head = head, .signature = state.signature};
}

Result<Bytes> RootSigner::SignSnapshot(const ledger::SnapshotManifest& manifest) const {
  return key_.Sign(AsBytes(ledger::SnapshotStatement(manifest)));
}

Status RootSigner::Commit(const std::string& database, State& state, const TreeHead& head) {
  if (!state.is_loaded) {
    IMMUDB_ASSIGN(state.signed_before, catalog_.ReadSignedRoot(database));
    state.is_loaded = true;
  }
  if (state.signed_before) {
    const TreeHead& before = *state.signed_before;
    if (head.size == before.size && head.root == before.root) return {};
    if (head.size.value <= before.size.value) {
      return Fail(Code::kCorrupted,
                  "database {}: a state of {} entries was signed before, and now there are {} or "
                  "another root; nothing is signed until that state is restored, or the file "
                  "signed-root in its folder removed, which says that its history begins anew",
                  database, before.size.value, head.size.value);
    }
  }
  // Whatever becomes of the file, the signature is of an older state from now on.
  state.signature.clear();
  IMMUDB_TRY(catalog_.StoreSignedRoot(database, head));
  state.signed_before = head;
  return {};
}

}  // namespace immudb::api
