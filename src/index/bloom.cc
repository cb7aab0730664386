#include "index/bloom.h"

#include "base/encoding.h"

namespace immudb::index {
namespace {

constexpr int kProbes = 6;
constexpr std::uint32_t kProbeStep = 0x9e3779b1;

// The top nine bits choose one of the line's 512 bits.
std::uint32_t BitOf(std::uint32_t probe) {
  return probe >> 23;
}

}  // namespace

std::uint64_t BloomLines(std::uint64_t keys) {
  return keys * kBloomBitsPerKey / (kBloomLineBytes * 8) + 1;
}

bool BloomLineMayContain(const std::uint8_t* line, std::uint64_t hash) {
  auto probe = static_cast<std::uint32_t>(hash);
  for (int i = 0; i < kProbes; i++, probe *= kProbeStep) {
    const std::uint32_t bit = BitOf(probe);
    if (((line[bit / 8] >> (bit % 8)) & 1) == 0) return false;
  }
  return true;
}

Bloom::Bloom(std::uint64_t keys) : lines_(BloomLines(keys)), bits_(lines_ * kBloomLineBytes) {}

void Bloom::Add(std::uint64_t hash) {
  std::uint8_t* line = &bits_[BloomLineOf(hash, lines_) * kBloomLineBytes];
  auto probe = static_cast<std::uint32_t>(hash);
  for (int i = 0; i < kProbes; i++, probe *= kProbeStep) {
    const std::uint32_t bit = BitOf(probe);
    line[bit / 8] = static_cast<std::uint8_t>(line[bit / 8] | (1u << (bit % 8)));
  }
}

}  // namespace immudb::index
