#include "index/run_format.h"

#include <cstring>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::index {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'i', 'm', 'm', 'u', 'R', 'U', 'N', 0};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderChecksumAt = kBlockBytes - 4;

}  // namespace

std::string RunFileName(std::uint64_t number) {
  return Text("{:08}.run", number);
}

std::uint32_t RunSeed(const LedgerId& ledger, std::uint64_t number) {
  std::array<std::uint8_t, 8> bytes{};
  PutU64(bytes.data(), number);
  return Crc32c(Crc32c(0, ledger), bytes);
}

std::uint64_t HashSeed(const LedgerId& ledger) {
  return GetU64(ledger.data()) ^ GetU64(ledger.data() + 8);
}

Bytes EncodeRunHeader(const LedgerId& ledger, const RunInfo& info) {
  Bytes page(kBlockBytes);
  std::memcpy(&page[0], kMagic.data(), kMagic.size());
  PutU32(&page[8], kVersion);  // Followed by three words of feature bits, all zero.
  std::memcpy(&page[24], ledger.data(), ledger.size());
  PutU64(&page[40], info.number);
  PutU64(&page[48], info.from.value);
  PutU64(&page[56], info.to.value);
  PutU32(&page[kHeaderChecksumAt], Crc32c(0, BytesView(page).first(kHeaderChecksumAt)));
  return page;
}

Status CheckRunHeader(BytesView page, const LedgerId& ledger, const RunInfo& info) {
  if (page.size() != kBlockBytes) return Fail(Code::kCorrupted, "header is cut");
  if (std::memcmp(page.data(), kMagic.data(), kMagic.size()) != 0) {
    return Fail(Code::kCorrupted, "not a run of an index");
  }
  if (GetU32(&page[kHeaderChecksumAt]) != Crc32c(0, page.first(kHeaderChecksumAt))) {
    return Fail(Code::kCorrupted, "checksum of the header is wrong");
  }
  if (GetU32(&page[8]) != kVersion) {
    return Fail(Code::kUnsupported, "run of format version {}", GetU32(&page[8]));
  }
  if (GetU32(&page[16]) != 0 || GetU32(&page[20]) != 0) {
    return Fail(Code::kUnsupported, "run with features this version does not know");
  }
  // Unknown compatible features, at 12, do no harm.
  const bool same = std::memcmp(&page[24], ledger.data(), ledger.size()) == 0 &&
                    GetU64(&page[40]) == info.number && GetU64(&page[48]) == info.from.value &&
                    GetU64(&page[56]) == info.to.value;
  if (!same) return Fail(Code::kCorrupted, "not the run that the manifest names");
  return {};
}

Bytes EncodeRunFooter(const RunFooter& footer, std::uint32_t seed, std::uint32_t number) {
  Bytes block(kBlockBytes);
  PutU64(&block[24], footer.entries);
  PutU64(&block[32], footer.keys);
  PutU32(&block[40], footer.entries_end);
  PutU32(&block[44], footer.last_entries);
  PutU32(&block[48], footer.root);
  PutU32(&block[52], footer.bloom);
  PutU32(&block[56], footer.bloom_lines);
  SealBlock(block, seed, number, BlockType::kFooter);
  return block;
}

Result<RunFooter> DecodeRunFooter(BytesView block, std::uint32_t seed, const RunInfo& info) {
  const std::uint64_t blocks = info.bytes / kBlockBytes;
  if (blocks < 4 || info.bytes % kBlockBytes != 0 || info.bytes > kRunBytesMax) {
    return Fail(Code::kCorrupted, "no run has {} bytes", info.bytes);
  }
  const auto number = static_cast<std::uint32_t>(blocks - 1);
  IMMUDB_TRY(CheckBlock(block, seed, number));
  const RunFooter footer = {.entries = GetU64(&block[24]),
                            .keys = GetU64(&block[32]),
                            .entries_end = GetU32(&block[40]),
                            .last_entries = GetU32(&block[44]),
                            .root = GetU32(&block[48]),
                            .bloom = GetU32(&block[52]),
                            .bloom_lines = GetU32(&block[56])};
  const std::uint64_t bloom_blocks =
      (footer.bloom_lines + kBloomLinesPerBlock - 1) / kBloomLinesPerBlock;
  const bool consistent = block[8] == static_cast<std::uint8_t>(BlockType::kFooter) &&
                          GetU32(block.data()) == info.checksum && footer.entries == info.entries &&
                          footer.keys == info.keys && footer.last_entries >= 1 &&
                          footer.last_entries < footer.entries_end &&
                          footer.root >= footer.entries_end && footer.root < footer.bloom &&
                          footer.bloom_lines > 0 && footer.bloom + bloom_blocks == number;
  if (!consistent) return Fail(Code::kCorrupted, "footer contradicts the manifest");
  return footer;
}

}  // namespace immudb::index
