// The program's own log: lines for the people who run it. Not the database's log of entries.
//
// Thread-safe. Lines go to standard error.

#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace immudb {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarning, kError };

void WriteLog(LogLevel level, std::string_view text);
bool LogEnabled(LogLevel level);
void SetLogLevel(LogLevel level);

// No secret and no request or value byte may be an argument.
template <typename... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(level)) WriteLog(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace immudb
