#include "backup/backup_format.h"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "catalog/origin.h"

namespace immudb::backup {
namespace {

constexpr char kServer[] = "c7s9k0c4l8o0q3g1b2a0";

ledger::SnapshotManifest ManifestOf(const std::string& server, const std::string& database) {
  ledger::SnapshotManifest manifest;
  manifest.meta.origin = "immudb/" + server + "/" + database;
  return manifest;
}

// Whether the databases, in this order, are those of a backup.
bool IsOrder(const std::vector<std::string>& databases) {
  DatabaseOrder order;
  for (const std::string& database : databases) {
    if (!order.Next(ManifestOf(kServer, database))) return false;
  }
  return order.is_complete();
}

TEST(BackupFormatTest, DatabasesHaveTheirPlaces) {
  EXPECT_TRUE(IsOrder({"defaultdb", "systemdb"}));
  EXPECT_TRUE(IsOrder({"defaultdb", "b", "a", "systemdb"}));
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"defaultdb"},
                                                {"systemdb"},
                                                {"systemdb", "defaultdb"},
                                                {"a", "defaultdb", "systemdb"},
                                                {"defaultdb", "a", "a", "systemdb"},
                                                {"defaultdb", "defaultdb", "systemdb"},
                                                {"defaultdb", "systemdb", "a"},
                                                {"defaultdb", "systemdb", "systemdb"},
                                                {"defaultdb", "../a", "systemdb"}}) {
    EXPECT_FALSE(IsOrder(wrong)) << wrong.size();
  }
  DatabaseOrder order;
  ASSERT_TRUE(order.Next(ManifestOf(kServer, "defaultdb")));
  EXPECT_FALSE(order.Next(ManifestOf("00000000000000000000", "a"))) << "of another server";
}

TEST(BackupFormatTest, NamesFollowFromPlaces) {
  EXPECT_EQ(MemberName("defaultdb", 0), "defaultdb.snapshot");
  EXPECT_EQ(MemberName("any", 12), "db-00000012.snapshot");
  for (const char* name :
       {"defaultdb.snapshot", "systemdb.snapshot", "db-00000012.snapshot", "manifest.json"}) {
    EXPECT_TRUE(IsMemberName(name)) << name;
  }
  for (const char* name : {"", "other", "db-1.snapshot", "db-000000123.snapshot",
                           "../manifest.json", "db-0000001x.snapshot", "manifest.json.partial"}) {
    EXPECT_FALSE(IsMemberName(name)) << name;
  }
  EXPECT_TRUE(MemberNameLess("defaultdb.snapshot", "db-00000001.snapshot"));
  EXPECT_TRUE(MemberNameLess("db-00000001.snapshot", "db-00000002.snapshot"));
  EXPECT_TRUE(MemberNameLess("db-00000002.snapshot", "systemdb.snapshot"));
  EXPECT_TRUE(MemberNameLess("systemdb.snapshot", "manifest.json"));
  EXPECT_FALSE(MemberNameLess("manifest.json", "manifest.json"));
}

// The block ```json of docs/formats/backup.md.
std::string ReadExample() {
  std::ifstream file(std::string(IMMUDB_SOURCE_DIR) + "/docs/formats/backup.md");
  std::string text;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = line == "```json";
    } else if (inside) {
      text += line + "\n";
    }
  }
  return text;
}

TEST(BackupFormatTest, TheManifestIsAsItsPageShows) {
  ledger::SnapshotManifest first = ManifestOf(kServer, "defaultdb");
  std::iota(first.meta.ledger.bytes.begin(), first.meta.ledger.bytes.end(), std::uint8_t{0});
  first.head.size = {3};
  first.head.root.fill(0xab);
  first.log_bytes = 208;
  first.taken_us = 1'700'000'000'000'000;
  ledger::SnapshotManifest second = ManifestOf(kServer, "systemdb");
  second.meta.ledger = first.meta.ledger;
  second.meta.ledger.bytes.back() = 0x10;
  second.head.size = {1};
  second.head.root.fill(0xcd);
  second.log_bytes = 104;
  second.taken_us = 1'700'000'000'000'001;
  second.public_key = {0x0a, 0x0b};
  second.signature = {0x0c};
  DatabaseOrder order;
  ASSERT_TRUE(order.Next(first));
  ASSERT_TRUE(order.Next(second));
  const Bytes bytes = EncodeBackupManifest(order);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), ReadExample());
}

}  // namespace
}  // namespace immudb::backup
