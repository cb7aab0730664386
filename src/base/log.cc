#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace immudb {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}

// The line format of immudb 0.8.1: `immudb  2020/12/08 14:11:20 INFO: text`.
spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("immudb",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("immudb  %Y/%m/%d %H:%M:%S %v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "DEBUG";
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kWarning: return "WARNING";
    case LogLevel::kError: return "ERROR";
  }
  return "ERROR";
}

}  // namespace

bool LogEnabled(LogLevel level) {
  return Logger().should_log(ToSpdlog(level));
}

void SetLogLevel(LogLevel level) {
  Logger().set_level(ToSpdlog(level));
}

void WriteLog(LogLevel level, std::string_view text) {
  Logger().log(ToSpdlog(level), "{}: {}", Name(level), text);
}

}  // namespace immudb
