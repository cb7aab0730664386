#include "catalog/databases_file.h"

#include <array>
#include <cstring>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"
#include "catalog/names.h"

namespace immudb::catalog {
namespace {

constexpr std::string_view kMagic = "IMMUDTBS";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kRecordHeaderBytes = 6;

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kIncompatibleAt = 20;
constexpr std::size_t kCountAt = 24;
constexpr std::size_t kNextFolderAt = 28;

Error Damaged(std::string_view what) {
  return Fail(Code::kCorrupted, "the file databases is damaged: {}", what);
}

Status CheckFrame(BytesView bytes) {
  if (bytes.size() < kHeaderBytes + kChecksumBytes) return Damaged("it is too short");
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return Damaged("it does not begin as such a file does");
  }
  const BytesView covered = bytes.first(bytes.size() - kChecksumBytes);
  if (Crc32c(0, covered) != GetU32(bytes.data() + covered.size())) {
    return Damaged("its checksum does not match");
  }
  if (GetU32(bytes.data() + kVersionAt) != kVersion) {
    return Fail(Code::kUnsupported,
                "the file databases has format version {}; this build reads version {}",
                GetU32(bytes.data() + kVersionAt), kVersion);
  }
  if (GetU32(bytes.data() + kIncompatibleAt) != 0) {
    return Fail(Code::kUnsupported,
                "the file databases uses features that this build does not know");
  }
  return {};
}

}  // namespace

std::string DatabaseFolder(std::uint32_t number) {
  return Text("db-{:08}", number);
}

Bytes EncodeDatabases(const DatabasesFile& file) {
  Bytes out(kHeaderBytes);
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  PutU32(out.data() + kVersionAt, kVersion);
  PutU32(out.data() + kCountAt, static_cast<std::uint32_t>(file.databases.size()));
  PutU32(out.data() + kNextFolderAt, file.next_folder);
  for (const DatabaseRecord& record : file.databases) {
    IMMUDB_CHECK(record.name.size() <= std::numeric_limits<std::uint16_t>::max());
    std::array<std::uint8_t, kRecordHeaderBytes> header{};
    PutU32(header.data(), record.folder);
    PutU16(header.data() + 4, static_cast<std::uint16_t>(record.name.size()));
    out.insert(out.end(), header.begin(), header.end());
    out.insert(out.end(), record.name.begin(), record.name.end());
  }
  std::array<std::uint8_t, kChecksumBytes> checksum{};
  PutU32(checksum.data(), Crc32c(0, out));
  out.insert(out.end(), checksum.begin(), checksum.end());
  return out;
}

Result<DatabasesFile> DecodeDatabases(BytesView bytes) {
  IMMUDB_TRY(CheckFrame(bytes));
  DatabasesFile file;
  file.next_folder = GetU32(bytes.data() + kNextFolderAt);
  const std::uint32_t count = GetU32(bytes.data() + kCountAt);
  BytesView rest = bytes.subspan(kHeaderBytes, bytes.size() - kHeaderBytes - kChecksumBytes);
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
