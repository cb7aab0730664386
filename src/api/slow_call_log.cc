#include "api/slow_call_log.h"

#include <optional>
#include <vector>

#include "base/error.h"
#include "base/log.h"

namespace immudb::api {
namespace {

constexpr double kNsPerMs = 1e6;

}  // namespace

void SlowCallLog::Tell(const CallFacts& call, std::int64_t duration_ns, rpc::StatusCode code) {
  const std::optional<std::uint64_t> left_out = lines_.Allow();
  if (!left_out) return;
  std::vector<LogField> fields;
  const auto add = [&fields](std::string_view name, std::string_view value) {
    if (!value.empty()) fields.push_back({.name = name, .value = std::string(value)});
  };
  const auto add_number = [&fields](std::string_view name, std::string value) {
    fields.push_back({.name = name, .value = std::move(value), .kind = LogField::Kind::kNumber});
  };
  add("method", call.method);
  add("user", call.user);
  add("database", call.database);
  add("peer", call.peer);
  add_number("duration_ms", Text("{:.3f}", static_cast<double>(duration_ns) / kNsPerMs));
  add("status", rpc::NameOf(code));
  if (*left_out > 0) add_number("left_out", Text("{}", *left_out));
  const LogScope scope(call.request_id);
  WriteLog(LogLevel::kWarning, "slow call", fields);
}

}  // namespace immudb::api
