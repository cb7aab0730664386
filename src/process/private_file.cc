#include "process/private_file.h"

#include <sys/stat.h>

#include <utility>

#include "base/error.h"
#include "base/wipe.h"
#include "process/small_file.h"

namespace immudb::process {
namespace {

constexpr SmallFileKind kKind{.name = "file", .bytes_max = 64 << 10};

}  // namespace

Status CheckPrivateFile(const std::string& path) {
  IMMUDB_ASSIGN(std::string text, ReadPrivateFile(path));
  WipeAndClear(text);
  return {};
}

Result<std::string> ReadPrivateFile(const std::string& path) {
  IMMUDB_ASSIGN(SmallFile file, ReadSmallFile(kKind, path));
  const bool is_private = file.strangers_mode == 0 && (file.group_mode & S_IWOTH) == 0;
  if (is_private) return std::move(file.text);
  return Fail(Code::kDenied,
              "file {}: other users can read or change it; chmod 600 makes it private", path);
}

}  // namespace immudb::process
