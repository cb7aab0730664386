#include "catalog/origin.h"

#include "base/error.h"
#include "catalog/names.h"

namespace immudb::catalog {
namespace {

constexpr std::string_view kPrefix = "immudb/";

}  // namespace

std::string OriginText(const Origin& origin) {
  return Text("{}{}/{}", kPrefix, ServerIdText(origin.server), origin.database);
}

Result<Origin> ParseOrigin(std::string_view text) {
  const Error none = Fail(Code::kInvalidArgument, "origin {} names no database of a server", text);
  if (!text.starts_with(kPrefix)) return none;
  text.remove_prefix(kPrefix.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return none;
  const Result<ServerId> server = ParseServerId(text.substr(0, slash));
  Origin origin{.server = server.value_or(ServerId{}),
                .database = std::string(text.substr(slash + 1))};
  const bool is_name =
      origin.database == kSystemDatabase || CheckDatabaseName(origin.database).has_value();
  if (!server || !is_name) return none;
  return origin;
}

}  // namespace immudb::catalog
