#include "catalog/stored_databases.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "catalog/databases_file.h"
#include "catalog/names.h"

namespace immudb::catalog {

Result<std::vector<StoredDatabase>> ListStoredDatabases(const DataDirectory& directory) {
  std::vector<StoredDatabase> databases;
  const std::string default_name(kDefaultDatabase);
  databases.push_back({default_name, directory.DatabasePath(default_name)});
  IMMUDB_ASSIGN(const std::optional<Bytes> file, directory.ReadDatabases());
  if (file) {
    IMMUDB_ASSIGN(DatabasesFile decoded, DecodeDatabases(*file));
    std::sort(decoded.databases.begin(), decoded.databases.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const DatabaseRecord& record : decoded.databases) {
      databases.push_back({record.name, directory.DatabasePath(DatabaseFolder(record.folder))});
    }
  } else {
    IMMUDB_ASSIGN(const std::vector<std::uint32_t> folders, directory.ListDatabaseFolders());
    if (!folders.empty()) {
      return Fail(Code::kCorrupted,
                  "the file databases is missing from {} although there are folders of databases",
                  directory.path());
    }
  }
  const std::string system_name(kSystemDatabase);
  databases.push_back({system_name, directory.DatabasePath(system_name)});
  return databases;
}

}  // namespace immudb::catalog
