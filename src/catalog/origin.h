// The origin of a database's ledger: which server made it, under which name. It is in the ledger's
// meta file and never changes.

#pragma once

#include <string>
#include <string_view>

#include "catalog/server_id.h"
#include "immudb/result.h"

namespace immudb::catalog {

struct Origin {
  ServerId server{};
  std::string database;
  bool operator==(const Origin&) const = default;
};

// `immudb/00000000000000000000/defaultdb`
std::string OriginText(const Origin& origin);

// Errors: kInvalidArgument if no server calls a ledger so: the name, too, is one that a database
// may have.
Result<Origin> ParseOrigin(std::string_view text);

}  // namespace immudb::catalog
