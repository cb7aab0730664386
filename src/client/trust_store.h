// Trusted states in a directory, shared with other processes: docs/formats/client_state.md.

#pragma once

#include <optional>
#include <string>

#include "client/trust_record.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "io/file_system.h"

namespace immudb::client {

// Thread-safe; every call reads or writes files.
class TrustStore {
 public:
  // Uses `directory`, made at the first write; `files` must outlive the store.
  TrustStore(io::FileSystem& files, std::string directory)
      : files_(&files), directory_(std::move(directory)) {}

  // Returns what is kept of `subject`, or nothing if nothing is.
  // Errors: kCorrupted, kUnsupported (see DecodeTrustRecord), kDenied, kIo. The file is named.
  Result<std::optional<TrustRecord>> Load(const TrustSubject& subject) const;

  // Keeps `next` if what is kept is still `expected`, and returns what is kept then: `next`, or
  // what somebody else has kept meanwhile. What is returned is on the disk. The origin and time of
  // a kept record stay as they are.
  // Requires: `next` was proven to continue `expected`, and is not smaller.
  // Errors: kUnavailable if somebody else is at it: try again; those of Load, and kExhausted. After
  // an error the old state or `next` is kept.
  Result<TreeHead> Advance(const std::optional<TreeHead>& expected, TrustRecord next);

 private:
  std::string PathOf(const TrustSubject& subject, std::string_view ending) const;
  Status MakeDirectory() const;

  io::FileSystem* files_;
  std::string directory_;
};

}  // namespace immudb::client
