#include "immudb/write_batch.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "log/entry.h"

namespace immudb {

void WriteBatch::Add(EntryKind kind, BytesView key, BytesView value) {
  log::AppendEntry(encoded_, kind, key, value);
  ++count_;
  key_bytes_max_ = std::max<std::uint64_t>(key_bytes_max_, key.size());
}

void WriteBatch::AddLateBound(EntryKind kind, BytesView key, BytesView value,
                              std::uint32_t target) {
  IMMUDB_CHECK(kind != EntryKind::kSet);
  IMMUDB_CHECK(target < count_);
  IMMUDB_CHECK(value.size() > sizeof(std::uint64_t));
  IMMUDB_CHECK(kind == EntryKind::kReference || key.size() > sizeof(std::uint64_t));
  late_bindings_.push_back({.offset = encoded_.size(), .target = target});
  Add(kind, key, value);
}

void WriteBatch::Clear() {
  encoded_.clear();
  late_bindings_.clear();
  count_ = 0;
  key_bytes_max_ = 0;
}

Bytes WriteBatch::Release() {
  Bytes encoded = std::move(encoded_);
  Clear();
  return encoded;
}

}  // namespace immudb
