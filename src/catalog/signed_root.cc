#include "catalog/signed_root.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::catalog {
namespace {

constexpr std::string_view kMagic = "IMMUSIGN";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kSizeAt = 16;
constexpr std::size_t kRootAt = 24;
constexpr std::size_t kChecksumAt = kRootAt + sizeof(Digest);
constexpr std::size_t kFileBytes = kChecksumAt + 4;

}  // namespace

Bytes EncodeSignedRoot(const TreeHead& head) {
  Bytes out(kFileBytes);
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  PutU32(out.data() + kVersionAt, kVersion);
  PutU64(out.data() + kSizeAt, head.size.value);
  std::copy(head.root.begin(), head.root.end(), out.begin() + kRootAt);
  PutU32(out.data() + kChecksumAt, Crc32c(0, BytesView(out).first(kChecksumAt)));
  return out;
}

Result<TreeHead> DecodeSignedRoot(BytesView bytes) {
  if (bytes.size() != kFileBytes || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0 ||
      GetU32(bytes.data() + kChecksumAt) != Crc32c(0, bytes.first(kChecksumAt))) {
    return Fail(Code::kCorrupted, "the record of the root that was signed last is damaged");
  }
  if (GetU32(bytes.data() + kVersionAt) != kVersion) {
    return Fail(Code::kUnsupported,
                "the record of the root that was signed last has format version {}; this build "
                "reads version {}",
                GetU32(bytes.data() + kVersionAt), kVersion);
  }
  TreeHead head;
  head.size = {GetU64(bytes.data() + kSizeAt)};
  std::copy_n(bytes.begin() + kRootAt, head.root.size(), head.root.begin());
  return head;
}

}  // namespace immudb::catalog
