// The file that names the databases of a data directory; docs/formats/databases.md describes it.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::catalog {

struct DatabaseRecord {
  std::string name;
  std::uint32_t folder = 0;  // Its number; see DatabaseFolder.
  bool operator==(const DatabaseRecord&) const = default;
};

struct DatabasesFile {
  std::uint32_t next_folder = 1;
  std::vector<DatabaseRecord> databases;  // In the order of their creation.
  bool operator==(const DatabasesFile&) const = default;
};

// The folder of a database, within the data directory: "db-00000001".
std::string DatabaseFolder(std::uint32_t number);

// Requires: names of at most 64 KiB.
Bytes EncodeDatabases(const DatabasesFile& file);

// Errors: kCorrupted if any byte contradicts the checksum or the format, or a name may be none;
// kUnsupported if a newer version or an unknown feature is needed to read it.
Result<DatabasesFile> DecodeDatabases(BytesView bytes);

}  // namespace immudb::catalog
