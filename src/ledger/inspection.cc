#include "ledger/inspection.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "base/hex.h"
#include "io/read_only_file_system.h"
#include "ledger/checkpoint.h"
#include "ledger/comparing_files.h"
#include "ledger/damage.h"
#include "ledger/findings.h"
#include "ledger/index_inspection.h"
#include "ledger/offset_store.h"
#include "ledger/opening.h"
#include "ledger/tree_store.h"
#include "ledger/version_sum.h"
#include "log/framed.h"
#include "log/inspect.h"
#include "log/meta.h"
#include "merkle/page.h"
#include "proof/entry_digest.h"

namespace immudb::ledger {
namespace {

// Of these many entries, digests and offsets are held at once.
constexpr std::size_t kEntriesAtOnce = 4096;
// So many pages' worth of leaves are compared with the files at once: about 1 MiB.
constexpr std::uint64_t kEntriesBetweenWrites = 256 * merkle::kPageLeafCount;
// Merges replace runs while they are read. One merge takes longer than reading its runs did, unless
// the reading is slowed down; then the pass goes on with what a later manifest names.
constexpr int kManifestReadsMax = 16;

constexpr std::uint64_t kNoStop = ~std::uint64_t{0};

constexpr std::string_view kManifestRecorder = "the manifest";
constexpr std::string_view kServerRecorder = "the running server";

class Inspection {
 public:
  Inspection(const InspectionContext& context, const std::string& directory,
             const InspectionOptions& options, VersionHasher hasher)
      : context_(context),
        directory_(directory),
        options_(options),
        hasher_(hasher),
        files_(context.files, [this](std::uint64_t bytes) { return AfterRead(bytes); }),
        findings_(options.findings_max),
        index_(files_, PathOf(kIndexName), hasher_, findings_) {}

  Result<InspectionReport> Run();

 private:
  // A derived file that is made anew and compared.
  struct ComparedFile {
    const std::string& path;
    std::string_view magic;
    InspectedPart part;
    std::uint64_t pages;  // Those that the checkpoint covers.
  };

  std::string PathOf(const char* name) const { return io::JoinPath(directory_, name); }
  Status AfterRead(std::uint64_t bytes);

  // Whether the ledger can be told from its meta file.
  Result<bool> ReadMeta();
  Status ReadMarks();
  Status ReadManifest();
  Status InspectIndex();
  Status Pin();
  Status OpenRemade();
  Result<std::unique_ptr<ComparingFiles>> Compare(const ComparedFile& file);
  void ListStops();

  Status InspectLog();

  Status Visit(log::LogPosition position, const log::RecordHeader& header, BytesView body,
               log::Standing standing);
  Status VisitDamaged(const log::RecordHeader& header, BytesView body);
  Status Append(log::LogPosition position, const log::RecordHeader& header, BytesView body);
  // Takes over what was gathered.
  Status AppendGathered();
  // Compares what has been made anew so far.
  Status Write();
  // Checks what was recorded of the ledger at the size it has now.
  void CheckStop();
  void CheckRuns();
  void CheckUnreached();
  void NoteLog(const log::Inspected& log);

  const InspectionContext& context_;
  const std::string& directory_;
  const InspectionOptions& options_;
  const VersionHasher hasher_;
  io::ReadOnlyFileSystem files_;
  io::BlockCache cache_{1u << 20};  // Hardly used: what is made anew lies in memory.
  Findings findings_;
  IndexInspection index_;
  InspectionReport report_;

  log::Meta meta_;
  std::optional<index::Manifest> manifest_;
  bool rebuild_is_marked_ = false;
  std::optional<TreeSize> until_;
  std::vector<RecordedRoot> recorded_;

  std::unique_ptr<ComparingFiles> tree_files_;
  std::unique_ptr<ComparingFiles> offset_files_;
  std::unique_ptr<TreeStore> tree_;
  std::unique_ptr<OffsetStore> offsets_;
  std::uint64_t written_size_ = 0;
  std::uint64_t next_ = 0;  // Index of the entry that must come next.

  std::set<std::uint64_t> stops_;  // Sizes at which something is to be checked.
  std::uint64_t next_stop_ = kNoStop;
  VersionSum sum_;
  std::map<std::uint64_t, VersionSum> sums_;  // By size, at the boundaries of runs.

  // Gathered, and not appended yet.
  std::vector<proof::EntryView> entries_;
  std::vector<std::uint64_t> positions_;
  std::vector<Digest> digests_;
  std::vector<std::uint8_t> kinds_;
};

Status Inspection::AfterRead(std::uint64_t bytes) {
  report_.read_bytes += bytes;
  return context_.observer.AfterRead(bytes);
}

Result<bool> Inspection::ReadMeta() {
  const Result<Bytes> content = io::ReadFile(files_, PathOf(kMetaName), log::kMetaBytesMax);
  Status read = content ? Status() : Status(content.error());
  if (content) {
    Result<log::Meta> meta = log::DecodeMeta(*content);
    if (meta) {
      meta_ = *std::move(meta);
      report_.origin = meta_.origin;
      return true;
    }
    read = std::move(meta).error();
  }
  const Code code = read.error().code;
  const bool is_finding =
      code == Code::kNotFound || code == Code::kCorrupted || code == Code::kLimitExceeded;
  if (!is_finding) return std::move(read).error();
  findings_.Add(InspectedPart::kMeta, Text("{}: {}", PathOf(kMetaName), read.error().message));
  return false;
}

Status Inspection::ReadMarks() {
  IMMUDB_ASSIGN(const std::string marker, ReadDamageMarker(files_, directory_));
  if (!marker.empty()) {
    findings_.Add(InspectedPart::kDamageMark, Text("found damaged before: {}", marker));
  }
  IMMUDB_ASSIGN(rebuild_is_marked_, RebuildIsMarked(files_, directory_));
  if (rebuild_is_marked_) {
    findings_.Add(InspectedPart::kRebuildMark,
                  "tree, offsets and index are to be made anew when the database is opened, and "
                  "were not compared");
  }
  return {};
}

Status Inspection::ReadManifest() {
  manifest_.reset();
  const Result<Bytes> content =
      io::ReadFile(files_, PathOf(kManifestName), index::kManifestBytesMax);
  if (!content && content.error().code == Code::kNotFound) return {};
  if (!content && content.error().code != Code::kLimitExceeded) return content.error();
  Result<index::Manifest> decoded = content ? index::DecodeManifest(*content, meta_.ledger.bytes)
                                            : Fail(Code::kCorrupted, "no manifest: too long");
  if (decoded) {
    manifest_ = *std::move(decoded);
    return {};
  }
  if (decoded.error().code != Code::kCorrupted) return std::move(decoded).error();
  findings_.Add(InspectedPart::kManifest, decoded.error().message);
  return {};
}

Status Inspection::InspectIndex() {
  if (!manifest_ || rebuild_is_marked_) return {};
  for (int reads = 1;; ++reads) {
    Status inspected = index_.Inspect(*manifest_);
    if (inspected || inspected.error().code != Code::kNotFound) return inspected;
    const index::Manifest before = *manifest_;
    const std::uint64_t findings = findings_.count();
    IMMUDB_TRY(ReadManifest());
    if (findings_.count() > findings) return {};
    const bool is_replaced = manifest_ && manifest_->runs != before.runs;
    if (is_replaced && reads < kManifestReadsMax) continue;
    index_.NoteMissing(inspected.error().message);
    return {};
  }
}

Status Inspection::Pin() {
  recorded_ = options_.recorded;
  if (manifest_ && manifest_->checkpoint.size.value > 0) {
    recorded_.push_back({manifest_->checkpoint, std::string(kManifestRecorder)});
  }
  if (options_.pin == nullptr) return {};
  IMMUDB_ASSIGN(const InspectionOptions::Pin pin, options_.pin());
  until_ = pin.size;
  if (pin.root && pin.size.value > 0) {
    recorded_.push_back({{.size = pin.size, .root = *pin.root}, std::string(kServerRecorder)});
  }
  return {};
}

// What is compared is what the checkpoint covers: beyond it, derived files hold nothing of worth.
Status Inspection::OpenRemade() {
  const bool is_compared = manifest_ && !rebuild_is_marked_;
  report_.compared_size = is_compared ? manifest_->checkpoint.size : TreeSize{0};
  if (until_) report_.compared_size = std::min(report_.compared_size, *until_);
  const std::string tree_path = PathOf(kTreeName);
  IMMUDB_ASSIGN(tree_files_, Compare({.path = tree_path,
                                      .magic = kTreeMagic,
                                      .part = InspectedPart::kTree,
                                      .pages = merkle::CompletePageCount(report_.compared_size)}));
  const std::string offsets_path = PathOf(kOffsetsName);
  IMMUDB_ASSIGN(offset_files_, Compare({.path = offsets_path,
                                        .magic = kOffsetsMagic,
                                        .part = InspectedPart::kOffsets,
                                        .pages = report_.compared_size.value / kOffsetsPerPage}));
  IMMUDB_ASSIGN(tree_, TreeStore::Open(*tree_files_, tree_path, cache_, meta_.ledger, {}));
  IMMUDB_ASSIGN(offsets_,
                OffsetStore::Open(*offset_files_, offsets_path, cache_, meta_.ledger, {}));
  return {};
}

Result<std::unique_ptr<ComparingFiles>> Inspection::Compare(const ComparedFile& file) {
  std::uint64_t pages = file.pages;
  if (pages > 0) {
    const auto opened = PageStore::Open(files_, cache_,
                                        {.path = file.path,
                                         .magic = file.magic,
                                         .ledger = meta_.ledger.bytes,
                                         .trusted_pages = pages,
                                         .position = nullptr});
    const bool is_finding = !opened && (opened.error().code == Code::kCorrupted ||
                                        opened.error().code == Code::kNotFound);
    if (!opened && !is_finding) return opened.error();
    if (!opened) {
      findings_.Add(file.part, opened.error().message);
      pages = 0;
    }
  }
  const auto differs = [this, path = file.path, part = file.part](std::uint64_t offset,
                                                                  BytesView expected) {
    findings_.Add(part, Text("{}: the page at byte {}, number {} of level {}, is not what the log "
                             "makes of it",
                             path, offset, GetU64(expected.data() + kPageContentBytes),
                             expected[kPageContentBytes + sizeof(std::uint64_t)]));
  };
  return std::make_unique<ComparingFiles>(files_, pages, differs);
}

void Inspection::ListStops() {
  for (const RecordedRoot& recorded : recorded_) stops_.insert(recorded.head.size.value);
  if (manifest_) {
    for (const index::RunInfo& run : manifest_->runs) {
      stops_.insert(run.from.value);
      stops_.insert(run.to.value);
    }
  }
  if (!stops_.empty()) next_stop_ = *stops_.begin();
}

Status Inspection::Visit(log::LogPosition position, const log::RecordHeader& header, BytesView body,
                         log::Standing standing) {
  if (header.first.value != next_) {
    findings_.Add(InspectedPart::kLog,
                  Text("entries {} to {} are missing", next_, header.first.value - 1),
                  LeafIndex{next_});
  }
  next_ = header.first.value + header.count;
  if (!header.is_seal()) ++report_.records;
  if (standing == log::Standing::kAfterDamage) return VisitDamaged(header, body);
  if (!findings_.has_log_damage() && tree_->Root() != header.root_before) {
    findings_.Add(InspectedPart::kRoot,
                  Text("the record of entry {} names another root before it than the entries have",
                       header.first.value),
                  header.first);
  }
  if (!header.is_seal()) IMMUDB_TRY(Append(position, header, body));
  context_.observer.AfterEntries(header.count);
  return {};
}

// What lies behind damage is only looked at by its own checksums: roots mean nothing any more.
Status Inspection::VisitDamaged(const log::RecordHeader& header, BytesView body) {
  for (std::uint32_t i = 0; i < header.count; ++i) {
    const LeafIndex index{header.first.value + i};
    const Result<log::EntryView> entry = log::DecodeEntry(body, index);
    if (!entry) {
      if (entry.error().code != Code::kCorrupted) return entry.error();
      findings_.Add(InspectedPart::kLog, Text("entry {}: {}", index.value, entry.error().message),
                    index);
    }
    IMMUDB_ASSIGN(const log::EntryLengths lengths, log::DecodeEntryFrame(body, index));
    body = body.subspan(lengths.framed_bytes());
  }
  context_.observer.AfterEntries(header.count);
  return {};
}

Status Inspection::Append(log::LogPosition position, const log::RecordHeader& header,
                          BytesView body) {
  const std::uint64_t start = position.value + log::kRecordHeaderBytes;
  std::uint64_t at = 0;
  LeafIndex index = header.first;
  for (const log::EntryView& entry : log::FramedEntries(body)) {
    const bool is_stop = index.value == next_stop_;
    if (is_stop || entries_.size() == kEntriesAtOnce) IMMUDB_TRY(AppendGathered());
    if (is_stop) CheckStop();
    entries_.push_back({.key = entry.key, .value = entry.value});
    kinds_.push_back(static_cast<std::uint8_t>(entry.kind));
    positions_.push_back(start + at);
    at += entry.framed_bytes;
    ++index.value;
  }
  IMMUDB_TRY(AppendGathered());
  return {};
}

Status Inspection::AppendGathered() {
  if (entries_.empty()) return {};
  const LeafIndex first{tree_->size().value};
  digests_.resize(entries_.size());
  proof::EntryDigests(first, entries_, digests_);
  tree_->Append(digests_);
  offsets_->Append(positions_);
  // Versions beyond the checkpoint are in no run.
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const LeafIndex index{first.value + i};
    if (index.value >= report_.compared_size.value) break;
    sum_ += hasher_.Hash({.key = entries_[i].key, .index = index, .kind = kinds_[i]});
  }
  entries_.clear();
  kinds_.clear();
  positions_.clear();
  if (tree_->size().value - written_size_ < kEntriesBetweenWrites) return {};
  return Write();
}

Status Inspection::Write() {
  written_size_ = tree_->size().value;
  IMMUDB_TRY(tree_->WriteBack(tree_->size()));
  return offsets_->WriteBack(offsets_->size());
}

void Inspection::CheckStop() {
  const TreeSize size = tree_->size();
  sums_[size.value] = sum_;
  const auto following = stops_.upper_bound(size.value);
  next_stop_ = following == stops_.end() ? kNoStop : *following;
  for (const RecordedRoot& recorded : recorded_) {
    if (recorded.head.size != size) continue;
    if (recorded.head.root == tree_->Root()) {
      report_.agreed_roots.push_back(recorded);
      continue;
    }
    findings_.Add(InspectedPart::kRoot,
                  Text("the first {} entries have the root {}, and {} says {}", size.value,
                       ToHex(tree_->Root()), recorded.recorder, ToHex(recorded.head.root)));
  }
}

void Inspection::CheckUnreached() {
  const TreeSize size = tree_->size();
  for (const RecordedRoot& recorded : recorded_) {
    const bool is_pinned_away = until_ && recorded.head.size > *until_;
    if (recorded.head.size <= size || is_pinned_away) continue;
    findings_.Add(InspectedPart::kRoot,
                  Text("there are {} entries, and {} has recorded a root of {}", size.value,
                       recorded.recorder, recorded.head.size.value),
                  LeafIndex{size.value});
  }
}

void Inspection::CheckRuns() {
  if (!manifest_) return;
  for (const InspectedRun& run : index_.RunsOf(*manifest_)) {
    report_.index_versions += run.info.entries;
    const auto from = sums_.find(run.info.from.value);
    const auto to = sums_.find(run.info.to.value);
    if (from == sums_.end() || to == sums_.end()) continue;  // The log ends before: a finding.
    if (to->second - from->second == run.sum) continue;
    findings_.Add(InspectedPart::kIndex,
                  Text("{}: holds other versions than those of the entries {} to {}",
                       io::JoinPath(PathOf(kIndexName), index::RunFileName(run.info.number)),
                       run.info.from.value, run.info.to.value - 1));
  }
}

void Inspection::NoteLog(const log::Inspected& log) {
  report_.log_bytes = log.end.value;
  if (log.damage) {
    findings_.Add(InspectedPart::kLog,
                  Text("{}, byte {}: {}", log.damage->file, log.damage->offset, log.damage->text));
  }
  if (log.has_torn_tail && !until_) {
    report_.notes.emplace_back(
        "the log ends with an unfinished write, which the next opening cuts off: it was never "
        "acknowledged");
  }
  if (!manifest_ && options_.checkpointed.value > 0) {
    findings_.Add(InspectedPart::kManifest, Text("{} is missing", PathOf(kManifestName)));
  } else if (!manifest_ && tree_->size().value > 0) {
    report_.notes.emplace_back(
        "there is no manifest: tree, offsets and index are made anew when the database is opened");
  }
}

Status Inspection::InspectLog() {
  const log::InspectOptions options{
      .known_durable_end = {manifest_ ? manifest_->log_durable_end : 0},
      .until = until_ ? std::optional(LeafIndex{until_->value}) : std::nullopt};
  const Result<log::Inspected> read = log::InspectLog(
      files_, PathOf(kLogName), meta_.ledger, options,
      [this](log::LogPosition position, const log::RecordHeader& header, BytesView body,
             log::Standing standing) { return Visit(position, header, body, standing); });
  if (read) {
    NoteLog(*read);
    return {};
  }
  const Code code = read.error().code;
  if (code != Code::kCorrupted && code != Code::kNotFound) return read.error();
  findings_.Add(InspectedPart::kLog, read.error().message);
  return {};
}

Result<InspectionReport> Inspection::Run() {
  IMMUDB_ASSIGN(const bool is_known, ReadMeta());
  if (is_known) {
    IMMUDB_TRY(ReadMarks());
    IMMUDB_TRY(ReadManifest());
    IMMUDB_TRY(InspectIndex());
    IMMUDB_TRY(Pin());
    IMMUDB_TRY(OpenRemade());
    ListStops();
    IMMUDB_TRY(InspectLog());
    IMMUDB_TRY(Write());
    if (!findings_.has_log_damage()) {
      CheckStop();
      CheckUnreached();
      CheckRuns();
    }
    report_.head = {.size = tree_->size(), .root = tree_->Root()};
  }
  report_.finding_count = findings_.count();
  report_.findings = findings_.Take();
  return std::move(report_);
}

}  // namespace

Result<InspectionReport> InspectLedger(const InspectionContext& context,
                                       const std::string& directory,
                                       const InspectionOptions& options) {
  IMMUDB_ASSIGN(const VersionHasher hasher, VersionHasher::Create(context.random));
  return Inspection(context, directory, options, hasher).Run();
}

}  // namespace immudb::ledger
