#include "catalog/databases_file.h"

#include <array>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/file_frame.h"
#include "catalog/names.h"

namespace immudb::catalog {
namespace {

constexpr FileFrame kFrame{.name = "the file databases", .magic = "IMMUDTBS", .version = 1};
constexpr std::size_t kOwnHeaderBytes = 8;  // The count of records, and the next folder.
constexpr std::size_t kNextFolderAt = 4;
constexpr std::size_t kRecordHeaderBytes = 6;

Error Damaged(std::string_view what) {
  return Fail(Code::kCorrupted, "the file databases is damaged: {}", what);
}

}  // namespace

std::string DatabaseFolder(std::uint32_t number) {
  return Text("db-{:08}", number);
}

Bytes EncodeDatabases(const DatabasesFile& file) {
  Bytes out = BeginFramedFile(kFrame);
  std::array<std::uint8_t, kOwnHeaderBytes> own{};
  PutU32(own.data(), static_cast<std::uint32_t>(file.databases.size()));
  PutU32(own.data() + kNextFolderAt, file.next_folder);
  out.insert(out.end(), own.begin(), own.end());
  for (const DatabaseRecord& record : file.databases) {
    IMMUDB_CHECK(record.name.size() <= std::numeric_limits<std::uint16_t>::max());
    std::array<std::uint8_t, kRecordHeaderBytes> header{};
    PutU32(header.data(), record.folder);
    PutU16(header.data() + 4, static_cast<std::uint16_t>(record.name.size()));
    out.insert(out.end(), header.begin(), header.end());
    out.insert(out.end(), record.name.begin(), record.name.end());
  }
  EndFramedFile(out);
  return out;
}

Result<DatabasesFile> DecodeDatabases(BytesView bytes) {
  IMMUDB_ASSIGN(const BytesView body, ReadFramedFile(bytes, kFrame));
  if (body.size() < kOwnHeaderBytes) return Damaged("it is too short");
  DatabasesFile file;
  file.next_folder = GetU32(body.data() + kNextFolderAt);
  const std::uint32_t count = GetU32(body.data());
  BytesView rest = body.subspan(kOwnHeaderBytes);
  std::set<std::string> names;
  std::set<std::uint32_t> folders;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (rest.size() < kRecordHeaderBytes) return Damaged("a record is cut off");
    DatabaseRecord record;
    record.folder = GetU32(rest.data());
    const std::size_t name_bytes = GetU16(rest.data() + 4);
    rest = rest.subspan(kRecordHeaderBytes);
    if (rest.size() < name_bytes) return Damaged("a name is cut off");
    record.name.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(name_bytes));
    rest = rest.subspan(name_bytes);
    if (!CheckDatabaseName(record.name)) return Damaged("a name is none that a database can have");
    if (record.folder >= file.next_folder) return Damaged("a folder's number is not given out yet");
    if (!names.insert(record.name).second) return Damaged("a name stands there twice");
    if (!folders.insert(record.folder).second) return Damaged("a folder stands there twice");
    file.databases.push_back(std::move(record));
  }
  if (!rest.empty()) return Damaged("bytes follow the last record");
  return file;
}

}  // namespace immudb::catalog
