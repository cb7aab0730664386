// The program's own log: lines for the people who run it. Not the database's log of entries.
//
// Thread-safe. Lines go to standard error, or to a file once LogToFile was called.

#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "immudb/result.h"

namespace immudb {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarning, kError, kOff };

void WriteLog(LogLevel level, std::string_view text);
bool LogEnabled(LogLevel level);
void SetLogLevel(LogLevel level);

// Appends lines to the file `path` from now on. Called again, it opens the path anew: a file that
// was moved away is let go. Makes missing folders. Errors: kIo; lines go on to where they went.
Status LogToFile(const std::string& path);

// No secret and no request or value byte may be an argument.
template <typename... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(level)) WriteLog(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace immudb
