#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "base/error.h"
#include "base/json_text.h"

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

enum class Place : unsigned char { kStandardError, kFile };

std::atomic<LogFormat>& Format() {
  static std::atomic<LogFormat> format{LogFormat::kText};
  return format;
}

// What each line of a sink begins with. In text as immudb 0.8.1 has it: `immudb  2020/12/08
// 14:11:20 INFO: text`; in a file it has one space after the name.
void SetPattern(spdlog::sinks::sink& sink, Place place) {
  const bool is_json = Format().load() == LogFormat::kJson;
  const std::string_view text =
      place == Place::kFile ? "immudb %Y/%m/%d %H:%M:%S %v" : "immudb  %Y/%m/%d %H:%M:%S %v";
  const std::string_view pattern = is_json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ",%v})" : text;
  sink.set_formatter(std::make_unique<spdlog::pattern_formatter>(
      std::string(pattern),
      is_json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local));
}

spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    const std::shared_ptr<spdlog::sinks::sink> target(&Target(), [](auto*) {});
    auto made = std::make_shared<spdlog::logger>("immudb", target);
    SetPattern(Target(), Place::kStandardError);
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

// In JSON, as most programs that read logs want it.
std::string_view LowerCaseName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
    case LogLevel::kOff: break;
  }
  return "error";
}

bool IsPlain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  });
}

void AppendText(std::string& line, std::string_view name, std::string_view value) {
  line += Text(" {}=", name);
  if (IsPlain(value)) {
    line += value;
  } else {
    AppendJsonString(line, value);
  }
}

void AppendMember(std::string& line, std::string_view name, std::string_view value) {
  line += Text(",\"{}\":", name);
  AppendJsonString(line, value);
}

constexpr std::string_view kRequestId = "request_id";

// What the lines of this thread carry.
thread_local std::string_view current_request_id;

std::string TextLine(LogLevel level, std::string_view text, std::span<const LogField> fields) {
  std::string line = Text("{}: {}", Name(level), text);
  for (const LogField& field : fields) AppendText(line, field.name, field.value);
  if (!current_request_id.empty()) AppendText(line, kRequestId, current_request_id);
  return line;
}

std::string JsonLine(LogLevel level, std::string_view text, std::span<const LogField> fields) {
  std::string line = Text("\"level\":\"{}\"", LowerCaseName(level));
  AppendMember(line, "message", text);
  for (const LogField& field : fields) {
    if (field.kind == LogField::Kind::kNumber) {
      line += Text(",\"{}\":{}", field.name, field.value);
    } else {
      AppendMember(line, field.name, field.value);
    }
  }
  if (!current_request_id.empty()) AppendMember(line, kRequestId, current_request_id);
  return line;
}

}  // namespace

bool LogEnabled(LogLevel level) {
  return Logger().should_log(ToSpdlog(level));
}

void SetLogLevel(LogLevel level) {
  Logger().set_level(ToSpdlog(level));
}

void SetLogFormat(LogFormat format) {
  Format() = format;
  Logger();
  const bool is_file = std::dynamic_pointer_cast<spdlog::sinks::basic_file_sink_mt>(
                           Target().sinks().front()) != nullptr;
  SetPattern(Target(), is_file ? Place::kFile : Place::kStandardError);
}

Status LogToFile(const std::string& path) {
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    SetPattern(*file, Place::kFile);
    Logger();  // Its pattern would replace the file's.
    Target().set_sinks({std::move(file)});
  } catch (const spdlog::spdlog_ex& error) {
    return Fail(Code::kIo, "log file {}: {}", path, error.what());
  }
  return {};
}

void WriteLog(LogLevel level, std::string_view text, std::span<const LogField> fields) {
  if (!LogEnabled(level)) return;
  const bool is_json = Format().load(std::memory_order_relaxed) == LogFormat::kJson;
  const std::string line = is_json ? JsonLine(level, text, fields) : TextLine(level, text, fields);
  Logger().log(ToSpdlog(level), spdlog::string_view_t(line));
}

LogScope::LogScope(std::string_view request_id)
    : outer_(std::exchange(current_request_id, request_id)) {}

LogScope::~LogScope() {
  current_request_id = outer_;
}

}  // namespace immudb
