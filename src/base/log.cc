#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "base/error.h"

namespace immudb {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
    case LogLevel::kOff: return spdlog::level::off;
  }
  return spdlog::level::err;
}

// One sink that passes lines on, so that its target can change while others write.
spdlog::sinks::dist_sink_mt& Target() {
  static const auto target = [] {
    auto made = std::make_shared<spdlog::sinks::dist_sink_mt>();
    made->add_sink(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return made;
  }();
  return *target;
}

// The line format of immudb 0.8.1: `immudb  2020/12/08 14:11:20 INFO: text`; in a file it has one
// space after the name.
spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    const std::shared_ptr<spdlog::sinks::sink> target(&Target(), [](auto*) {});
    auto made = std::make_shared<spdlog::logger>("immudb", target);
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
    case LogLevel::kOff: break;
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

Status LogToFile(const std::string& path) {
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    file->set_pattern("immudb %Y/%m/%d %H:%M:%S %v");
    Logger();  // Its pattern would replace the file's.
    Target().set_sinks({std::move(file)});
  } catch (const spdlog::spdlog_ex& error) {
    return Fail(Code::kIo, "log file {}: {}", path, error.what());
  }
  return {};
}

void WriteLog(LogLevel level, std::string_view text) {
  Logger().log(ToSpdlog(level), "{}: {}", Name(level), text);
}

}  // namespace immudb
