#include "api/users.h"

#include <string>
#include <utility>

#include "auth/user.h"
#include "base/error.h"
#include "base/log.h"
#include "catalog/audit_event.h"

namespace immudb::api {
namespace {

Status CreateSuperadmin(auth::UserRegistry& users, const auth::PasswordHasher& hasher,
                        const Clock& clock, std::string_view password) {
  auth::User user;
  user.name = auth::kSuperadminName;
  user.grants = {{.database = "*", .code = auth::kPermissionSystem}};
  user.created_at_us = clock.NowUnixUs();
  IMMUDB_ASSIGN(user.verifier, hasher.Hash(password));
  IMMUDB_TRY(users.Create(std::move(user)));
  Log(LogLevel::kInfo, "Admin user {} successfully created", auth::kSuperadminName);
  return {};
}

}  // namespace

Result<std::unique_ptr<auth::UserRegistry>> OpenUsers(catalog::Catalog& catalog,
                                                      const auth::PasswordHasher& hasher,
                                                      const Clock& clock,
                                                      std::string_view first_password) {
  auto users = std::make_unique<auth::UserRegistry>(
      [&catalog](BytesView file) { return catalog.StoreUsers(file); });
  if (catalog.users_file()) {
    IMMUDB_TRY(users->Load(*catalog.users_file()));
  } else {
    IMMUDB_TRY(CreateSuperadmin(*users, hasher, clock, first_password));
  }
  // The file comes first and the event second: the event is what shows that a first start was
  // completed, so if it is missing it is still to be written.
  if (catalog.audit_trail_is_empty()) {
    IMMUDB_TRY(catalog.audit().AppendAndWait({.kind = catalog::EventKind::kUserCreated,
                                              .actor = "",
                                              .subject = std::string(auth::kSuperadminName),
                                              .address = "",
                                              .reason = ""}));
  }
  return users;
}

}  // namespace immudb::api
