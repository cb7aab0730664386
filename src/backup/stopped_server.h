// A data directory that no server serves, as a source of snapshots and as the place of a restored
// backup: with the system's files, time and randomness.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backup/archive.h"
#include "backup/restoration.h"
#include "immudb/result.h"

namespace immudb::backup {

// Where snapshots come from.
struct Supply {
  std::vector<std::string> databases;  // defaultdb first, the audit trail last.
  // Hands the snapshot of a database to `take`, whose error ends it.
  std::function<Status(const std::string& database, const Sink& take)> copy;
};

// Has the directory, so that no server can start on it, as long as it lives. Not thread-safe.
class StoppedServer {
 public:
  // Opens the databases as a server does. `reader` is whoever asks, for the audit trail, which gets
  // an event for each snapshot. Errors: kNotFound (nothing is made); as catalog::Catalog::Open.
  static Result<std::unique_ptr<StoppedServer>> Open(const std::string& directory,
                                                     std::string reader);
  ~StoppedServer();
  StoppedServer(const StoppedServer&) = delete;
  StoppedServer& operator=(const StoppedServer&) = delete;

  // Valid as long as this object.
  Supply supply();

 private:
  struct Parts;
  explicit StoppedServer(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

// RestoreBackup. Errors: as that; those of Engine::Create.
Result<RestoredBackup> RestoreOnThisMachine(const RestorationRequest& request,
                                            ArchiveReader& archive);

}  // namespace immudb::backup
