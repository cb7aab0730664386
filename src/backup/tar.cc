#include "backup/tar.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "base/check.h"
#include "base/error.h"

namespace immudb::backup {
namespace {

struct Field {
  std::size_t at;
  std::size_t bytes;
};
constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kOwner{108, 8};
constexpr Field kGroup{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kModified{136, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kType{156, 1};
constexpr Field kLink{157, 100};
constexpr Field kMagic{257, 6};
constexpr Field kPrefix{345, 155};
constexpr std::string_view kMagicAndVersion("ustar\00000", 8);
constexpr std::uint8_t kRegular = '0';
constexpr std::uint8_t kBinary = 0x80;
constexpr std::uint64_t kOctalEnd = std::uint64_t{1} << 33;  // Beyond 11 digits.

void PutOctal(TarBlock& block, Field field, std::uint64_t value) {
  for (std::size_t i = field.bytes - 1; i-- > 0; value /= 8) {
    block[field.at + i] = static_cast<std::uint8_t>('0' + value % 8);
  }
}

void PutSize(TarBlock& block, std::uint64_t value) {
  if (value < kOctalEnd) return PutOctal(block, kSize, value);
  for (std::size_t i = kSize.bytes; i-- > 0; value >>= 8) {
    block[kSize.at + i] = static_cast<std::uint8_t>(value);
  }
  block[kSize.at] = kBinary;
}

// Digits, and then blanks or zero bytes.
std::optional<std::uint64_t> GetOctal(const TarBlock& block, Field field) {
  std::uint64_t value = 0;
  std::size_t i = 0;
  while (i < field.bytes && block[field.at + i] >= '0' && block[field.at + i] <= '7') {
    value = value * 8 + (block[field.at + i] - '0');
    ++i;
  }
  if (i == 0) return std::nullopt;
  for (; i < field.bytes; ++i) {
    if (block[field.at + i] != '\0' && block[field.at + i] != ' ') return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> GetSize(const TarBlock& block) {
  if (block[kSize.at] != kBinary) return GetOctal(block, kSize);
  std::uint64_t value = 0;
  for (std::size_t i = 1; i < kSize.bytes; ++i) {
    if (value >> 55 != 0) return std::nullopt;
    value = value << 8 | block[kSize.at + i];
  }
  return value;
}

// Of all bytes, those of the checksum counted as blanks.
std::uint64_t ChecksumOf(TarBlock block) {
  std::fill_n(block.begin() + kChecksum.at, kChecksum.bytes, std::uint8_t{' '});
  return std::accumulate(block.begin(), block.end(), std::uint64_t{0});
}

bool IsZero(const TarBlock& block, Field field) {
  const auto begin = block.begin() + static_cast<std::ptrdiff_t>(field.at);
  return std::all_of(begin, begin + static_cast<std::ptrdiff_t>(field.bytes),
                     [](std::uint8_t byte) { return byte == 0; });
}

Error Refused(std::string_view what) {
  return Fail(Code::kCorrupted, "the archive is no backup: {}", what);
}

}  // namespace

TarBlock EncodeTarHeader(const TarMember& member) {
  IMMUDB_CHECK(!member.name.empty() && member.name.size() < kName.bytes);
  IMMUDB_CHECK(member.bytes >> 63 == 0);
  TarBlock block{};
  std::copy(member.name.begin(), member.name.end(), block.begin());
  PutOctal(block, kMode, 0600);
  PutOctal(block, kOwner, 0);
  PutOctal(block, kGroup, 0);
  PutSize(block, member.bytes);
  const auto modified_s = static_cast<std::uint64_t>(std::max<std::int64_t>(member.modified_s, 0));
  PutOctal(block, kModified, std::min(modified_s, kOctalEnd - 1));
  block[kType.at] = kRegular;
  std::copy(kMagicAndVersion.begin(), kMagicAndVersion.end(), block.begin() + kMagic.at);
  // Six digits, a zero, a blank.
  PutOctal(block, {kChecksum.at, kChecksum.bytes - 1}, ChecksumOf(block));
  block[kChecksum.at + kChecksum.bytes - 1] = ' ';
  return block;
}

Result<std::optional<TarMember>> DecodeTarHeader(const TarBlock& block) {
  if (IsZero(block, {0, kTarBlockBytes})) return std::optional<TarMember>();
  if (GetOctal(block, kChecksum) != std::optional(ChecksumOf(block))) {
    return Refused("a header's checksum is wrong");
  }
  const auto magic = block.begin() + kMagic.at;
  if (!std::equal(magic, magic + 5, kMagicAndVersion.begin())) return Refused("it is no ustar");
  if (block[kType.at] != kRegular) return Refused("it holds something else than regular files");
  if (!IsZero(block, kLink) || !IsZero(block, kPrefix)) return Refused("it holds a long name");
  const auto end = std::find(block.begin(), block.begin() + kName.bytes, std::uint8_t{0});
  const std::optional<std::uint64_t> bytes = GetSize(block);
  const std::optional<std::uint64_t> modified_s = GetOctal(block, kModified);
  if (!bytes || *bytes >> 63 != 0 || !modified_s) return Refused("a number cannot be read");
  return std::optional(TarMember{.name = {block.begin(), end},
                                 .bytes = *bytes,
                                 .modified_s = static_cast<std::int64_t>(*modified_s)});
}

}  // namespace immudb::backup
