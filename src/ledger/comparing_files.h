// A file system whose files compare what is written to them with what they hold: whoever makes a
// file anew through it learns whether it is the same, without a byte being changed and without
// holding the file in memory.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "immudb/bytes.h"
#include "io/read_only_file_system.h"

namespace immudb::ledger {

// For files of pages of kPageBytes that are made as if they were empty (page_store.h). The first
// page, the header, is not compared. Not thread-safe.
class ComparingFiles : public io::ReadOnlyFileSystem {
 public:
  // Is told of each page that differs: where it lies, and what it should be.
  using OnDifference = std::function<void(std::uint64_t offset, BytesView expected)>;

  // Compares the first `pages` pages after the header, and with none needs no file. `files` must
  // outlive it.
  ComparingFiles(io::FileSystem& files, std::uint64_t pages, OnDifference on_difference)
      : ReadOnlyFileSystem(files), pages_(pages), on_difference_(std::move(on_difference)) {}

  // The file reads as empty.
  Result<std::unique_ptr<io::File>> Open(const std::string& path, io::OpenMode mode) override;

 private:
  const std::uint64_t pages_;
  const OnDifference on_difference_;
};

}  // namespace immudb::ledger
