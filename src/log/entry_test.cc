#include "log/entry.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/encoding.h"

namespace immudb::log {
namespace {

struct Raw {
  std::uint8_t kind = 1;
  std::uint8_t flags = 0;
  std::uint16_t reserved = 0;
  Bytes key;
  Bytes extension;
  Bytes value;
};

// A transcription of the page docs/formats/log.md, apart from the code under test.
Bytes Frame(const Raw& raw, std::uint64_t index) {
  Bytes bytes(20);
  bytes[0] = raw.kind;
  bytes[1] = raw.flags;
  PutU16(bytes.data() + 2, static_cast<std::uint16_t>(raw.key.size()));
  PutU16(bytes.data() + 4, static_cast<std::uint16_t>(raw.extension.size()));
  PutU16(bytes.data() + 6, raw.reserved);
  PutU32(bytes.data() + 8, static_cast<std::uint32_t>(raw.value.size()));
  PutU32(bytes.data() + 12, Crc32c(0, raw.value));
  Bytes place(8);
  PutU64(place.data(), index);
  std::uint32_t crc = Crc32c(Crc32c(0, place), BytesView(bytes).first(16));
  crc = Crc32c(Crc32c(crc, raw.key), raw.extension);
  PutU32(bytes.data() + 16, crc);
  for (const Bytes* part : {&raw.key, &raw.extension, &raw.value}) {
    bytes.insert(bytes.end(), part->begin(), part->end());
  }
  return bytes;
}

TEST(EntryTest, IsFramedAsThePageSays) {
  for (const EntryKind kind :
       {EntryKind::kSet, EntryKind::kReference, EntryKind::kSortedSetEntry}) {
    for (const std::size_t key_bytes : {0u, 1u, 300u, 65'000u}) {
      for (const std::size_t value_bytes : {0u, 1u, 70'000u}) {
        const Raw raw{.kind = static_cast<std::uint8_t>(kind),
                      .flags = 1,
                      .key = Bytes(key_bytes, 'k'),
                      .extension = {},
                      .value = Bytes(value_bytes, 'v')};
        Bytes framed = {9, 9};  // Whatever stands before.
        AppendEntry(framed, kind, raw.key, raw.value);
        framed.erase(framed.begin(), framed.begin() + 2);
        EXPECT_EQ(FinishEntry(framed, {77}, LastOfBatch::kYes), framed.size());
        EXPECT_EQ(framed, Frame(raw, 77));
        const auto entry = DecodeEntry(framed, {77});
        ASSERT_TRUE(entry.has_value());
        EXPECT_EQ(entry->kind, kind);
        EXPECT_TRUE(entry->last_of_batch);
        EXPECT_TRUE(
            std::equal(entry->key.begin(), entry->key.end(), raw.key.begin(), raw.key.end()));
        EXPECT_TRUE(std::equal(entry->value.begin(), entry->value.end(), raw.value.begin(),
                               raw.value.end()));
        EXPECT_EQ(entry->framed_bytes, framed.size());
        EXPECT_EQ(DecodeEntry(framed, {78}).error().code, Code::kCorrupted);
      }
    }
  }
}

TEST(EntryTest, AnUnknownKindFlagOrCriticalExtensionIsUnsupportedAndNotDamage) {
  const Bytes key = {'k'};
  for (int kind = 0; kind < 256; ++kind) {
    const auto decoded = DecodeEntry(
        Frame({.kind = static_cast<std::uint8_t>(kind), .key = key, .extension = {}, .value = {}},
              1),
        {1});
    EXPECT_EQ(decoded.has_value(), kind >= 1 && kind <= 3) << kind;
    if (!decoded) {
      EXPECT_EQ(decoded.error().code, Code::kUnsupported);
    }
  }
  const auto code = [&](Raw raw) {
    raw.key = key;
    return DecodeEntry(Frame(raw, 1), {1}).error().code;
  };
  EXPECT_EQ(code({.flags = 2, .key = {}, .extension = {}, .value = {}}), Code::kUnsupported);
  EXPECT_EQ(code({.reserved = 1, .key = {}, .extension = {}, .value = {}}), Code::kUnsupported);
  EXPECT_EQ(code({.key = {}, .extension = {128, 0}, .value = {}}), Code::kUnsupported);
  EXPECT_EQ(code({.key = {}, .extension = {5, 1, 0, 255, 2, 0, 0}, .value = {}}),
            Code::kUnsupported);
}

TEST(EntryTest, AnUncriticalExtensionIsSkippedAndACutOneIsDamage) {
  const auto whole = DecodeEntry(
      Frame({.key = {'k'}, .extension = {5, 1, 0, 127, 2, 0, 0}, .value = {'v'}}, 1), {1});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->value.size(), 1u);
  for (const Bytes& extension : {Bytes{5}, Bytes{5, 1}, Bytes{5, 0, 6}, Bytes{5, 9, 0}}) {
    const auto decoded =
        DecodeEntry(Frame({.key = {}, .extension = extension, .value = {}}, 1), {1});
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().code, Code::kCorrupted);
  }
}

TEST(EntryTest, LengthsBeyondALimitAreRefusedBeforeAnythingIsRead) {
  Bytes header(kEntryHeaderBytes);
  PutU16(header.data() + 2, 65'001);
  EXPECT_EQ(DecodeEntryLengths(header).error().code, Code::kCorrupted);
  PutU16(header.data() + 2, 65'000);
  EXPECT_TRUE(DecodeEntryLengths(header).has_value());
  PutU32(header.data() + 8, 64u << 20);
  EXPECT_EQ(DecodeEntryLengths(header).error().code, Code::kCorrupted);
  PutU32(header.data() + 8, 0xffff'ffff);
  EXPECT_EQ(DecodeEntryLengths(header).error().code, Code::kCorrupted);
}

TEST(EntryTest, AChangedValueIsAcceptedWithAFreshChecksumOnly) {
  Bytes framed;
  AppendEntry(framed, EntryKind::kSet, AsBytes("key"), AsBytes("value"));
  AppendEntry(framed, EntryKind::kSet, AsBytes("next"), AsBytes("untouched"));
  const std::size_t first_bytes = FramedBytes(framed);
  framed[first_bytes - 1] = 'X';
  FinishEntry(framed, {7}, LastOfBatch::kNo);
  EXPECT_EQ(DecodeEntry(framed, {7}).error().code, Code::kCorrupted);
  RefreshValueChecksum(framed);
  FinishEntry(framed, {7}, LastOfBatch::kNo);
  const auto entry = DecodeEntry(framed, {7});
  ASSERT_TRUE(entry);
  EXPECT_EQ(Bytes(entry->value.begin(), entry->value.end()), (Bytes{'v', 'a', 'l', 'u', 'X'}));
  FinishEntry(std::span(framed).subspan(first_bytes), {8}, LastOfBatch::kYes);
  EXPECT_TRUE(DecodeEntry(BytesView(framed).subspan(first_bytes), {8}));
}

TEST(WriteBatchTest, RemembersWhatIsBoundLate) {
  WriteBatch batch;
  batch.Set(AsBytes("a"), AsBytes("1"));
  const std::size_t first_bytes = batch.encoded().size();
  batch.AddLateBound(EntryKind::kReference, AsBytes("r"), Bytes(10), 0);
  batch.AddLateBound(EntryKind::kSortedSetEntry, Bytes(10), Bytes(10), 1);
  EXPECT_EQ(batch.count(), 3u);
  const std::vector<WriteBatch::LateBinding> bindings = batch.TakeLateBindings();
  ASSERT_EQ(bindings.size(), 2u);
  EXPECT_EQ(bindings[0].offset, first_bytes);
  EXPECT_EQ(bindings[0].target, 0u);
  EXPECT_EQ(bindings[1].offset, first_bytes + kEntryHeaderBytes + 11);
  EXPECT_EQ(bindings[1].target, 1u);
  EXPECT_TRUE(batch.TakeLateBindings().empty());
  batch.AddLateBound(EntryKind::kReference, AsBytes("r"), Bytes(10), 2);
  batch.Clear();
  EXPECT_TRUE(batch.TakeLateBindings().empty());
}

TEST(WriteBatchDeathTest, OnlyEarlierEntriesCanBeBoundTo) {
  WriteBatch batch;
  batch.Set(AsBytes("a"), AsBytes("1"));
  EXPECT_DEATH(batch.AddLateBound(EntryKind::kReference, AsBytes("r"), Bytes(10), 1), "");
  EXPECT_DEATH(batch.AddLateBound(EntryKind::kReference, AsBytes("r"), Bytes(8), 0), "");
  EXPECT_DEATH(batch.AddLateBound(EntryKind::kSet, AsBytes("r"), Bytes(10), 0), "");
}

TEST(WriteBatchTest, CountsEntriesAndRemembersTheLongestKey) {
  WriteBatch batch;
  EXPECT_TRUE(batch.empty());
  batch.Set(AsBytes("a"), AsBytes("1"));
  batch.Add(EntryKind::kReference, AsBytes("bc"), AsBytes("a"));
  EXPECT_EQ(batch.count(), 2u);
  EXPECT_EQ(batch.key_bytes_max(), 2u);
  EXPECT_EQ(batch.encoded().size(), 2 * kEntryHeaderBytes + 5);
  batch.Set(Bytes(70'000), {});
  EXPECT_EQ(batch.key_bytes_max(), 70'000u);
  // Cut to what its field can say, so that the framing stays whole.
  EXPECT_EQ(batch.encoded().size(), 3 * kEntryHeaderBytes + 5 + 65'535);
  const Bytes released = batch.Release();
  EXPECT_EQ(released.size(), 3 * kEntryHeaderBytes + 5 + 65'535);
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(batch.encoded().empty());
  batch.Set(AsBytes("a"), {});
  batch.Clear();
  EXPECT_EQ(batch.count(), 0u);
  EXPECT_EQ(batch.key_bytes_max(), 0u);
}

}  // namespace
}  // namespace immudb::log
