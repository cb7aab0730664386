// Files with secrets, which only the server and who owns it may read.

#pragma once

#include <string>

#include "immudb/result.h"

namespace immudb::process {

// Checks that users outside this process's user and group can neither read nor change the file, and
// the group cannot change it.
// Errors: kNotFound, kIo; kDenied, naming the file, if it is not private or may not be opened.
Status CheckPrivateFile(const std::string& path);

// Reads such a file, of at most 64 KiB. Errors: as CheckPrivateFile; kLimitExceeded.
Result<std::string> ReadPrivateFile(const std::string& path);

}  // namespace immudb::process
