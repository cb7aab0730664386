// The file that keeps a session between two runs of a tool:
//
//   length of the database's name (8 bytes, the highest first) || name || token
//
// Its name is a path if it holds a slash, otherwise a file in the home folder.
// Source: immudb 0.8.1. Other than there, only its owner can read the file.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "immudb/bytes.h"
#include "immudb/client_types.h"
#include "immudb/result.h"
#include "io/file_system.h"
#include "process/options.h"

namespace immudb::cli {

Bytes EncodeTokenFile(const Session& session);
// Errors: kCorrupted if EncodeTokenFile makes no such bytes.
Result<Session> DecodeTokenFile(BytesView bytes);

// Returns the path that the option `name` means.
std::string TokenPath(std::string_view name, const process::Environment& environment);

// Returns the session in the file, or nothing if there is none: a file that is missing or holds
// something else. Errors: kDenied, kIo.
Result<std::optional<Session>> ReadTokenFile(io::FileSystem& files, const std::string& path);

}  // namespace immudb::cli
