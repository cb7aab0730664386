#include "api/tree_nodes.h"

#include "base/check.h"

namespace immudb::api {

std::uint64_t NodeCount(std::uint8_t layer, TreeSize size) {
  IMMUDB_CHECK(layer <= 64);
  if (layer == 0) return size.value;
  // Node j is there if its right child begins within the tree: j * 2^layer + 2^(layer - 1) < size.
  const std::uint64_t half = std::uint64_t{1} << (layer - 1);
  if (size.value <= half) return 0;
  return layer == 64 ? 1 : ((size.value - half - 1) >> layer) + 1;
}

Bytes NodeKey(std::uint8_t layer, std::uint64_t index) {
  Bytes key = {0, layer};
  const Bytes number = BigEndian64(index);
  key.insert(key.end(), number.begin(), number.end());
  return key;
}

Bytes BigEndian64(std::uint64_t value) {
  Bytes out;
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
  }
  return out;
}

}  // namespace immudb::api
