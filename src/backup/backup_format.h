// What a backup of a server consists of: a snapshot of each database, one after the other, and a
// manifest. docs/formats/backup.md describes it.

#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "ledger/snapshot_manifest.h"

namespace immudb::backup {

// Far more databases than one server has.
inline constexpr std::size_t kDatabasesMax = 100'000;
inline constexpr std::string_view kManifestName = "manifest.json";

// The names of a backup's members follow from their places alone: defaultdb.snapshot, those of the
// databases that users created, db-00000001.snapshot and so on, systemdb.snapshot, manifest.json.
// `number` counts databases that users created, from 1 on.
std::string MemberName(std::string_view database, std::uint32_t number);
bool IsMemberName(std::string_view name);
// Whether a backup has `a` before `b`. Requires: IsMemberName of both.
bool MemberNameLess(std::string_view a, std::string_view b);

// Keeps to the order of the databases of a backup: all of one server, each once, defaultdb first
// and the audit trail last. Not thread-safe.
class DatabaseOrder {
 public:
  struct Place {
    std::string database;
    std::uint32_t number = 0;  // See MemberName.
    std::string member;
  };
  // The place of the next snapshot. Errors: kCorrupted, naming the ledger, if it has none.
  Result<Place> Next(const ledger::SnapshotManifest& manifest);

  // Whether all databases that every server has were there.
  bool is_complete() const { return has_system_; }
  // In the order they came.
  const std::vector<ledger::SnapshotManifest>& manifests() const { return manifests_; }
  const std::vector<Place>& places() const { return places_; }

 private:
  bool has_system_ = false;
  std::vector<ledger::SnapshotManifest> manifests_;
  std::vector<Place> places_;
  std::set<std::string> names_;
};

// A JSON object that follows from the snapshots alone, to its last byte.
// Requires: order.is_complete().
Bytes EncodeBackupManifest(const DatabaseOrder& order);

}  // namespace immudb::backup
