#include "catalog/signed_root.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/error.h"
#include "base/file_frame.h"

namespace immudb::catalog {
namespace {

constexpr FileFrame kFrame{
    .name = "the record of the root that was signed last", .magic = "IMMUSIGN", .version = 1};
constexpr std::size_t kSizeBytes = 8;
constexpr std::string_view kSignedRootFile = "signed-root";
constexpr std::uint64_t kSignedRootBytesMax = 4096;

}  // namespace

Bytes EncodeSignedRoot(const TreeHead& head) {
  Bytes out = BeginFramedFile(kFrame);
  std::array<std::uint8_t, kSizeBytes> size{};
  PutU64(size.data(), head.size.value);
  out.insert(out.end(), size.begin(), size.end());
  out.insert(out.end(), head.root.begin(), head.root.end());
  EndFramedFile(out);
  return out;
}

Result<TreeHead> DecodeSignedRoot(BytesView bytes) {
  IMMUDB_ASSIGN(const BytesView body, ReadFramedFile(bytes, kFrame));
  TreeHead head;
  if (body.size() != kSizeBytes + head.root.size()) {
    return Fail(Code::kCorrupted, "{} is damaged: it has another length", kFrame.name);
  }
  head.size = {GetU64(body.data())};
  std::copy_n(body.begin() + kSizeBytes, head.root.size(), head.root.begin());
  return head;
}

Result<std::optional<TreeHead>> ReadSignedRoot(io::FileSystem& files, const std::string& folder) {
  const Result<Bytes> file =
      io::ReadFile(files, io::JoinPath(folder, kSignedRootFile), kSignedRootBytesMax);
  if (!file && file.error().code == Code::kNotFound) return std::optional<TreeHead>();
  if (!file) return file.error();
  IMMUDB_ASSIGN(const TreeHead head, DecodeSignedRoot(*file));
  return std::optional<TreeHead>(head);
}

Status StoreSignedRoot(io::FileSystem& files, const std::string& folder, const TreeHead& head) {
  return io::ReplaceFile(files, io::JoinPath(folder, kSignedRootFile), EncodeSignedRoot(head));
}

}  // namespace immudb::catalog
