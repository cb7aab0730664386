#include "cli/audit_filter.h"

#include <array>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"

namespace immudb::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::array kForms = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};

std::optional<std::int64_t> DurationUs(std::string_view text) {
  std::int64_t seconds = 0;
  if (text.empty()) return std::nullopt;
  switch (text.back()) {
    case 's': seconds = 1; break;
    case 'm': seconds = 60; break;
    case 'h': seconds = 3600; break;
    case 'd': seconds = 86'400; break;
    default: return std::nullopt;
  }
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return number * seconds * kSecondUs;
}

std::string TextOf(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t TimeOf(const Json& event) {
  const auto found = event.find("time_us");
  return found != event.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

bool Passes(const Json& event, const AuditFilter& filter) {
  const auto is = [&](const char* name, const std::string& wanted) {
    return wanted.empty() || TextOf(event, name) == wanted;
  };
  const std::int64_t time_us = TimeOf(event);
  const bool is_user = is("actor", filter.user) || is("subject", filter.user);
  return time_us >= filter.since_us && time_us < filter.until_us && is_user &&
         is("event", filter.event) && is("database", filter.database);
}

// `2020-12-08 12:52:00.000000`, UTC.
std::string MomentText(std::int64_t time_us) {
  const std::int64_t fraction = (time_us % kSecondUs + kSecondUs) % kSecondUs;
  const std::time_t seconds = (time_us - fraction) / kSecondUs;
  std::tm parts{};
  std::array<char, 64> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return Text("{} us", time_us);
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return Text("{}.{:06}", std::string_view(text.data(), size), fraction);
}

}  // namespace

Result<std::int64_t> ParseMoment(std::string_view text, std::int64_t now_us) {
  if (const auto ago_us = DurationUs(text)) return now_us - *ago_us;
  std::string copy(text);
  if (copy.ends_with('Z')) copy.pop_back();
  for (const char* const form : kForms) {
    std::tm parts{};
    const char* const stop = ::strptime(copy.c_str(), form, &parts);
    if (stop == nullptr || *stop != '\0') continue;
    return static_cast<std::int64_t>(::timegm(&parts)) * kSecondUs;
  }
  return Fail(Code::kInvalidArgument,
              "\"{}\" is no time such as 2020-12-08, 2020-12-08T12:52:00 or 12h", text);
}

std::optional<std::string> AuditLine(const AuditEntry& entry, const AuditFilter& filter,
                                     const Style& style) {
  Json event = Json::parse(entry.value.begin(), entry.value.end(), nullptr, false);
  if (!event.is_object()) {
    event = {{"value", std::string(entry.value.begin(), entry.value.end())}};
  }
  if (!Passes(event, filter)) return std::nullopt;
  if (style.form == OutputForm::kJson) {
    Json shown = {{"index", entry.index.value}};
    shown.update(event);
    return shown.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
  }
  std::string text = Text("{}  {}", MomentText(TimeOf(event)), TextOf(event, "event"));
  for (const auto& [name, value] : event.items()) {
    if (name == "time_us" || name == "event") continue;
    const std::string shown = value.is_string()
                                  ? value.get<std::string>()
                                  : value.dump(-1, ' ', true, Json::error_handler_t::replace);
    text += Text("  {}={}", name, shown);
  }
  // Names and reasons may hold anything: they must not drive a terminal, or look like more lines.
  Style escaping = style;
  escaping.escape = Escape::kYes;
  return ShownBytes(AsBytes(text), escaping) + "\n";
}

}  // namespace immudb::cli
