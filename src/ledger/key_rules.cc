#include "ledger/key_rules.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "log/framed.h"
#include "log/record.h"
#include "proof/stored_encoding.h"

namespace immudb::ledger {
namespace {

constexpr std::string_view kMetadataKey = "IMMUDB.METADATA.LAST_FLUSHED_LEAF";
constexpr std::string_view kUnwritablePrefix = "!badger!";

// immudb 0.8.1 refused a batch by an estimate of its engine's: entries, and bytes that start at 21
// and grow per entry by a leaf record and the entry, small values counted in place.
constexpr std::uint32_t kEntriesMax081 = 52'427;
constexpr std::uint64_t kBytesMax081 = 10'066'329;
constexpr std::uint64_t kBatchBytes081 = 21;
constexpr std::uint64_t kLeafRecordBytes081 = 34;
constexpr std::uint64_t kEntryBytes081 = 24;
constexpr std::uint64_t kInlineValueBytes081 = 24;
constexpr std::uint64_t kInlineEntryBytes081 = 12 + 8;

// Of a key that is too long, in the text that refuses it.
constexpr std::size_t kDumpBytes = 1024;
constexpr std::size_t kLineBytes = 16;

std::string_view AsText(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t EntryCost081(const log::EntryView& entry) {
  const std::uint64_t own = entry.value.size() < kInlineValueBytes081
                                ? kInlineEntryBytes081 + entry.value.size()
                                : kEntryBytes081;
  return kLeafRecordBytes081 + entry.key.size() + own;
}

// The text of the original's storage engine: a dump of the first 1,024 bytes, 16 a line.
Error KeyTooLong(BytesView key, std::uint64_t key_bytes) {
  const BytesView shown = key.first(std::min(key.size(), kDumpBytes));
  std::string dump;
  for (std::size_t at = 0; at < shown.size(); at += kLineBytes) {
    const BytesView line = shown.subspan(at, std::min(kLineBytes, shown.size() - at));
    dump += Text("{:08x} ", at);
    std::string text;
    for (std::size_t i = 0; i < kLineBytes; i++) {
      if (i == kLineBytes / 2) dump += ' ';
      if (i >= line.size()) {
        dump += "   ";
        continue;
      }
      dump += Text(" {:02x}", line[i]);
      text += line[i] >= 0x20 && line[i] < 0x7f ? static_cast<char>(line[i]) : '.';
    }
    dump += Text("  |{}|\n", text);
  }
  return Fail(Code::kLimitExceeded, "unknown error: Key with size {} exceeded {} limit. Key:\n{}",
              key_bytes, kKeyBytesMax, dump);
}

Error InvalidKey() {
  return Fail(Code::kInvalidArgument, "invalid key");
}

Status CheckDuplicates(const WriteBatch& batch) {
  if (batch.count() < 2) return {};
  // Sorted, not hashed: whoever chooses the keys cannot make this quadratic.
  std::vector<std::string_view> keys;
  keys.reserve(batch.count());
  for (const log::EntryView& entry : log::FramedEntries(batch.encoded())) {
    keys.push_back(AsText(entry.key));
  }
  std::ranges::sort(keys);
  if (std::ranges::adjacent_find(keys) == keys.end()) return {};
  return DuplicateError(EntryKind::kSet);
}

// Whether a reference or set entry can be read as one.
bool IsWellFormed(const log::EntryView& entry) {
  if (entry.kind == EntryKind::kSet) return true;
  if (!proof::DecodeTarget(entry.value)) return false;
  return entry.kind == EntryKind::kReference || AsText(entry.key).ends_with(AsText(entry.value));
}

}  // namespace

bool IsReservedKey(BytesView key) {
  return !key.empty() && (key[0] == 0 || AsText(key) == kMetadataKey);
}

Status CheckKey(BytesView key) {
  if (key.empty() || IsReservedKey(key)) return InvalidKey();
  return {};
}

Error DuplicateError(EntryKind kind) {
  switch (kind) {
    case EntryKind::kSet: break;
    case EntryKind::kReference:
      return Fail(Code::kInvalidArgument,
                  "duplicated references insertions are not supported in single batch transaction");
    case EntryKind::kSortedSetEntry:
      return Fail(Code::kInvalidArgument,
                  "duplicated index inside zAdd insertions are not supported in single batch "
                  "transaction");
  }
  return Fail(Code::kInvalidArgument,
              "duplicated keys are not supported in single batch transaction");
}

Status CheckBatch(const WriteBatch& batch, BatchRules rules) {
  if (batch.empty()) return Fail(Code::kInvalidArgument, "empty set");
  if (rules == BatchRules::kImmudb081) IMMUDB_TRY(CheckDuplicates(batch));
  std::uint64_t cost = kBatchBytes081;
  for (const log::EntryView& entry : log::FramedEntries(batch.encoded())) {
    IMMUDB_TRY(CheckKey(entry.key));
    cost += EntryCost081(entry);
  }
  // The original notices these only when it stores the entry, after the checks of every key.
  for (const log::EntryView& entry : log::FramedEntries(batch.encoded())) {
    const BytesView key = entry.key;
    if (AsText(key).starts_with(kUnwritablePrefix)) return InvalidKey();
    if (key.size() > kKeyBytesMax) {
      return KeyTooLong(key, std::max<std::uint64_t>(key.size(), batch.key_bytes_max()));
    }
    if (!IsWellFormed(entry)) return Fail(Code::kInvalidArgument, "invalid reference");
  }
  const bool too_big_081 = batch.count() > kEntriesMax081 || cost >= kBytesMax081;
  if (batch.encoded().size() > log::kBodyBytesMax ||
      (rules == BatchRules::kImmudb081 && too_big_081)) {
    return Fail(Code::kLimitExceeded, "Txn is too big to fit into one request");
  }
  return {};
}

}  // namespace immudb::ledger
