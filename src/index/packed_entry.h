// A version as it lies in memory: index (8 bytes), key length (2), kind (1), key.

#pragma once

#include <cstdint>
#include <cstring>

#include "base/encoding.h"
#include "immudb/bytes.h"
#include "index/key_order.h"
#include "index/version.h"

namespace immudb::index {

// A pointer to packed bytes, owned by a part or an array of the memtable.
class PackedEntry {
 public:
  static constexpr std::size_t kHeaderBytes = 11;

  PackedEntry() = default;
  explicit PackedEntry(const std::uint8_t* bytes) : bytes_(bytes) {}

  std::uint64_t index() const { return GetU64(bytes_); }
  BytesView key() const { return {bytes_ + kHeaderBytes, GetU16(bytes_ + 8)}; }
  std::uint8_t kind() const { return bytes_[10]; }
  Version version() const { return {LeafIndex{index()}, kind()}; }
  Position position() const { return {key(), index()}; }
  // All of it, to be copied.
  BytesView bytes() const { return {bytes_, kHeaderBytes + GetU16(bytes_ + 8)}; }

  // Writes an entry to `out`, which has room for kHeaderBytes and the key.
  static void Write(std::uint8_t* out, const NewVersion& version) {
    PutU64(out, version.index.value);
    PutU16(out + 8, static_cast<std::uint16_t>(version.key.size()));
    out[10] = version.kind;
    if (!version.key.empty()) {
      std::memcpy(out + kHeaderBytes, version.key.data(), version.key.size());
    }
  }

 private:
  const std::uint8_t* bytes_ = nullptr;
};

}  // namespace immudb::index
