#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "base/hex.h"
#include "server/verification.h"

namespace immudb::server {
namespace {

constexpr double kNsPerSecond = 1e9;
constexpr double kBytesPerMegabyte = 1e6;

double PerSecond(std::uint64_t count, std::int64_t duration_ns) {
  if (duration_ns <= 0) return 0;
  return static_cast<double>(count) * kNsPerSecond / static_cast<double>(duration_ns);
}

std::string HeadText(const TreeHead& head) {
  return Text("{}@{}", ToHex(head.root), head.size.value);
}

std::string_view Verdict(const InspectionReport& report) {
  if (report.is_whole()) return "whole";
  return report.is_damaged() ? "DAMAGED" : "entries whole, derived files to be rebuilt";
}

std::string DatabaseText(const VerifiedDatabase& database) {
  const InspectionReport& report = database.report;
  std::string text = Text("database {}: {}\n", database.name, Verdict(report));
  for (const Finding& finding : report.findings) {
    text += Text("  {}: {}\n", NameOf(finding.part), finding.text);
  }
  if (report.finding_count > report.findings.size()) {
    text += Text("  and {} findings more\n", report.finding_count - report.findings.size());
  }
  const std::uint64_t size = report.head.size.value;
  if (!report.is_damaged()) {
    text += Text("  {} entries, root {}\n", size, HeadText(report.head));
    for (const RecordedRoot& agreed : report.agreed_roots) {
      text += Text("  as recorded by {}: {}\n", agreed.recorder, HeadText(agreed.head));
    }
  }
  if (report.compared_size.value > 0) {
    text +=
        Text("  compared with tree and offsets up to entry {}, and with {} versions of the index\n",
             report.compared_size.value - 1, report.index_versions);
  }
  for (const std::string& note : report.notes) text += Text("  note: {}\n", note);
  text += Text("  read {:.1f} MB in {:.2f} s: {:.0f} entries/s, {:.1f} MB/s\n",
               static_cast<double>(report.read_bytes) / kBytesPerMegabyte,
               static_cast<double>(database.duration_ns) / kNsPerSecond,
               PerSecond(size, database.duration_ns),
               PerSecond(report.read_bytes, database.duration_ns) / kBytesPerMegabyte);
  return text;
}

nlohmann::json HeadJson(const TreeHead& head) {
  return {{"size", head.size.value}, {"root", ToHex(head.root)}};
}

nlohmann::json DatabaseJson(const VerifiedDatabase& database) {
  const InspectionReport& report = database.report;
  nlohmann::json findings = nlohmann::json::array();
  for (const Finding& finding : report.findings) {
    nlohmann::json one = {
        {"part", NameOf(finding.part)}, {"damage", IsDamage(finding.part)}, {"text", finding.text}};
    if (finding.entry) one["entry"] = finding.entry->value;
    findings.push_back(std::move(one));
  }
  nlohmann::json agreed = nlohmann::json::array();
  for (const RecordedRoot& root : report.agreed_roots) {
    nlohmann::json one = HeadJson(root.head);
    one["recorder"] = root.recorder;
    agreed.push_back(std::move(one));
  }
  nlohmann::json json = HeadJson(report.head);
  json.update({{"name", database.name},
               {"whole", report.is_whole()},
               {"damaged", report.is_damaged()},
               {"origin", report.origin},
               {"records", report.records},
               {"log_bytes", report.log_bytes},
               {"read_bytes", report.read_bytes},
               {"compared_size", report.compared_size.value},
               {"index_versions", report.index_versions},
               {"agreed_roots", std::move(agreed)},
               {"finding_count", report.finding_count},
               {"findings", std::move(findings)},
               {"notes", report.notes},
               {"seconds", static_cast<double>(database.duration_ns) / kNsPerSecond},
               {"entries_per_second", PerSecond(report.head.size.value, database.duration_ns)},
               {"bytes_per_second", PerSecond(report.read_bytes, database.duration_ns)}});
  return json;
}

}  // namespace

std::string VerificationText(const Verification& verification) {
  std::string text;
  if (!verification.fault.empty()) text += Text("DAMAGED: {}\n", verification.fault);
  for (const VerifiedDatabase& database : verification.databases) text += DatabaseText(database);
  text += Text("{}: {}\n", verification.directory,
               verification.is_whole() ? "everything is what it was" : "NOT WHOLE");
  return text;
}

std::string VerificationJson(const Verification& verification) {
  nlohmann::json databases = nlohmann::json::array();
  for (const VerifiedDatabase& database : verification.databases) {
    databases.push_back(DatabaseJson(database));
  }
  nlohmann::json json = {{"directory", verification.directory},
                         {"whole", verification.is_whole()},
                         {"databases", std::move(databases)}};
  if (!verification.fault.empty()) json["fault"] = verification.fault;
  // Names of files may be anything.
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace immudb::server
