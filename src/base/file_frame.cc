#include "base/file_frame.h"

#include <cstring>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb {
namespace {

constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kIncompatibleFeaturesAt = 20;

Error Damaged(const FileFrame& frame, std::string_view what) {
  return Fail(Code::kCorrupted, "{} is damaged: {}", frame.name, what);
}

}  // namespace

Bytes BeginFramedFile(const FileFrame& frame) {
  IMMUDB_CHECK(frame.magic.size() == kMagicBytes);
  Bytes file(kFrameHeaderBytes);
  std::memcpy(file.data(), frame.magic.data(), kMagicBytes);
  PutU32(file.data() + kVersionAt, frame.version);
  return file;
}

void EndFramedFile(Bytes& file) {
  const std::uint32_t checksum = Crc32c(0, file);
  file.resize(file.size() + kFrameTrailerBytes);
  PutU32(file.data() + file.size() - kFrameTrailerBytes, checksum);
}

Result<BytesView> ReadFramedFile(BytesView file, const FileFrame& frame) {
  IMMUDB_CHECK(frame.magic.size() == kMagicBytes);
  if (file.size() < kFrameHeaderBytes + kFrameTrailerBytes) {
    return Damaged(frame, "it is too short");
  }
  if (std::memcmp(file.data(), frame.magic.data(), kMagicBytes) != 0) {
    return Damaged(frame, "it does not begin as such a file does");
  }
  const BytesView covered = file.first(file.size() - kFrameTrailerBytes);
  if (Crc32c(0, covered) != GetU32(file.data() + covered.size())) {
    return Damaged(frame, "its checksum does not match");
  }
  const std::uint32_t version = GetU32(file.data() + kVersionAt);
  if (version != frame.version) {
    return Fail(Code::kUnsupported, "{} has format version {}; this build reads version {}",
                frame.name, version, frame.version);
  }
  if (GetU32(file.data() + kIncompatibleFeaturesAt) != 0) {
    return Fail(Code::kUnsupported, "{} uses features that this build does not know", frame.name);
  }
  return covered.subspan(kFrameHeaderBytes);
}

}  // namespace immudb
