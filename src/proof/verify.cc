#include "immudb/verify.h"

#include "base/error.h"
#include "merkle/verify.h"

namespace immudb {

Status VerifyInclusion(const InclusionProof& proof) {
  return merkle::VerifyInclusion(proof);
}

Status VerifyConsistency(const TreeHead& older, const ConsistencyProof& proof) {
  return merkle::VerifyConsistency(older, proof);
}

Status VerifyEntry(LeafIndex index, BytesView key, BytesView value, const EntryProof& proof,
                   const std::optional<TreeHead>& trusted) {
  const InclusionProof& inclusion = proof.inclusion;
  if (inclusion.index != index) return Fail(Code::kTampered, "the proof is of another entry");
  if (EntryDigest(index, key, value) != inclusion.leaf) {
    return Fail(Code::kTampered, "the entry does not hash to the leaf that is proven");
  }
  IMMUDB_TRY(VerifyInclusion(inclusion));
  if (!trusted.has_value() || trusted->size.value == 0) return {};
  return VerifyConsistency(*trusted, {trusted->size, inclusion.head, proof.consistency_path});
}

}  // namespace immudb
