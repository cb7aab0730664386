// The table of rights in tests/data/rights.txt, and how the service says that a caller lacks one.

#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "rpc/status.h"

namespace immudb::api {

// The columns of the table.
enum Role : std::size_t {
  kStranger,
  kNone,
  kReader,
  kWriter,
  kAdmin,
  kSystem,
  kSuperadmin,
  kRoles
};
inline constexpr std::array<const char*, kRoles> kRoleNames = {
    "stranger", "none", "reader", "writer", "admin", "system", "immudb"};
inline constexpr std::array<std::uint32_t, kRoles> kRoleCodes = {0, 0, 1, 2, 254, 255, 0};

struct RightsRow {
  std::string call;
  std::string about;
  std::array<bool, kRoles> may{};
};

inline std::vector<RightsRow> ReadRightsTable() {
  std::ifstream file(IMMUDB_SOURCE_DIR "/tests/data/rights.txt");
  std::vector<RightsRow> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    RightsRow row;
    words >> row.call >> row.about;
    for (bool& may : row.may) {
      std::string word;
      words >> word;
      EXPECT_TRUE(word == "yes" || word == "-") << line;
      may = word == "yes";
    }
    rows.push_back(row);
  }
  return rows;
}

// Every way of the service to say that the caller lacks a right.
inline bool IsWantOfRight(const rpc::RpcStatus& status) {
  static const std::set<std::string> texts = {
      "please login first",
      "please login",
      "Please login",
      "invalid token",
      "no Authorization header found on request",
      "could not get loggedin user data",
      "please select a database first",
      "you do not have permission for this operation",
      "Logged In user does not have permissions for this operation",
      "you do not have permission on this database",
      "user is not system admin nor admin in any of the databases",
      "Logged in user does not have permission on this database",
      "this database can not be selected",
      "this database can not be assigned",
      "database systemdb does not exist",
      "changing your own status is not allowed",
      "old password is incorrect"};
  return texts.contains(status.message) ||
         status.message.ends_with("was not found or it was not created by you") ||
         status.message.ends_with("was not created by you");
}

}  // namespace immudb::api
