#include "backup/backup_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/check.h"
#include "base/error.h"
#include "base/hex.h"
#include "catalog/databases_file.h"
#include "catalog/names.h"
#include "catalog/origin.h"

namespace immudb::backup {
namespace {

constexpr std::string_view kEnding = ".snapshot";
constexpr int kVersion = 1;
constexpr int kIndent = 1;

// defaultdb, others, systemdb, the manifest.
int RankOf(std::string_view name) {
  if (name == kManifestName) return 3;
  if (name == MemberName(catalog::kSystemDatabase, 0)) return 2;
  return name == MemberName(catalog::kDefaultDatabase, 0) ? 0 : 1;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string MemberName(std::string_view database, std::uint32_t number) {
  const bool is_built_in =
      database == catalog::kDefaultDatabase || database == catalog::kSystemDatabase;
  return Text("{}{}", is_built_in ? database : catalog::DatabaseFolder(number), kEnding);
}

bool IsMemberName(std::string_view name) {
  if (RankOf(name) != 1) return true;
  const std::string pattern = MemberName("", 0);
  return std::equal(
      name.begin(), name.end(), pattern.begin(), pattern.end(),
      [](char c, char of_pattern) { return IsDigit(of_pattern) ? IsDigit(c) : c == of_pattern; });
}

bool MemberNameLess(std::string_view a, std::string_view b) {
  return std::tuple(RankOf(a), a) < std::tuple(RankOf(b), b);
}

Result<DatabaseOrder::Place> DatabaseOrder::Next(const ledger::SnapshotManifest& manifest) {
  const Result<catalog::Origin> origin = catalog::ParseOrigin(manifest.meta.origin);
  if (!origin) return Fail(Code::kCorrupted, "{}", origin.error().message);
  const std::string& name = origin->database;
  const bool is_system = name == catalog::kSystemDatabase;
  const bool is_first = manifests_.empty();
  if (is_first != (name == catalog::kDefaultDatabase) || has_system_) {
    return Fail(Code::kCorrupted, "database {} does not stand in its place in the backup", name);
  }
  if (!is_first) {
    IMMUDB_ASSIGN(const catalog::Origin first,
                  catalog::ParseOrigin(manifests_.front().meta.origin));
    if (first.server != origin->server) {
      return Fail(Code::kCorrupted, "database {} is of another server than those before it", name);
    }
  }
  if (!names_.insert(name).second) {
    return Fail(Code::kCorrupted, "database {} is in the backup twice", name);
  }
  if (manifests_.size() >= kDatabasesMax) {
    return Fail(Code::kLimitExceeded, "the backup holds more than {} databases", kDatabasesMax);
  }
  const auto number = static_cast<std::uint32_t>(manifests_.size());
  has_system_ = is_system;
  manifests_.push_back(manifest);
  places_.push_back({.database = name, .number = number, .member = MemberName(name, number)});
  return places_.back();
}

Bytes EncodeBackupManifest(const DatabaseOrder& order) {
  IMMUDB_CHECK(order.is_complete());
  nlohmann::ordered_json databases = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < order.manifests().size(); ++i) {
    const ledger::SnapshotManifest& manifest = order.manifests()[i];
    databases.push_back({{"database", order.places()[i].database},
                         {"file", order.places()[i].member},
                         {"origin", manifest.meta.origin},
                         {"ledger", ToHex(manifest.meta.ledger.bytes)},
                         {"size", manifest.head.size.value},
                         {"root", ToHex(manifest.head.root)},
                         {"log_bytes", manifest.log_bytes},
                         {"taken_us", manifest.taken_us},
                         {"public_key", ToHex(manifest.public_key)},
                         {"signature", ToHex(manifest.signature)}});
  }
  const nlohmann::ordered_json backup = {{"immudb_backup", kVersion}, {"databases", databases}};
  const std::string text = backup.dump(kIndent) + "\n";
  return {text.begin(), text.end()};
}

}  // namespace immudb::backup
