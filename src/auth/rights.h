// Who may do what to whom: the rules of user management. Decisions only.
//
// immudb 0.8.1 trusted a field that every change overwrote, so that an administrator of any one
// database could become the superadmin. Here who created a user never changes, nobody but the
// superadmin touches the superadmin, and nobody reaches a user whose rights go beyond his own.

#pragma once

#include <cstdint>
#include <vector>

#include "auth/user.h"

namespace immudb::auth {

// Whether the code is one that a user can be given.
inline bool IsAssignable(std::uint32_t code) {
  return code == kPermissionRead || code == kPermissionReadWrite || code == kPermissionAdmin;
}

// Whether `user` is the administrator of some database.
inline bool AdministersAny(const User& user) {
  for (const Grant& grant : user.grants) {
    if (user.PermissionFor(grant.database) == kPermissionAdmin) return true;
  }
  return false;
}

// Whether `actor`, who is not the superadmin, may reset the password of `target` or switch him on
// and off: he created him, and administers every database that the target has a right on, which is
// none that an administrator has not. Whoever sets a password can use it.
inline bool MayManage(const User& actor, const User& target) {
  if (target.is_superadmin() || target.created_by != actor.name) return false;
  for (const Grant& grant : target.grants) {
    if (actor.PermissionFor(grant.database) != kPermissionAdmin) return false;
    if (grant.code == kPermissionSystem) return false;
  }
  return true;
}

// `target` as `actor`, the administrator of `database`, sees him in a list: rights on databases
// that he does not administer are nobody's business.
inline User AsSeenBy(const User& actor, const User& target) {
  User seen = target;
  if (actor.name == target.name) return seen;
  std::erase_if(seen.grants, [&actor](const Grant& grant) {
    return actor.PermissionFor(grant.database) != kPermissionAdmin;
  });
  return seen;
}

}  // namespace immudb::auth
