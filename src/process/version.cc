#include "process/version.h"

#include "base/error.h"

namespace immudb::process {
namespace {

std::string Line(std::string_view label, std::string_view value) {
  return value.empty() ? std::string() : Text("\n{:<8}: {}", label, value);
}

}  // namespace

std::string ShortVersionText(std::string_view program) {
  return Text("{} {}", program, IMMUDB_VERSION);
}

std::string VersionText(std::string_view program) {
  return ShortVersionText(program) + Line("Commit", IMMUDB_COMMIT) +
         Line("Built by", IMMUDB_BUILT_BY) + Line("Built at", IMMUDB_BUILT_AT);
}

}  // namespace immudb::process
