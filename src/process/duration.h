// Lengths of time as options state them.

#pragma once

#include <chrono>
#include <string_view>

#include "immudb/result.h"

namespace immudb::process {

// What `text` says: a whole number above 0 and ms, s or m.
// Errors: kInvalidArgument for any other text.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

}  // namespace immudb::process
