#include "merkle/hasher.h"

#include <algorithm>
#include <array>

#include "crypto/sha256.h"

namespace immudb::merkle {

Digest HashNode(const Digest& left, const Digest& right) {
  const std::array<Digest, 2> children = {left, right};
  Digest parent;
  HashLevel(children, {&parent, 1});
  return parent;
}

void HashLevel(std::span<const Digest> children, std::span<Digest> parents) {
  crypto::Sha256Pairs(kNodePrefix, children, parents);
}

Digest EmptyRoot() {
  return crypto::Sha256(BytesView());
}

}  // namespace immudb::merkle
