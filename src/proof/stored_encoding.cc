#include "proof/stored_encoding.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::proof {
namespace {

constexpr std::string_view kSeparator = "_~|IMMU|~_";
constexpr std::size_t kScoreBytes = 8;
constexpr std::size_t kIndexBytes = 8;
constexpr std::size_t kTargetSuffixBytes = kIndexBytes + 1;
constexpr std::uint8_t kWithoutIndex = 0;
constexpr std::uint8_t kWithIndex = 1;

void Append(Bytes& out, BytesView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void AppendBigU64(Bytes& out, std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  PutBigU64(bytes.data(), value);
  Append(out, bytes);
}

void AppendTarget(Bytes& out, const TargetView& target) {
  Append(out, target.key);
  AppendBigU64(out, target.index.value_or(LeafIndex{}).value);
  out.push_back(target.index.has_value() ? kWithIndex : kWithoutIndex);
}

bool StartsWith(BytesView bytes, BytesView prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

}  // namespace

Bytes EncodeTarget(const TargetView& target) {
  Bytes value;
  value.reserve(target.key.size() + kTargetSuffixBytes);
  AppendTarget(value, target);
  return value;
}

Result<TargetView> DecodeTarget(BytesView value) {
  if (value.size() < kTargetSuffixBytes) {
    return Fail(Code::kCorrupted, "a stored reference is too short");
  }
  const std::size_t key_bytes = value.size() - kTargetSuffixBytes;
  const std::uint64_t index = GetBigU64(value.data() + key_bytes);
  const std::uint8_t flag = value.back();
  if (flag == kWithIndex) return TargetView{value.first(key_bytes), LeafIndex{index}};
  if (flag == kWithoutIndex && index == 0) return TargetView{value.first(key_bytes), std::nullopt};
  return Fail(Code::kCorrupted, "a stored reference has an unknown form");
}

void ReplaceTargetIndex(std::span<std::uint8_t> encoded, LeafIndex index) {
  IMMUDB_CHECK(encoded.size() >= kTargetSuffixBytes);
  PutBigU64(encoded.data() + encoded.size() - kTargetSuffixBytes, index.value);
}

Bytes EncodeSetPrefix(BytesView set) {
  Bytes prefix;
  prefix.reserve(2 * kSeparator.size() + set.size());
  Append(prefix, AsBytes(kSeparator));
  Append(prefix, set);
  Append(prefix, AsBytes(kSeparator));
  return prefix;
}

Bytes EncodeSetScorePrefix(BytesView set, double score) {
  Bytes prefix = EncodeSetPrefix(set);
  AppendBigU64(prefix, std::bit_cast<std::uint64_t>(score));
  return prefix;
}

Bytes EncodeSetKey(BytesView set, double score, const TargetView& target) {
  Bytes key = EncodeSetScorePrefix(set, score);
  AppendTarget(key, target);
  return key;
}

bool IsOfThisSetOnly(BytesView set, BytesView stored) {
  const std::string_view text(reinterpret_cast<const char*>(stored.data()), stored.size());
  const std::size_t name_end = kSeparator.size() + set.size();
  return text.find(kSeparator, kSeparator.size()) == name_end &&
         text.find(kSeparator, name_end + 1) == std::string_view::npos;
}

Result<SetMemberView> DecodeSetKey(BytesView set, BytesView stored) {
  const Bytes prefix = EncodeSetPrefix(set);
  if (!StartsWith(stored, prefix) || stored.size() < prefix.size() + kScoreBytes) {
    return Fail(Code::kCorrupted, "a stored key is not one of its sorted set");
  }
  const BytesView rest = stored.subspan(prefix.size());
  const auto score = std::bit_cast<double>(GetBigU64(rest.data()));
  IMMUDB_ASSIGN(const TargetView target, DecodeTarget(rest.subspan(kScoreBytes)));
  return SetMemberView{score, target};
}

}  // namespace immudb::proof
