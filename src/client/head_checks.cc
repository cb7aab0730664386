#include "client/head_checks.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"
#include "client/messages.h"
#include "crypto/ecdsa.h"
#include "crypto/sha256.h"
#include "immudb/verify.h"
#include "merkle/hasher.h"

namespace immudb::client {

Digest RootUpTo(const InclusionProof& proof) {
  std::uint64_t node = proof.index.value;
  std::uint64_t last = proof.head.size.value - 1;
  Digest root = proof.leaf;
  for (const Digest& sibling : proof.path) {
    const bool sibling_is_left = node % 2 == 1 || node == last;
    if (sibling_is_left) {
      root = merkle::HashNode(sibling, root);
      // A last node without a sibling is carried up to where it has one.
      while (node % 2 == 0 && node != 0) {
        node /= 2;
        last /= 2;
      }
    }
    node /= 2;
    last /= 2;
  }
  return root;
}

Status VerifyLink(const TreeHead& older, const TreeHead& newer, const EntryProof& proof) {
  IMMUDB_CHECK(older.size.value > 0);
  IMMUDB_CHECK(older.size < newer.size);
  const InclusionProof& inclusion = proof.inclusion;
  if (inclusion.index.value != older.size.value - 1) {
    return Fail(Code::kTampered, "the proof is of another entry");
  }
  IMMUDB_TRY(VerifyInclusion(inclusion));
  IMMUDB_TRY(VerifyConsistency(newer, {newer.size, inclusion.head, proof.consistency_path}));
  if (RootUpTo(inclusion) != older.root) {
    return Fail(Code::kTampered, "the server has shown two histories");
  }
  return {};
}

Status VerifySignedHead(const SignedHead& head, BytesView pinned_key) {
  if (head.head.size.value == 0) return Fail(Code::kTampered, "the signed state is empty");
  if (head.signature.empty()) return Fail(Code::kTampered, "the server's state is not signed");
  const bool is_key = std::equal(pinned_key.begin(), pinned_key.end(), head.public_key.begin(),
                                 head.public_key.end());
  const Digest fingerprint = crypto::Sha256(head.public_key);
  if (!is_key &&
      !std::equal(pinned_key.begin(), pinned_key.end(), fingerprint.begin(), fingerprint.end())) {
    return Fail(Code::kTampered, "the server's state is signed with another key than the pinned");
  }
  if (!crypto::VerifyEcdsa(head.public_key, EncodeSignedPayload(head.head), head.signature)) {
    return Fail(Code::kTampered, "the signature of the server's state is wrong");
  }
  return {};
}

}  // namespace immudb::client
