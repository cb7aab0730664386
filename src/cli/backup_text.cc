#include "cli/backup_text.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/hex.h"
#include "crypto/sha256.h"

namespace immudb::cli {
namespace {

using Json = nlohmann::ordered_json;

Json HeadJson(const std::string& name, const TreeHead& head) {
  return {{"database", name}, {"size", head.size.value}, {"root", ToHex(head.root)}};
}

std::string HeadText(const std::string& name, const TreeHead& head) {
  return Text("  {}: {} entries, root {}", name, head.size.value, ToHex(head.root));
}

}  // namespace

BackupReport ReportOf(const backup::BackupWriter& writer, std::string path) {
  BackupReport report{
      .path = std::move(path), .databases = {}, .digest = writer.digest(), .signer = {}};
  const backup::DatabaseOrder& order = writer.order();
  for (std::size_t i = 0; i < order.places().size(); ++i) {
    const ledger::SnapshotManifest& manifest = order.manifests()[i];
    report.databases.push_back({.name = order.places()[i].database, .head = manifest.head});
    if (!manifest.signature.empty()) report.signer = ToHex(crypto::Sha256(manifest.public_key));
  }
  return report;
}

std::string BackupText(const BackupReport& report, const Style& style) {
  if (style.form == OutputForm::kJson) {
    Json databases = Json::array();
    for (const auto& [name, head] : report.databases) databases.push_back(HeadJson(name, head));
    Json object = {
        {"backup", report.path}, {"digest", ToHex(report.digest)}, {"databases", databases}};
    if (!report.signer.empty()) object["signer"] = report.signer;
    return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  std::string text = Text("Digest: {}\n", ToHex(report.digest));
  for (const auto& [name, head] : report.databases) text += HeadText(name, head) + "\n";
  text += report.signer.empty() ? "Not signed.\n" : Text("Signed with key {}\n", report.signer);
  return text + "Keep the digest elsewhere: restore --expect DIGEST accepts this backup only.\n";
}

std::string RestorationText(const backup::RestoredBackup& restored, std::string_view source,
                            std::string_view replaced, const Style& style) {
  if (style.form == OutputForm::kJson) {
    Json databases = Json::array();
    for (const backup::RestoredDatabase& database : restored.databases) {
      Json object = HeadJson(database.name, database.head);
      object["taken_us"] = database.taken_us;
      object["state"] = backup::VouchText(database.vouch);
      databases.push_back(object);
    }
    Json object = {{"restored", source},
                   {"server", restored.server_id},
                   {"digest", ToHex(restored.digest)},
                   {"databases", databases}};
    if (restored.signer) object["signer"] = ToHex(*restored.signer);
    if (!replaced.empty()) object["replaced"] = replaced;
    return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  std::string text = Text("Digest: {}\n", ToHex(restored.digest));
  bool is_vouched = true;
  for (const backup::RestoredDatabase& database : restored.databases) {
    is_vouched = is_vouched && database.vouch != backup::Vouch::kNone;
    text +=
        Text("{}: {}\n", HeadText(database.name, database.head), backup::VouchText(database.vouch));
  }
  if (is_vouched) return text;
  text +=
      "unverified: the backup is whole, and nothing says that it is the right one; --expect "
      "compares it with a digest or with roots that were kept elsewhere\n";
  if (restored.signer) {
    text += Text("it is signed with key {}, for which --server-key would vouch\n",
                 ToHex(*restored.signer));
  }
  return text;
}

Status CheckDataFolder(std::string_view directory, std::string_view act) {
  const std::filesystem::path path = std::filesystem::path(directory).lexically_normal();
  std::error_code ignored;
  const bool is_current = std::filesystem::equivalent(path, ".", ignored);
  if (is_current || LastPart(directory).empty() || LastPart(directory) == "..") {
    return Fail(Code::kInvalidArgument,
                "cannot {} the current directory or one without a name, please specify a "
                "subdirectory, for example ./data",
                act);
  }
  return {};
}

std::string LastPart(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::filesystem::path(path).filename().string();
}

std::string SystemUserText() {
  const ::uid_t uid = ::geteuid();
  ::passwd entry{};
  ::passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return Text("uid {}", uid);
  }
  return Text("uid {} ({})", uid, static_cast<const char*>(entry.pw_name));
}

Error OfTheFolder(Error error) {
  if (error.code == Code::kUnavailable) error.code = Code::kConflict;
  return error;
}

}  // namespace immudb::cli
