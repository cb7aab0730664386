#include "immudb/write_batch.h"

#include <algorithm>
#include <utility>

#include "log/entry.h"

namespace immudb {

void WriteBatch::Add(EntryKind kind, BytesView key, BytesView value) {
  log::AppendEntry(encoded_, kind, key, value);
  ++count_;
  key_bytes_max_ = std::max<std::uint64_t>(key_bytes_max_, key.size());
}

void WriteBatch::Clear() {
  encoded_.clear();
  count_ = 0;
  key_bytes_max_ = 0;
}

Bytes WriteBatch::Release() {
  Bytes encoded = std::move(encoded_);
  Clear();
  return encoded;
}

}  // namespace immudb
