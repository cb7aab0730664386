// A user: a name, how his password is recognised, and what he may do in which database.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace immudb::auth {

// Numbers are on the wire and in the users file. Source: immudb 0.8.1.
inline constexpr std::uint32_t kPermissionNone = 0;
inline constexpr std::uint32_t kPermissionRead = 1;
inline constexpr std::uint32_t kPermissionReadWrite = 2;
inline constexpr std::uint32_t kPermissionAdmin = 254;   // Of one database.
inline constexpr std::uint32_t kPermissionSystem = 255;  // Stored for the superadmin only.

// The account that may do everything. Its power comes from its name, as in immudb 0.8.1.
inline constexpr std::string_view kSuperadminName = "immudb";
inline constexpr std::string_view kSuperadminDefaultPassword = "immudb";

struct Grant {
  std::string database;
  std::uint32_t code = kPermissionNone;
  bool operator==(const Grant&) const = default;
};

struct User {
  std::string name;
  std::vector<Grant> grants;
  bool active = true;
  std::string created_by;          // Empty for the superadmin.
  std::int64_t created_at_us = 0;  // Microseconds since 1970-01-01 UTC.
  std::string verifier;            // What crypt(3) makes of the password.
  // Grows with each change of password, rights or activity; sessions of older versions are over.
  std::uint64_t version = 1;

  bool operator==(const User&) const = default;

  bool is_superadmin() const { return name == kSuperadminName; }

  // The code of the first grant for `database`, or kPermissionNone.
  std::uint32_t PermissionFor(std::string_view database) const {
    for (const Grant& grant : grants) {
      if (grant.database == database) return grant.code;
    }
    return kPermissionNone;
  }
};

// What a call needs in the database it works on.
enum class Access : std::uint8_t { kRead, kWrite, kAdmin, kSystem };

// Returns whether a user who holds `code` on a database may make a call that needs `access`.
// Source: the permission table of immudb 0.8.1; codes it does not name give no right.
inline bool Allows(std::uint32_t code, Access access) {
  switch (access) {
    case Access::kRead: return code == kPermissionRead || Allows(code, Access::kWrite);
    case Access::kWrite: return code == kPermissionReadWrite || Allows(code, Access::kAdmin);
    case Access::kAdmin: return code == kPermissionAdmin || Allows(code, Access::kSystem);
    case Access::kSystem: return code == kPermissionSystem;
  }
  return false;
}

}  // namespace immudb::auth
