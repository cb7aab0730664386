// Text as a string of JSON (RFC 8259), in ASCII.

#pragma once

#include <string>
#include <string_view>

namespace immudb {

// Appends `text` in double quotes. What is not ASCII is escaped; bytes that are not UTF-8 become
// U+FFFD, so that the result is JSON whatever `text` is.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace immudb
