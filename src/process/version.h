// What the programs of this project say about themselves.

#pragma once

#include <string>
#include <string_view>

namespace immudb::process {

// "NAME VERSION"; all that an unauthenticated client is told.
std::string ShortVersionText(std::string_view program);

// The short text and, where the build was told them, lines with commit, builder and time.
// Source: the form of `immudb version` in immudb 0.8.1.
std::string VersionText(std::string_view program);

}  // namespace immudb::process
