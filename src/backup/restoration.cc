#include "backup/restoration.h"

#include <algorithm>
#include <utility>

#include "backup/backup_format.h"
#include "base/error.h"
#include "base/hex.h"
#include "catalog/audit_trail.h"
#include "catalog/data_directory.h"
#include "catalog/databases_file.h"
#include "catalog/names.h"
#include "catalog/origin.h"
#include "catalog/signed_root.h"
#include "crypto/sha256.h"
#include "immudb/engine.h"
#include "ledger/opening.h"
#include "ledger/restore.h"

namespace immudb::backup {
namespace {

constexpr const char* kUnfinishedEnding = ".restoring";
constexpr const char* kLockFile = "lock";
constexpr std::size_t kChunkBytes = 1u << 20;
// Of the manifest: far more than kDatabasesMax databases take up.
constexpr std::uint64_t kManifestBytesMax = 256u << 20;

// What is wrong with the backup is nothing that trying again could mend.
Error AsTampered(Error error) {
  if (error.code == Code::kCorrupted) error.code = Code::kTampered;
  return error;
}

bool IsEqual(BytesView a, BytesView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// Checks that the key that is pinned, by its point or by the point's SHA-256, has signed the
// snapshot. Errors: kTampered.
Status CheckSigned(const ledger::SnapshotManifest& manifest, BytesView pinned_key) {
  const std::string& origin = manifest.meta.origin;
  if (manifest.signature.empty()) {
    return Fail(Code::kTampered, "the snapshot of {} is not signed", origin);
  }
  const Digest fingerprint = crypto::Sha256(manifest.public_key);
  if (!IsEqual(pinned_key, manifest.public_key) && !IsEqual(pinned_key, fingerprint)) {
    return Fail(Code::kTampered, "the snapshot of {} is signed with another key", origin);
  }
  if (!ledger::HasSoundSignature(manifest)) {
    return Fail(Code::kTampered, "the signature of the snapshot of {} is wrong", origin);
  }
  return {};
}

class DirectoryRestoration {
 public:
  DirectoryRestoration(const RestorationContext& context, const RestorationRequest& request)
      : context_(context), request_(request), unfinished_(request.directory + kUnfinishedEnding) {}

  // Takes the locks and makes an empty folder.
  Status Begin();
  Status Unpack(ArchiveReader& archive);
  Status CheckExpected();
  // Makes the folder one that a server serves.
  Status Complete();
  Status Publish();
  // After a failure: removes what was unpacked.
  void Abandon();

  RestoredBackup& restored() { return restored_; }

 private:
  Status TakeExisting();
  Status RestoreDatabase(ArchiveReader& archive, const TarMember& member);
  Status CheckSnapshot(const ledger::SnapshotManifest& manifest, const TarMember& member);
  void RequireOlderRoots(ledger::Restoration& restoration) const;
  Status CheckManifest(ArchiveReader& archive, const TarMember& member);
  Status Expect(const catalog::ExpectedRoot& expected);
  Status RecordRestoration();
  bool IsAbout(const catalog::ExpectedRoot& expected, const std::string& database) const {
    return expected.database == database ||
           (expected.database.empty() && database == catalog::kDefaultDatabase);
  }

  const RestorationContext& context_;
  const RestorationRequest& request_;
  const std::string unfinished_;
  std::unique_ptr<io::DirectoryLock> existing_lock_;
  std::unique_ptr<io::DirectoryLock> unfinished_lock_;
  bool exists_ = false;     // A data directory of that name.
  bool has_begun_ = false;  // The unfinished folder is ours.
  DatabaseOrder order_;
  RestoredBackup restored_;
};

// An empty folder is none that anybody could miss.
Status DirectoryRestoration::TakeExisting() {
  io::FileSystem& files = context_.files;
  const std::string& path = request_.directory;
  IMMUDB_ASSIGN(exists_, files.Exists(path));
  if (!exists_) return {};
  IMMUDB_ASSIGN(const std::vector<io::DirectoryEntry> entries, files.List(path));
  if (entries.empty()) {
    exists_ = false;
    return files.Remove(path);
  }
  // Refuses what is not ours, and what a server has.
  if (const auto ours = catalog::DataDirectory::TakeToRead(files, path); !ours) return ours.error();
  if (request_.replaced_directory.empty()) {
    return Fail(Code::kExists, "{} exists already; nothing was changed", path);
  }
  IMMUDB_ASSIGN(const bool is_taken, files.Exists(request_.replaced_directory));
  if (is_taken) return Fail(Code::kExists, "{} exists already", request_.replaced_directory);
  IMMUDB_ASSIGN(existing_lock_, files.Lock(io::JoinPath(path, kLockFile)));
  return {};
}

Status DirectoryRestoration::Begin() {
  io::FileSystem& files = context_.files;
  IMMUDB_TRY(TakeExisting());
  IMMUDB_ASSIGN(const bool leftover, files.Exists(unfinished_));
  if (leftover) {
    const auto lock = files.Lock(io::JoinPath(unfinished_, kLockFile));
    if (!lock) {
      return Fail(lock.error().code, "another restoration is under way: {}", lock.error().message);
    }
    IMMUDB_TRY(ledger::RemoveTree(files, unfinished_));
  }
  IMMUDB_TRY(files.CreateDirectory(unfinished_));
  has_begun_ = true;
  // Held to the end, under whatever name: no server takes the folder meanwhile.
  IMMUDB_ASSIGN(unfinished_lock_, files.Lock(io::JoinPath(unfinished_, kLockFile)));
  return {};
}

Status DirectoryRestoration::Unpack(ArchiveReader& archive) {
  for (;;) {
    IMMUDB_ASSIGN(const std::optional<TarMember> member, archive.Next());
    if (!member) return Fail(Code::kCorrupted, "the backup ends before its manifest");
    if (order_.is_complete()) {
      IMMUDB_TRY(CheckManifest(archive, *member));
      IMMUDB_ASSIGN(const std::optional<TarMember> more, archive.Next());
      if (more) return Fail(Code::kCorrupted, "something follows the manifest of the backup");
      return {};
    }
    IMMUDB_TRY(RestoreDatabase(archive, *member));
  }
}

Status DirectoryRestoration::RestoreDatabase(ArchiveReader& archive, const TarMember& member) {
  // The name of the folder is ours, made before the archive says anything.
  const std::size_t count = order_.manifests().size();
  const std::string unpacked = io::JoinPath(unfinished_, Text("snapshot-{:08}", count));
  IMMUDB_ASSIGN(const auto restoration,
                ledger::Restoration::Begin(context_.files, context_.random, unpacked,
                                           [&](const ledger::SnapshotManifest& manifest) {
                                             return CheckSnapshot(manifest, member);
                                           }));
  for (;;) {
    IMMUDB_ASSIGN(const Bytes bytes, archive.Read(kChunkBytes));
    if (bytes.empty()) break;
    IMMUDB_TRY(restoration->Write(bytes));
  }
  if (order_.manifests().size() == count) {
    return Fail(Code::kCorrupted, "the member {} of the backup is no snapshot", count + 1);
  }
  RequireOlderRoots(*restoration);
  IMMUDB_ASSIGN(const ledger::SnapshotManifest manifest, restoration->Finish());
  const DatabaseOrder::Place& place = order_.places().back();
  const bool is_built_in =
      place.database == catalog::kDefaultDatabase || place.database == catalog::kSystemDatabase;
  const std::string folder = io::JoinPath(
      unfinished_, is_built_in ? place.database : catalog::DatabaseFolder(place.number));
  IMMUDB_TRY(context_.files.Rename(unpacked, folder));
  // The state that was signed must never be contradicted by what this server signs later.
  if (manifest.signature.empty()) return {};
  return catalog::StoreSignedRoot(context_.files, folder, manifest.head);
}

Status DirectoryRestoration::CheckSnapshot(const ledger::SnapshotManifest& manifest,
                                           const TarMember& member) {
  IMMUDB_ASSIGN(const DatabaseOrder::Place place, order_.Next(manifest));
  if (member.name != place.member) {
    return Fail(Code::kCorrupted, "the snapshot of {} does not stand in its place in the backup",
                place.database);
  }
  RestoredDatabase& database = restored_.databases.emplace_back();
  database = {.name = place.database, .head = manifest.head, .taken_us = manifest.taken_us};
  if (!manifest.signature.empty()) {
    // Even a key that nobody vouches for must have signed what it is said to have signed.
    IMMUDB_TRY(CheckSigned(manifest, manifest.public_key));
    restored_.signer = crypto::Sha256(manifest.public_key);
  }
  if (!request_.pinned_key.empty()) {
    IMMUDB_TRY(CheckSigned(manifest, request_.pinned_key));
    database.vouch = Vouch::kSigned;
  }
  for (const catalog::ExpectedRoot& expected : request_.expected) {
    const bool is_exact = expected.size.value_or(manifest.head.size) == manifest.head.size;
    const bool may_be_digest = expected.database.empty() && !expected.size;
    if (!IsAbout(expected, place.database) || may_be_digest) continue;
    if (is_exact && expected.root != manifest.head.root) {
      return Fail(Code::kTampered, "database {} has the root {} after {} entries, expected was {}",
                  place.database, ToHex(manifest.head.root), manifest.head.size.value,
                  ToHex(expected.root));
    }
    if (expected.size.value_or(TreeSize{}) > manifest.head.size) {
      return Fail(Code::kTampered, "database {} has {} entries in the backup, expected were {}",
                  place.database, manifest.head.size.value, expected.size->value);
    }
    database.vouch = std::max(database.vouch, is_exact ? Vouch::kWhole : Vouch::kOlder);
  }
  return {};
}

void DirectoryRestoration::RequireOlderRoots(ledger::Restoration& restoration) const {
  const RestoredDatabase& database = restored_.databases.back();
  for (const catalog::ExpectedRoot& expected : request_.expected) {
    if (!expected.size || !IsAbout(expected, database.name)) continue;
    restoration.Require({{.size = *expected.size, .root = expected.root}, "--expect"});
  }
}

// The manifest says nothing that the snapshots have not said; it is what says that they are all.
Status DirectoryRestoration::CheckManifest(ArchiveReader& archive, const TarMember& member) {
  if (member.name != kManifestName || member.bytes > kManifestBytesMax) {
    return Fail(Code::kCorrupted, "the backup has no manifest behind its snapshots");
  }
  const Bytes wanted = EncodeBackupManifest(order_);
  Bytes found;
  while (found.size() <= wanted.size()) {
    IMMUDB_ASSIGN(const Bytes bytes, archive.Read(kChunkBytes));
    if (bytes.empty()) break;
    found.insert(found.end(), bytes.begin(), bytes.end());
  }
  if (found != wanted) {
    return Fail(Code::kCorrupted, "the manifest of the backup does not fit its snapshots");
  }
  restored_.digest = crypto::Sha256(wanted);
  return {};
}

Status DirectoryRestoration::CheckExpected() {
  for (const catalog::ExpectedRoot& expected : request_.expected) IMMUDB_TRY(Expect(expected));
  return {};
}

Status DirectoryRestoration::Expect(const catalog::ExpectedRoot& expected) {
  if (expected.database.empty() && !expected.size) {
    const bool is_digest = expected.root == restored_.digest;
    RestoredDatabase& first = restored_.databases.front();
    if (!is_digest && expected.root != first.head.root) {
      return Fail(Code::kTampered,
                  "{} is neither the digest of this backup, {}, nor the root of its {}, {}",
                  ToHex(expected.root), ToHex(restored_.digest), first.name,
                  ToHex(first.head.root));
    }
    first.vouch = Vouch::kWhole;
    if (!is_digest) return {};
    for (RestoredDatabase& database : restored_.databases) database.vouch = Vouch::kWhole;
    return {};
  }
  const bool is_there = std::any_of(
      restored_.databases.begin(), restored_.databases.end(),
      [&](const RestoredDatabase& database) { return IsAbout(expected, database.name); });
  if (is_there) return {};
  return Fail(Code::kTampered, "the backup holds no database {}", expected.database);
}

Status DirectoryRestoration::Complete() {
  io::FileSystem& files = context_.files;
  const auto origin = catalog::ParseOrigin(order_.manifests().front().meta.origin);
  if (!origin) return origin.error();
  restored_.server_id = catalog::ServerIdText(origin->server);
  IMMUDB_TRY(io::ReplaceFile(
      files,
      io::JoinPath(io::JoinPath(unfinished_, catalog::kDefaultDatabase), "immudb.identifier"),
      origin->server));
  catalog::DatabasesFile databases;
  for (const DatabaseOrder::Place& place : order_.places()) {
    const bool is_built_in =
        place.database == catalog::kDefaultDatabase || place.database == catalog::kSystemDatabase;
    if (is_built_in) continue;
    databases.databases.push_back({.name = place.database, .folder = place.number});
    databases.next_folder = place.number + 1;
  }
  if (!databases.databases.empty()) {
    IMMUDB_TRY(io::ReplaceFile(files, io::JoinPath(unfinished_, "databases"),
                               catalog::EncodeDatabases(databases)));
  }
  IMMUDB_TRY(RecordRestoration());
  // Last: with it the folder is complete.
  IMMUDB_TRY(io::ReplaceFile(files, io::JoinPath(unfinished_, "users"), request_.users_file));
  return files.SyncDirectory(unfinished_);
}

// No restored server without its record in the audit trail.
Status DirectoryRestoration::RecordRestoration() {
  IMMUDB_ASSIGN(const std::unique_ptr<Ledger> ledger,
                context_.engine.OpenLedger(io::JoinPath(unfinished_, catalog::kSystemDatabase)));
  catalog::AuditTrail trail(*ledger, context_.clock);
  for (const RestoredDatabase& database : restored_.databases) {
    IMMUDB_TRY(trail.AppendAndWait(
        {.kind = catalog::EventKind::kBackupRestored,
         .actor = "",
         .subject = "",
         .address = "",
         .reason = "",
         .database = database.name,
         .detail = Text("{}@{}, {}, by {}", ToHex(database.head.root), database.head.size.value,
                        VouchText(database.vouch), request_.restorer)}));
  }
  if (request_.users_are == UsersFile::kNew) {
    IMMUDB_TRY(trail.AppendAndWait({.kind = catalog::EventKind::kUserCreated,
                                    .actor = "",
                                    .subject = "immudb",
                                    .address = "",
                                    .reason = "",
                                    .detail = "with a restored backup"}));
  }
  return ledger->Close();
}

// With an exchange a data directory is there at every moment: a server that starts after a crash
// must never find none, and make an empty one.
Status DirectoryRestoration::Publish() {
  io::FileSystem& files = context_.files;
  const std::string& directory = request_.directory;
  const std::string parent = io::ParentPath(directory);
  restored_.has_replaced = exists_;
  if (!exists_) {
    IMMUDB_TRY(files.Rename(unfinished_, directory));
    has_begun_ = false;
    return files.SyncDirectory(parent);
  }
  const std::string& replaced = request_.replaced_directory;
  IMMUDB_TRY(files.Rename(unfinished_, replaced));
  IMMUDB_TRY(files.SyncDirectory(parent));
  Status exchanged = context_.exchange(replaced, directory);
  if (!exchanged) {
    IMMUDB_TRY(files.Rename(replaced, unfinished_));
    if (exchanged.error().code != Code::kUnsupported) return exchanged;
    IMMUDB_TRY(files.Rename(directory, replaced));
    if (Status named = files.Rename(unfinished_, directory); !named) {
      IMMUDB_TRY(files.Rename(replaced, directory));
      return named;
    }
  }
  has_begun_ = false;
  return files.SyncDirectory(parent);
}

void DirectoryRestoration::Abandon() {
  if (!has_begun_) return;
  // The failure that led here is the one to tell; the next restoration removes what is left.
  const Status ignored = ledger::RemoveTree(context_.files, unfinished_);
  static_cast<void>(ignored);
}

}  // namespace

std::string_view VouchText(Vouch vouch) {
  switch (vouch) {
    case Vouch::kNone: return "unverified";
    case Vouch::kOlder: return "continues an expected root";
    case Vouch::kSigned: return "signed with the expected key";
    case Vouch::kWhole: return "as expected";
  }
  return "unverified";
}

Result<RestoredBackup> RestoreBackup(const RestorationContext& context,
                                     const RestorationRequest& request, ArchiveReader& archive) {
  DirectoryRestoration restoration(context, request);
  const auto restore = [&]() -> Status {
    IMMUDB_TRY(restoration.Begin());
    if (Status unpacked = restoration.Unpack(archive); !unpacked) {
      return AsTampered(unpacked.error());
    }
    IMMUDB_TRY(restoration.CheckExpected());
    IMMUDB_TRY(restoration.Complete());
    return restoration.Publish();
  };
  if (const Status done = restore(); !done) {
    restoration.Abandon();
    return done.error();
  }
  return std::move(restoration.restored());
}

}  // namespace immudb::backup
