// The folder that a server owns: which ones it may take, and the files beside the databases.
//
//   <directory>/lock                            held by the one process that serves the folder
//   <directory>/users                           docs/formats/users.md
//   <directory>/databases                       docs/formats/databases.md
//   <directory>/defaultdb/ systemdb/            a ledger each
//   <directory>/db-00000001/ ...                the ledgers of the databases that users created
//   <directory>/defaultdb/immudb.identifier     server_id.h

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/server_id.h"
#include "immudb/bytes.h"
#include "immudb/result.h"
#include "io/file_system.h"

namespace immudb::catalog {

// Thread-compatible; no file may be stored twice at once.
class DataDirectory {
 public:
  // Takes the folder, creating it if need be. One that holds data of immudb 0.8.1 is refused before
  // anything in it is touched.
  // Errors: kUnsupported (data of another program); kUnavailable (another process has the folder);
  // kDenied (no right to write); kExhausted, kIo.
  static Result<std::unique_ptr<DataDirectory>> Take(io::FileSystem& files, std::string path);

  // Takes a folder that a server has made, and changes nothing in it: for whoever only reads. Where
  // there is no lock file, no server can have the folder, and none is kept from taking it.
  // Errors: kNotFound (no data directory of ours); kUnsupported, kUnavailable, kDenied, kIo, as
  // Take.
  static Result<std::unique_ptr<DataDirectory>> TakeToRead(io::FileSystem& files, std::string path);

  const std::string& path() const { return path_; }
  std::string DatabasePath(const std::string& name) const;

  // Errors: those of io::FileSystem::Exists.
  Result<bool> HasDatabase(const std::string& name) const;

  // The users file, or nothing if there is none. Errors: kCorrupted if it is absurdly large; kIo.
  Result<std::optional<Bytes>> ReadUsers() const;
  // Errors: as io::ReplaceFile.
  Status StoreUsers(BytesView file);

  // The file of databases, or nothing if there is none. Errors: kCorrupted if it is absurdly large;
  // kIo.
  Result<std::optional<Bytes>> ReadDatabases() const;
  // Errors: as io::ReplaceFile.
  Status StoreDatabases(BytesView file);

  // The numbers of the folders db-NNNNNNNN that are there. Errors: kIo.
  Result<std::vector<std::uint32_t>> ListDatabaseFolders() const;

  // The identity kept in defaultdb, or nothing if there is none.
  // Errors: kCorrupted if the file has another length; kIo.
  Result<std::optional<ServerId>> ReadServerId() const;
  // Errors: as io::ReplaceFile.
  Status StoreServerId(const ServerId& id);

 private:
  Result<std::optional<Bytes>> ReadOptional(std::string_view name) const;

  DataDirectory(io::FileSystem& files, std::string path, std::unique_ptr<io::DirectoryLock> lock)
      : path_(std::move(path)), files_(files), lock_(std::move(lock)) {}

  const std::string path_;
  io::FileSystem& files_;
  std::unique_ptr<io::DirectoryLock> lock_;  // Null: see TakeToRead.
};

}  // namespace immudb::catalog
