#include "client/trust_store.h"

#include <memory>
#include <vector>

#include "base/check.h"
#include "base/error.h"

namespace immudb::client {
namespace {

// A record holds two names and little else; names are short.
constexpr std::uint64_t kRecordBytesMax = 64u << 10;

}  // namespace

std::string TrustStore::PathOf(const TrustSubject& subject, std::string_view ending) const {
  return io::JoinPath(directory_, TrustFileName(subject) + std::string(ending));
}

Status TrustStore::MakeDirectory() const {
  // The parents that are missing, the innermost first.
  std::vector<std::string> missing;
  std::string path = directory_;
  while (true) {
    IMMUDB_ASSIGN(const bool exists, files_->Exists(path));
    if (exists) break;
    missing.push_back(path);
    std::string parent = io::ParentPath(path);
    if (parent == path) break;
    path = std::move(parent);
  }
  for (; !missing.empty(); missing.pop_back()) {
    const Status made = files_->CreateDirectory(missing.back());
    if (!made && made.error().code != Code::kExists) return made;
    IMMUDB_TRY(files_->SyncDirectory(io::ParentPath(missing.back())));
  }
  return {};
}

Result<std::optional<TrustRecord>> TrustStore::Load(const TrustSubject& subject) const {
  const std::string path = PathOf(subject, ".state");
  const Result<Bytes> bytes = io::ReadFile(*files_, path, kRecordBytesMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return std::optional<TrustRecord>();
  if (!bytes && bytes.error().code != Code::kLimitExceeded) return bytes.error();
  const std::string text = bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
  Result<TrustRecord> record = DecodeTrustRecord(text, subject);
  if (!record) return Fail(record.error().code, "{}: {}", path, record.error().message);
  return std::optional<TrustRecord>(*std::move(record));
}

Result<TreeHead> TrustStore::Advance(const std::optional<TreeHead>& expected, TrustRecord next) {
  IMMUDB_CHECK(!expected.has_value() || expected->size <= next.head.size);
  IMMUDB_TRY(MakeDirectory());
  IMMUDB_ASSIGN(const std::unique_ptr<io::DirectoryLock> lock,
                files_->Lock(PathOf(next.subject, ".lock")));
  IMMUDB_ASSIGN(const std::optional<TrustRecord> kept, Load(next.subject));
  if (kept.has_value()) {
    if (!expected.has_value() || kept->head != *expected) return kept->head;
    if (kept->head == next.head) return next.head;
    next.origin = kept->origin;
    next.since_unix_s = kept->since_unix_s;
  }
  const std::string text = EncodeTrustRecord(next);
  IMMUDB_TRY(io::ReplaceFile(*files_, PathOf(next.subject, ".state"), AsBytes(text)));
  return next.head;
}

}  // namespace immudb::client
