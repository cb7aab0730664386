#include "ledger/restore.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "immudb/inspection.h"
#include "ledger/inspection.h"
#include "ledger/opening.h"
#include "log/segment.h"

namespace immudb::ledger {
namespace {

constexpr char kUnfinishedEnding[] = ".restoring";

class SilentObserver : public InspectionObserver {
 public:
  Status AfterRead(std::uint64_t /*bytes*/) override { return {}; }
  void AfterEntries(std::uint64_t /*count*/) override {}
};

Status WriteNewFile(io::FileSystem& files, const std::string& path, BytesView content) {
  IMMUDB_ASSIGN(const std::unique_ptr<io::File> file, files.Open(path, io::OpenMode::kCreateNew));
  IMMUDB_TRY(file->Write(0, content));
  return file->Sync();
}

}  // namespace

Restoration::Restoration(io::FileSystem& files, crypto::RandomSource& random, std::string directory,
                         CheckManifest check)
    : files_(files),
      random_(random),
      directory_(std::move(directory)),
      unfinished_(directory_ + kUnfinishedEnding),
      check_(std::move(check)) {}

Result<std::unique_ptr<Restoration>> Restoration::Begin(io::FileSystem& files,
                                                        crypto::RandomSource& random,
                                                        std::string directory,
                                                        CheckManifest check) {
  IMMUDB_ASSIGN(const bool exists, files.Exists(directory));
  if (exists) return Fail(Code::kExists, "{} exists already", directory);
  std::unique_ptr<Restoration> restoration(
      new Restoration(files, random, std::move(directory), std::move(check)));
  IMMUDB_ASSIGN(const bool leftover, files.Exists(restoration->unfinished_));
  if (leftover) IMMUDB_TRY(RemoveTree(files, restoration->unfinished_));
  return restoration;
}

Status Restoration::Write(BytesView bytes) {
  if (!manifest_) IMMUDB_TRY(TakeManifest(bytes));
  if (bytes.empty()) return {};
  if (bytes.size() > manifest_->log_bytes - written_bytes_) {
    return Fail(Code::kCorrupted, "the snapshot is longer than its manifest says");
  }
  IMMUDB_TRY(segment_->Write(log::kSegmentHeaderBytes + written_bytes_, bytes));
  written_bytes_ += bytes.size();
  return {};
}

Status Restoration::TakeManifest(BytesView& bytes) {
  // As much as a manifest may have, so that its length can be told.
  const std::size_t room = kSnapshotManifestBytesMax - head_.size();
  const std::size_t taken = std::min(bytes.size(), room);
  head_.insert(head_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
  IMMUDB_ASSIGN(const std::optional<std::size_t> manifest_bytes, SnapshotManifestBytes(head_));
  if (!manifest_bytes || head_.size() < *manifest_bytes) {
    bytes = bytes.last(0);
    return {};
  }
  const std::size_t behind = head_.size() - *manifest_bytes;
  bytes = bytes.subspan(taken - behind);
  IMMUDB_ASSIGN(SnapshotManifest manifest,
                DecodeSnapshotManifest(BytesView(head_).first(*manifest_bytes)));
  if (check_ != nullptr) IMMUDB_TRY(check_(manifest));
  manifest_ = std::move(manifest);
  return CreateFolder();
}

Status Restoration::CreateFolder() {
  const std::string log = io::JoinPath(unfinished_, kLogName);
  IMMUDB_TRY(files_.CreateDirectory(unfinished_));
  IMMUDB_TRY(files_.CreateDirectory(log));
  IMMUDB_TRY(
      WriteNewFile(files_, io::JoinPath(unfinished_, kMetaName), log::EncodeMeta(manifest_->meta)));
  IMMUDB_ASSIGN(segment_,
                files_.Open(io::JoinPath(log, log::SegmentName(0)), io::OpenMode::kCreateNew));
  // Nothing of it counts before the folder has its name, and then all of it has been synced.
  return segment_->Write(0, log::EncodeSegmentHeader({.ledger = manifest_->meta.ledger,
                                                      .number = 0,
                                                      .first = {},
                                                      .start = {},
                                                      .durable_end = {manifest_->log_bytes}}));
}

Result<SnapshotManifest> Restoration::Finish() {
  if (!manifest_ || written_bytes_ != manifest_->log_bytes) {
    return Fail(Code::kCorrupted, "the snapshot is shorter than its manifest says");
  }
  IMMUDB_TRY(segment_->Sync());
  segment_.reset();
  IMMUDB_TRY(files_.SyncDirectory(io::JoinPath(unfinished_, kLogName)));
  IMMUDB_TRY(files_.SyncDirectory(unfinished_));
  IMMUDB_TRY(VerifyFolder());
  IMMUDB_TRY(files_.Rename(unfinished_, directory_));
  IMMUDB_TRY(files_.SyncDirectory(io::ParentPath(directory_)));
  return *manifest_;
}

Status Restoration::VerifyFolder() const {
  SilentObserver observer;
  std::vector<RecordedRoot> recorded = required_;
  recorded.push_back({manifest_->head, "the manifest of the snapshot"});
  IMMUDB_ASSIGN(
      const InspectionReport report,
      InspectLedger({files_, random_, observer}, unfinished_, {.recorded = std::move(recorded)}));
  if (!report.is_whole()) {
    return Fail(Code::kCorrupted, "the snapshot is not what it was: {}",
                report.findings.front().text);
  }
  if (report.head != manifest_->head) {
    return Fail(Code::kCorrupted, "the snapshot holds {} entries, and its manifest says {}",
                report.head.size.value, manifest_->head.size.value);
  }
  return {};
}

}  // namespace immudb::ledger
