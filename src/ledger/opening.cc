#include "ledger/opening.h"

#include <utility>

#include "base/error.h"
#include "base/hex.h"
#include "base/log.h"
#include "ledger/checkpoint.h"
#include "ledger/damage.h"
#include "ledger/replay.h"
#include "log/meta.h"

namespace immudb::ledger {
namespace {

constexpr char kSetAsideEnding[] = ".aside";

Status RemoveTree(io::FileSystem& files, const std::string& path) {
  IMMUDB_ASSIGN(const std::vector<io::DirectoryEntry> entries, files.List(path));
  for (const io::DirectoryEntry& entry : entries) {
    const std::string child = io::JoinPath(path, entry.name);
    IMMUDB_TRY(entry.is_directory ? RemoveTree(files, child) : files.Remove(child));
  }
  return files.Remove(path);
}

Status FillNewFolder(const Environment& environment, const std::string& folder,
                     const log::Meta& meta) {
  io::FileSystem& files = environment.files;
  IMMUDB_TRY(files.CreateDirectory(folder));
  IMMUDB_TRY(log::Log::Create(files, io::JoinPath(folder, kLogName), meta.ledger));
  IMMUDB_ASSIGN(const std::unique_ptr<io::File> file,
                files.Open(io::JoinPath(folder, kMetaName), io::OpenMode::kCreateNew));
  IMMUDB_TRY(file->Write(0, BytesView(log::EncodeMeta(meta))));
  IMMUDB_TRY(file->Sync());
  return files.SyncDirectory(folder);
}

// Opens a ledger, step by step. Used once.
class Opening {
 public:
  Opening(const Environment& environment, const std::string& directory)
      : environment_(environment), files_(environment.files), directory_(directory) {
    storage_ = std::make_unique<Storage>();
    storage_->directory = directory;
  }

  Result<OpenedStorage> Run();

 private:
  std::string PathOf(const char* name) const { return io::JoinPath(directory_, name); }

  Status ReadMeta();
  Status ReadManifest();
  // Opens tree, offsets and index as of `checkpoint`, or empty.
  Status OpenDerived(const std::optional<index::Manifest>& checkpoint);
  Status OpenOrRebuildDerived();
  Status SetAside(const char* name);
  Status ReadLog();
  void ReportRecovery() const;

  const Environment& environment_;
  io::FileSystem& files_;
  const std::string directory_;
  std::unique_ptr<Storage> storage_;
  std::optional<index::Manifest> manifest_;    // The newest there is: evidence.
  std::optional<index::Manifest> checkpoint_;  // The same, if derived files hold what it says.
  PreparedState state_;
};

Status Opening::ReadMeta() {
  IMMUDB_ASSIGN(const Bytes content, io::ReadFile(files_, PathOf(kMetaName), log::kMetaBytesMax));
  IMMUDB_ASSIGN(storage_->meta, log::DecodeMeta(content));
  return {};
}

// A manifest that cannot be read is kept for whoever looks into it, and everything is rebuilt.
Status Opening::ReadManifest() {
  IMMUDB_ASSIGN(const bool exists, files_.Exists(PathOf(kManifestName)));
  if (!exists) return {};
  IMMUDB_ASSIGN(const Bytes content,
                io::ReadFile(files_, PathOf(kManifestName), index::kManifestBytesMax));
  Result<index::Manifest> decoded = index::DecodeManifest(content, storage_->meta.ledger.bytes);
  if (decoded) {
    manifest_ = *std::move(decoded);
    return {};
  }
  if (decoded.error().code != Code::kCorrupted) return std::move(decoded).error();
  Log(LogLevel::kWarning, "ledger {}: {}; tree, offsets and index are rebuilt from the log",
      directory_, decoded.error().message);
  return SetAside(kManifestName);
}

Status Opening::SetAside(const char* name) {
  IMMUDB_ASSIGN(const bool exists, files_.Exists(PathOf(name)));
  if (!exists) return {};
  // The first one set aside is the evidence; a later one is only what a rebuild had got to.
  const std::string aside = PathOf(name) + kSetAsideEnding;
  IMMUDB_ASSIGN(const bool kept, files_.Exists(aside));
  IMMUDB_TRY(kept ? files_.Remove(PathOf(name)) : files_.Rename(PathOf(name), aside));
  return files_.SyncDirectory(directory_);
}

Status Opening::OpenDerived(const std::optional<index::Manifest>& checkpoint) {
  const TreeSize size = checkpoint ? checkpoint->checkpoint.size : TreeSize{0};
  storage_->tree.reset();
  storage_->offsets.reset();
  storage_->index.reset();
  IMMUDB_ASSIGN(storage_->tree, TreeStore::Open(files_, PathOf(kTreeName), environment_.cache,
                                                storage_->meta.ledger, size));
  IMMUDB_ASSIGN(storage_->offsets,
                OffsetStore::Open(files_, PathOf(kOffsetsName), environment_.cache,
                                  storage_->meta.ledger, size));
  const std::vector<index::RunInfo> runs =
      checkpoint ? checkpoint->runs : std::vector<index::RunInfo>();
  IMMUDB_ASSIGN(
      storage_->index,
      index::KeyIndex::Open({files_, environment_.cache, environment_.memtables},
                            PathOf(kIndexName), {.ledger = storage_->meta.ledger.bytes}, runs));
  IMMUDB_TRY(storage_->index->RemoveLeftovers());
  return files_.SyncDirectory(PathOf(kIndexName));
}

Status Opening::OpenOrRebuildDerived() {
  IMMUDB_ASSIGN(const bool rebuild, RebuildIsMarked(files_, directory_));
  if (manifest_) {
    Status opened = rebuild ? Status(Fail(Code::kCorrupted, "a derived file was found damaged"))
                            : OpenDerived(manifest_);
    if (opened) {
      checkpoint_ = manifest_;
      return {};
    }
    const Code code = opened.error().code;
    if (code != Code::kCorrupted && code != Code::kNotFound) return opened;
    Log(LogLevel::kWarning, "ledger {}: {}; tree, offsets and index are rebuilt from the log",
        directory_, opened.error().message);
    IMMUDB_TRY(SetAside(kTreeName));
    IMMUDB_TRY(SetAside(kOffsetsName));
  }
  return OpenDerived(std::nullopt);
}

void Opening::ReportRecovery() const {
  const bool unclean = !manifest_ || manifest_->log_position != state_.log_end.value;
  if (!unclean || state_.size.value == 0) return;
  Log(LogLevel::kInfo, "ledger {}: recovered {} entries, root {}", directory_, state_.size.value,
      ToHex(state_.root));
}

Status Opening::ReadLog() {
  const TreeSize index_from = checkpoint_ ? checkpoint_->checkpoint.size : TreeSize{0};
  std::optional<TreeHead> expected;
  if (manifest_) expected = manifest_->checkpoint;
  Replay replay(*storage_, environment_, index_from, expected);
  log::OpenOptions options{.segment_bytes = environment_.options.log_segment_bytes};
  if (checkpoint_) {
    options.from = {checkpoint_->edge_position};
    options.next = checkpoint_->edge_index;
  }
  if (manifest_) options.known_durable_end = {manifest_->log_durable_end};
  IMMUDB_ASSIGN(
      log::Log::Opened opened,
      log::Log::Open(files_, PathOf(kLogName), storage_->meta.ledger, options,
                     [&replay](log::LogPosition position, const log::RecordHeader& header,
                               BytesView body) { return replay.Visit(position, header, body); }));
  IMMUDB_TRY(replay.Finish(opened.next));
  state_ = {.size = {opened.next.value},
            .log_end = opened.log->end(),
            .last_time_us = opened.time_us,
            .edge = replay.edge()};
  if (manifest_) state_.last_time_us = std::max(state_.last_time_us, manifest_->last_time_us);
  storage_->log = std::move(opened.log);
  storage_->published.store(opened.next.value, std::memory_order_release);
  if (opened.damage) MarkDamaged(files_, *storage_, opened.damage->text);
  if (replay.damage()) MarkDamaged(files_, *storage_, *replay.damage());
  if (!storage_->damaged) {
    state_.root = storage_->tree->Root();
    ReportRecovery();
  }
  return {};
}

Result<OpenedStorage> Opening::Run() {
  IMMUDB_TRY(ReadMeta());
  IMMUDB_ASSIGN(const std::string marker, ReadDamageMarker(files_, directory_));
  IMMUDB_TRY(ReadManifest());
  IMMUDB_TRY(OpenOrRebuildDerived());
  Status read = ReadLog();
  if (!read && read.error().code == Code::kExhausted) {
    // The tail has to be copied before anything of it may be seen: the reserve is for that too.
    if (files_.Remove(PathOf(kReserveName))) {
      IMMUDB_TRY(OpenOrRebuildDerived());
      read = ReadLog();
    }
  }
  IMMUDB_TRY(std::move(read));
  if (!marker.empty() && !storage_->damaged.exchange(true)) {
    Log(LogLevel::kError, "ledger {}: marked as damaged before: {}", directory_, marker);
  }
  return OpenedStorage{.storage = std::move(storage_),
                       .state = std::move(state_),
                       .checkpoint = std::move(checkpoint_)};
}

}  // namespace

Status CreateStorage(const Environment& environment, const std::string& directory,
                     const std::string& origin) {
  io::FileSystem& files = environment.files;
  IMMUDB_ASSIGN(const bool exists, files.Exists(directory));
  if (exists) return Fail(Code::kExists, "ledger {} exists already", directory);
  const std::string unfinished = directory + ".new";
  IMMUDB_ASSIGN(const bool leftover, files.Exists(unfinished));
  if (leftover) IMMUDB_TRY(RemoveTree(files, unfinished));
  log::Meta meta{.created_us = environment.clock.NowUnixUs(), .origin = origin};
  IMMUDB_TRY(environment.random.Fill(meta.ledger.bytes));
  IMMUDB_TRY(FillNewFolder(environment, unfinished, meta));
  IMMUDB_TRY(files.Rename(unfinished, directory));
  return files.SyncDirectory(io::ParentPath(directory));
}

Result<OpenedStorage> OpenStorage(const Environment& environment, const std::string& directory) {
  return Opening(environment, directory).Run();
}

}  // namespace immudb::ledger
