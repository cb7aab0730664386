// A backup as a sequence of members: a tar archive, or a folder of files. Which members a backup
// has, and their names, backup_format.h says; nothing that an archive holds is ever used as a path.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backup/tar.h"
#include "immudb/bytes.h"
#include "immudb/result.h"
#include "io/file_system.h"

namespace immudb::backup {

// Not thread-safe.
class ArchiveWriter {
 public:
  virtual ~ArchiveWriter() = default;

  // Begins a member; the one before is whole. `member.name` is one of backup_format.h.
  virtual Status Begin(const TarMember& member) = 0;
  // Adds to it. Requires: no more than the member was said to have.
  virtual Status Write(BytesView bytes) = 0;
  // Ends the archive. What it is written to may still have to be made durable by its owner.
  virtual Status End() = 0;
};

// Not thread-safe.
class ArchiveReader {
 public:
  virtual ~ArchiveReader() = default;

  // The next member, or nothing at the end. What was not read of the one before is an error.
  // Errors: kCorrupted (no such archive, or cut off); those of the source.
  virtual Result<std::optional<TarMember>> Next() = 0;
  // The next bytes of the member, at most `bytes_max`; none at its end.
  virtual Result<Bytes> Read(std::size_t bytes_max) = 0;
};

// Takes bytes in their order.
using Sink = std::function<Status(BytesView bytes)>;
// Fills `out` from its beginning, and returns how much; fewer only at the end.
using Source = std::function<Result<std::size_t>(std::span<std::uint8_t> out)>;

std::unique_ptr<ArchiveWriter> MakeTarWriter(Sink sink);
std::unique_ptr<ArchiveReader> MakeTarReader(Source source);

// A folder that appears whole or not at all: its files are written to `path`.partial, which becomes
// `path` at the end, durably. Without End the files are removed again. `files` must outlive it.
// Errors: kExists if `path` exists, or `path`.partial holds something else than a backup; kDenied,
// kExhausted, kIo.
Result<std::unique_ptr<ArchiveWriter>> CreateFolderWriter(io::FileSystem& files, std::string path);
// `files` must outlive it. Errors: kNotFound, kDenied, kIo; kCorrupted if the folder holds anything
// that a backup does not.
Result<std::unique_ptr<ArchiveReader>> OpenFolderReader(io::FileSystem& files, std::string path);

}  // namespace immudb::backup
