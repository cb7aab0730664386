// Two names of the operating system's files that change places at once.

#pragma once

#include <string>

#include "immudb/result.h"

namespace immudb::io {

// Lets two files or directories change places: whatever happens, each name is one of them. Durable
// only after FileSystem::SyncDirectory of their parents.
// Errors: kNotFound; kUnsupported if the system or the disk's format cannot; kDenied, kIo.
Status ExchangePaths(const std::string& one, const std::string& other);

}  // namespace immudb::io
