// Making a data directory from a backup. Everything is unpacked into DIRECTORY.restoring and
// verified there; only what is whole gets the directory's name, and what had that name before keeps
// existing under another. docs/decisions/0010-backups.md says what a crash at each step leaves.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/archive.h"
#include "base/clock.h"
#include "catalog/expected_root.h"
#include "catalog/server_id.h"
#include "crypto/random.h"
#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "io/file_system.h"

namespace immudb {
class Engine;
}  // namespace immudb

namespace immudb::backup {

// What a restoration works with; all of it must outlive the call.
struct RestorationContext {
  io::FileSystem& files;
  crypto::RandomSource& random;
  const Clock& clock;
  Engine& engine;  // For the audit trail.
  // As io::ExchangePaths.
  std::function<Status(const std::string& one, const std::string& other)> exchange;
};

enum class UsersFile : std::uint8_t { kOfTheDirectory, kNew };

struct RestorationRequest {
  std::string directory;
  // Where an existing data directory goes; empty: it is not replaced.
  std::string replaced_directory;
  std::vector<catalog::ExpectedRoot> expected;
  Bytes pinned_key;  // The point or its SHA-256; empty: none is.
  // Who may log in: a backup does not hold it.
  Bytes users_file;
  UsersFile users_are = UsersFile::kNew;  // For the audit trail.
  std::string restorer;                   // Who restores, for the audit trail.
};

// What is known of a restored database from elsewhere than the backup.
enum class Vouch : std::uint8_t {
  kNone,
  kOlder,   // The root of an older state; what came after it is the backup's word.
  kSigned,  // All of it, by the pinned key.
  kWhole,   // All of it, by its root or by the digest of the backup.
};

// For people: "as expected".
std::string_view VouchText(Vouch vouch);

struct RestoredDatabase {
  std::string name;
  TreeHead head;
  std::int64_t taken_us = 0;
  Vouch vouch = Vouch::kNone;
};

struct RestoredBackup {
  std::string server_id;
  std::vector<RestoredDatabase> databases;
  Digest digest{};               // As BackupWriter::digest.
  bool has_replaced = false;     // Another directory, which now has the name that was asked for.
  std::optional<Digest> signer;  // The SHA-256 of the key, which nobody vouches for unless pinned.
};

// Restores. Refused before anything is written: an existing directory that may not be replaced, or
// is none of ours, or is in use. Errors: kExists, kUnsupported, kUnavailable, kDenied of the
// directory; kTampered if the backup is not whole, not what it says or not what is expected;
// kUnsupported (a newer format); kExhausted, kIo. The directory is then as it was, and what was
// unpacked is removed; after kIo of the last sync it may be the restored one.
Result<RestoredBackup> RestoreBackup(const RestorationContext& context,
                                     const RestorationRequest& request, ArchiveReader& archive);

}  // namespace immudb::backup
