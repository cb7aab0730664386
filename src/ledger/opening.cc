#include "ledger/opening.h"

#include <algorithm>
#include <limits>
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
    storage_->unmarked_damage = &environment.unmarked_damage;
  }

  Result<OpenedStorage> Run();

 private:
  std::string PathOf(const char* name) const { return io::JoinPath(directory_, name); }

  Status ReadMeta();
  Status ReadManifest();
  // Opens tree, offsets and index as of `checkpoint`, or empty.
  Status OpenDerived(const std::optional<index::Manifest>& checkpoint);
  Status OpenOrRebuildDerived();
  // Sets tree and offsets aside and opens new ones, for the log to fill.
  Status RebuildDerived(const std::string& why);
  Status SetAside(const char* name);
  // Fills the derived files from the log; sets contradiction_ if it contradicts what was taken
  // over.
  Status ReadLog();
  // Does so, giving up the reserve if the disk is full.
  Status ReadLogSomehow();
  // Takes note of damage in the log, and of what nobody knows because of it.
  void NoteDamage(const log::Log::Opened& opened, const Replay& replay);
  void ReportRecovery() const;

  const Environment& environment_;
  io::FileSystem& files_;
  const std::string directory_;
  std::unique_ptr<Storage> storage_;
  std::optional<index::Manifest> manifest_;    // The newest there is: evidence.
  std::optional<index::Manifest> checkpoint_;  // The same, if derived files hold what it says.
  std::optional<std::string> contradiction_;   // Of the log and derived files taken over.
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
  const Result<Bytes> content =
      io::ReadFile(files_, PathOf(kManifestName), index::kManifestBytesMax);
  const bool is_read = content || content.error().code == Code::kLimitExceeded;
  if (!is_read) return content.error();
  Result<index::Manifest> decoded =
      content ? index::DecodeManifest(*content, storage_->meta.ledger.bytes)
              : Fail(Code::kCorrupted, "no manifest: {}", content.error().message);
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
    Status opened;
    if (contradiction_) {
      opened = Fail(Code::kCorrupted, "derived files contradict the log: {}", *contradiction_);
    } else if (rebuild) {
      opened = Fail(Code::kCorrupted, "a derived file was found damaged");
    } else {
      opened = OpenDerived(manifest_);
    }
    if (opened) {
      checkpoint_ = manifest_;
      return {};
    }
    const Code code = opened.error().code;
    if (code != Code::kCorrupted && code != Code::kNotFound) return opened;
    return RebuildDerived(opened.error().message);
  }
  return OpenDerived(std::nullopt);
}

Status Opening::RebuildDerived(const std::string& why) {
  Log(LogLevel::kWarning, "ledger {}: {}; tree, offsets and index are rebuilt from the log",
      directory_, why);
  checkpoint_.reset();
  IMMUDB_TRY(SetAside(kTreeName));
  IMMUDB_TRY(SetAside(kOffsetsName));
  return OpenDerived(std::nullopt);
}

void Opening::NoteDamage(const log::Log::Opened& opened, const Replay& replay) {
  if (opened.damage) MarkDamaged(files_, *storage_, opened.damage->text);
  if (replay.damage()) MarkDamaged(files_, *storage_, *replay.damage());
  storage_->keys_unknown_below = replay.keys_unknown_below();
  const bool is_indexed =
      checkpoint_ && opened.missing_to && opened.missing_to->value <= checkpoint_->log_position;
  if (opened.missing_to && !is_indexed) {
    storage_->keys_unknown_below = {std::numeric_limits<std::uint64_t>::max()};
  }
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
  if (checkpoint_ && replay.damage() && !opened.damage) {
    contradiction_ = replay.damage();
    return {};
  }
  state_ = {.size = {opened.next.value},
            .log_end = opened.log->end(),
            .last_time_us = opened.time_us,
            .edge = replay.edge()};
  if (manifest_) state_.last_time_us = std::max(state_.last_time_us, manifest_->last_time_us);
  NoteDamage(opened, replay);
  storage_->log = std::move(opened.log);
  // With damage, more entries may be known of than the log still holds.
  storage_->published.store(storage_->offsets->size().value, std::memory_order_release);
  if (!storage_->damaged) {
    state_.root = storage_->tree->Root();
    ReportRecovery();
  }
  return {};
}

Status Opening::ReadLogSomehow() {
  Status read = ReadLog();
  if (read || read.error().code != Code::kExhausted) return read;
  // The tail has to be copied before anything of it may be seen: the reserve is for that too.
  if (!files_.Remove(PathOf(kReserveName))) return read;
  IMMUDB_TRY(OpenOrRebuildDerived());
  return ReadLog();
}

Result<OpenedStorage> Opening::Run() {
  IMMUDB_TRY(ReadMeta());
  IMMUDB_ASSIGN(std::string marker, ReadDamageMarker(files_, directory_));
  if (const auto unmarked = environment_.unmarked_damage.Find(directory_)) {
    static_cast<void>(RetryDamageMarker(files_, *storage_));
    marker = *unmarked;
  }
  IMMUDB_TRY(ReadManifest());
  IMMUDB_TRY(OpenOrRebuildDerived());
  IMMUDB_TRY(ReadLogSomehow());
  if (contradiction_) {
    // The log, with its checksums and the roots in it, decides: what it makes of itself alone is
    // compared with the manifest again.
    IMMUDB_TRY(OpenOrRebuildDerived());
    IMMUDB_TRY(ReadLogSomehow());
  }
  if (!marker.empty() && !storage_->damaged.exchange(true)) {
    Log(LogLevel::kError, "ledger {}: marked as damaged before: {}", directory_, marker);
  }
  return OpenedStorage{.storage = std::move(storage_),
                       .state = std::move(state_),
                       .checkpoint = std::move(checkpoint_)};
}

}  // namespace

Status RemoveTree(io::FileSystem& files, const std::string& path) {
  IMMUDB_ASSIGN(const std::vector<io::DirectoryEntry> entries, files.List(path));
  for (const io::DirectoryEntry& entry : entries) {
    const std::string child = io::JoinPath(path, entry.name);
    IMMUDB_TRY(entry.is_directory ? RemoveTree(files, child) : files.Remove(child));
  }
  return files.Remove(path);
}

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
