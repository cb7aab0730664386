#include "process/config_edit.h"

#include <cstdint>

#include "base/error.h"
#include "process/config_file.h"

namespace immudb::process {
namespace {

constexpr std::uint64_t kFileBytesMax = 1 << 20;

// Where line `number`, from 1, begins in `text`.
std::size_t BeginOfLine(std::string_view text, unsigned number) {
  std::size_t begin = 0;
  for (unsigned line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) return text.size();
    begin = end + 1;
  }
  return begin;
}

bool DifferOnlyIn(std::string_view option, FileValues before, FileValues after) {
  before.erase(std::string(option));
  after.erase(std::string(option));
  if (before.size() != after.size()) return false;
  for (const auto& [name, value] : before) {
    const auto found = after.find(name);
    if (found == after.end() || found->second.text != value.text) return false;
  }
  return true;
}

}  // namespace

Result<std::string> WithSetting(const Program& program, const std::string& path,
                                std::string_view text, std::string_view option, bool value) {
  IMMUDB_ASSIGN(const FileValues before, ParseConfig(program, path, text));
  const std::string line = Text("{} = {}", option, value);
  std::string changed(text);
  const auto found = before.find(option);
  if (found == before.end()) {
    changed.insert(0, line + "\n");
  } else {
    const std::size_t begin = BeginOfLine(text, found->second.line);
    std::size_t end = text.find_first_of("\r\n", begin);
    if (end == std::string_view::npos) end = text.size();
    changed.replace(begin, end - begin, line);
  }
  const Result<FileValues> after = ParseConfig(program, path, changed);
  if (!after || !DifferOnlyIn(option, before, *after)) {
    return Fail(Code::kUnsupported, "{}: key \"{}\": cannot be changed by itself", path, option);
  }
  return changed;
}

Status StoreSetting(io::FileSystem& files, const Program& program, const std::string& path,
                    std::string_view option, bool value) {
  IMMUDB_ASSIGN(const Bytes bytes, io::ReadFile(files, path, kFileBytesMax));
  const std::string text(bytes.begin(), bytes.end());
  IMMUDB_ASSIGN(const std::string changed, WithSetting(program, path, text, option, value));
  return io::ReplaceFile(files, path, AsBytes(changed));
}

}  // namespace immudb::process
