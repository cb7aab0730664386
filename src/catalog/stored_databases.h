// The databases of a data directory as its files have them, without opening any: for whoever looks
// at a directory that no server serves.

#pragma once

#include <string>
#include <vector>

#include "catalog/data_directory.h"
#include "immudb/result.h"

namespace immudb::catalog {

struct StoredDatabase {
  std::string name;
  std::string path;
};

// defaultdb, those that users created by name, systemdb. A database is listed whether or not its
// folder is there. Errors: kCorrupted if the file that names them is missing or damaged;
// kUnsupported (a newer format); kIo.
Result<std::vector<StoredDatabase>> ListStoredDatabases(const DataDirectory& directory);

}  // namespace immudb::catalog
