// The method table: which calls there are, what each needs, and who answers it. The one place to
// look for who may call what; a call without a row does not exist.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "api/environment.h"
#include "rpc/call.h"

namespace immudb::api {

inline constexpr std::string_view kServiceName = "immudb.schema.ImmuService";
inline constexpr std::string_view kAdminServiceName = "immudb.admin.v1.AdminService";

// What a caller must show. Those that work on a database are checked before the handler runs.
enum class Need : std::uint8_t {
  kNothing,    // Open to everybody.
  kOwnChecks,  // The handler asks for a token itself, for its refusals are its own.
  kRead,
  kWrite,
  kAdmin,
  kSystem,
};

struct MethodRow {
  std::string_view name;
  Need need;
  rpc::MethodKind kind;
  void (*run)(const MethodRow& row, Environment& environment, std::shared_ptr<rpc::Call> call);
};

// The calls of immudb.schema.ImmuService.
std::span<const MethodRow> MethodTable();
// Those of immudb.admin.v1.AdminService.
std::span<const MethodRow> AdminTable();

}  // namespace immudb::api
