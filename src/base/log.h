// The program's own log: lines for the people who run it. Not the database's log of entries.
//
// Thread-safe. Lines go to standard error, or to a file once LogToFile was called. A line has a
// level, a text and, where somebody may want to search for them, named facts:
//
//   immudb 2026/11/24 20:15:09 WARNING: slow call method=/immudb.schema.ImmuService/Get status=OK
//   {"time":"2026-11-24T19:15:09.123456Z","level":"warning","message":"slow call","method":...}

#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "immudb/result.h"

namespace immudb {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat : unsigned char {
  kText,  // As immudb 0.8.1; local time.
  kJson,  // An object a line; its time is UTC, as RFC 3339 writes it.
};

// A fact beside the text of a line: ` name=value` in text, a member of the object in JSON.
struct LogField {
  enum class Kind : unsigned char { kText, kNumber };

  std::string_view name;  // Letters and underscores; not time, level, message or request_id.
  std::string value;
  Kind kind = Kind::kText;
};

void WriteLog(LogLevel level, std::string_view text, std::span<const LogField> fields = {});
bool LogEnabled(LogLevel level);
void SetLogLevel(LogLevel level);
// Of all lines from now on, wherever they go.
void SetLogFormat(LogFormat format);

// Appends lines to the file `path` from now on. Called again, it opens the path anew: a file that
// was moved away is let go. Makes missing folders. Errors: kIo; lines go on to where they went.
Status LogToFile(const std::string& path);

// No secret and no request or value byte may be an argument.
template <typename... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(level)) WriteLog(level, fmt::format(format, std::forward<Args>(args)...));
}

// While it exists, the lines that this thread writes carry `request_id`, which must outlive it, as
// a fact; an empty one is none. Of several the innermost counts.
class LogScope {
 public:
  explicit LogScope(std::string_view request_id);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  const std::string_view outer_;
};

}  // namespace immudb
