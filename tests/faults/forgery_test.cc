// The last acknowledged record of a ledger that was closed is changed, with checksums that hold and
// without; also where the derived files were deleted, so that the log has nothing but itself to
// show it. It is never dropped or replaced in silence.

#include <gtest/gtest.h>

#include <cstdio>
#include <functional>

#include "log/entry.h"
#include "log/meta.h"
#include "log/record.h"
#include "log/segment.h"
#include "script.h"

namespace immudb::faults {
namespace {

// A record in the file of its segment.
struct Place {
  std::string path;
  std::size_t offset = 0;
  log::LogPosition position;
  log::RecordHeader header;
  std::size_t bytes() const { return log::RecordBytes(header.body_bytes); }
};

enum class Derived : std::uint8_t { kKept, kDeleted };

class ForgeryTest : public ::testing::TestWithParam<Derived> {
 protected:
  void SetUp() override {
    script_.Build();
    script_.Begin();
    // The last record becomes a batch.
    ASSERT_TRUE(script_.Open() && script_.Do(Step::kBatch) && script_.world.Close());
    closed_ = script_.Save();
    const auto meta = log::DecodeMeta(*script_.world.files.ReadAll("ledger/meta"));
    ASSERT_TRUE(meta);
    codec_.emplace(meta->ledger);
    FindRecords();
    ASSERT_GE(records_.size(), 2u);
    seal_ = records_.back();
    ASSERT_TRUE(seal_.header.is_seal());
    last_ = records_[records_.size() - 2];
    ASSERT_EQ(last_.header.count, 3u);
    ASSERT_EQ(last_.header.first.value + last_.header.count, script_.model.size());
    ASSERT_EQ(last_.path, seal_.path);
    content_ = *script_.world.files.ReadAll(last_.path);
  }

  void FindRecords() {
    for (const std::string& path : script_.world.files.AllFiles("ledger/log")) {
      if (!path.ends_with(".seg")) continue;
      const Bytes content = *script_.world.files.ReadAll(path);
      const auto header = log::DecodeSegmentHeader(content);
      ASSERT_TRUE(header);
      Place place{.path = path,
                  .offset = log::kSegmentHeaderBytes,
                  .position = header->start,
                  .header = {}};
      while (place.offset < content.size()) {
        const auto record =
            codec_->Decode(BytesView(content).subspan(place.offset), place.position);
        if (!record) break;
        place.header = *record;
        records_.push_back(place);
        place.offset += place.bytes();
        place.position = place.position + place.bytes();
      }
    }
  }

  std::span<std::uint8_t> At(const Place& place) {
    return std::span(content_).subspan(place.offset);
  }
  void PutHeader(const log::RecordHeader& header, const Place& place) {
    const auto encoded = codec_->Encode(header, place.position);
    std::copy(encoded.begin(), encoded.end(), At(place).begin());
  }
  void Zero(const Place& place) { std::fill_n(At(place).begin(), place.bytes(), std::uint8_t{0}); }

  // Writes the forged file over the real one, opens the ledger and expects it to notice.
  void ExpectNoticed(const std::string& what) {
    cases_++;
    script_.Restore(closed_);
    {
      const auto file = script_.world.files.Open(last_.path, io::OpenMode::kReadWrite);
      ASSERT_TRUE((*file)->Truncate(0) && (*file)->Write(0, BytesView(content_)));
    }
    if (GetParam() == Derived::kDeleted) {
      for (const std::string& path : script_.world.files.AllFiles("ledger")) {
        const bool is_derived = path == "ledger/tree" || path == "ledger/offsets" ||
                                path == "ledger/manifest" || path.ends_with(".run");
        if (is_derived) {
          ASSERT_TRUE(script_.world.files.Remove(path));
        }
      }
    }
    for (int round = 0; round < 2; round++) {
      const Status opened = script_.world.Open();
      if (!opened) {
        EXPECT_EQ(opened.error().code, Code::kCorrupted) << what;
        break;
      }
      EXPECT_TRUE(script_.world.ledger->statistics().damaged) << what << ", seed " << seed_;
      EXPECT_FALSE(script_.world.ledger->Head()) << what;
      for (std::uint64_t i = 0; i < script_.model.size(); i++) {
        const Result<ProvenEntry> proven = script_.world.ledger->AtProven({i}, LeafIndex{0});
        EXPECT_FALSE(proven) << what << ": a proof of entry " << i;
      }
      EXPECT_EQ(*script_.world.files.ReadAll(last_.path), content_) << what << ": evidence changed";
      static_cast<void>(script_.world.Close());
    }
    script_.Restore(closed_);
    content_ = *script_.world.files.ReadAll(last_.path);
  }

  const std::uint64_t seed_ = ledger::TestSeed(29);
  Script script_{seed_};
  Script::Moment closed_;
  std::optional<log::RecordCodec> codec_;
  std::vector<Place> records_;
  Place last_;
  Place seal_;
  Bytes content_;  // Of the newest segment, to be forged.
  std::uint64_t cases_ = 0;
};

TEST_P(ForgeryTest, EveryChangedByteOfTheLastRecordIsNoticed) {
  for (std::size_t at = 0; at < last_.bytes() && !HasFailure(); at++) {
    for (const int mask : {0x01, 0x80, 0xff}) {
      At(last_)[at] ^= static_cast<std::uint8_t>(mask);
      ExpectNoticed("byte " + std::to_string(at));
    }
  }
  std::printf("%llu cases\n", static_cast<unsigned long long>(cases_));
}

TEST_P(ForgeryTest, EveryChangedByteOfItsKeysAndValuesIsNoticedThoughTheChecksumsHold) {
  const std::span<std::uint8_t> body = At(last_).subspan(log::kRecordHeaderBytes);
  std::size_t at = 0;
  std::vector<std::pair<std::size_t, std::size_t>> entries;  // Begin and bytes.
  for (std::uint32_t i = 0; i < last_.header.count; i++) {
    entries.emplace_back(at, log::FramedBytes(body.subspan(at)));
    at += entries.back().second;
  }
  for (std::uint32_t i = 0; i < entries.size(); i++) {
    for (std::size_t byte = log::kEntryHeaderBytes; byte < entries[i].second; byte++) {
      const std::span<std::uint8_t> entry =
          At(last_).subspan(log::kRecordHeaderBytes + entries[i].first, entries[i].second);
      entry[byte] ^= 0x11;
      log::RefreshValueChecksum(entry);
      log::FinishEntry(entry, {last_.header.first.value + i},
                       i + 1 == entries.size() ? log::LastOfBatch::kYes : log::LastOfBatch::kNo);
      ExpectNoticed("entry " + std::to_string(i) + ", byte " + std::to_string(byte));
      if (HasFailure()) return;
    }
  }
  std::printf("%llu cases\n", static_cast<unsigned long long>(cases_));
}

TEST_P(ForgeryTest, ARecordThatIsMissingIsNoticed) {
  Zero(last_);
  ExpectNoticed("zeros instead of the record");
  if (GetParam() == Derived::kKept) {  // Else the log knows no more of it: see the limit there.
    Zero(last_);
    Zero(seal_);
    ExpectNoticed("zeros instead of the record and the seal");
    content_.resize(last_.offset);
    ExpectNoticed("the file ends before the record");
    Zero(last_);
    Zero(seal_);
    log::RecordHeader seal = seal_.header;
    seal.first = last_.header.first;
    seal.durable_end = last_.position;
    seal.root_before = last_.header.root_before;
    PutHeader(seal, last_);
    ExpectNoticed("a seal instead of the record");
  }
}

TEST_P(ForgeryTest, ARecordThatLacksItsLastEntryIsNoticed) {
  const std::span<std::uint8_t> body = At(last_).subspan(log::kRecordHeaderBytes);
  const std::size_t first = log::FramedBytes(body);
  const std::size_t second = log::FramedBytes(body.subspan(first));
  log::FinishEntry(body.subspan(first), {last_.header.first.value + 1}, log::LastOfBatch::kYes);
  std::fill(body.begin() + static_cast<std::ptrdiff_t>(first + second),
            body.begin() + static_cast<std::ptrdiff_t>(last_.header.body_bytes), 0);
  log::RecordHeader shorter = last_.header;
  shorter.count = 2;
  shorter.body_bytes = first + second;
  PutHeader(shorter, last_);
  // The seal follows it, and says what it would say.
  Zero(seal_);
  Place moved = last_;
  moved.header = shorter;
  moved.position = last_.position + moved.bytes();
  moved.offset += moved.bytes();
  log::RecordHeader seal = seal_.header;
  seal.first = {last_.header.first.value + 2};
  seal.durable_end = moved.position;
  seal.root_before = script_.model.tree.Head(seal.first.value).root;
  PutHeader(seal, moved);
  if (GetParam() == Derived::kKept) ExpectNoticed("a whole log that lacks the last entry");
}

TEST_P(ForgeryTest, EveryChangedFieldOfItsHeaderIsNoticedThoughTheChecksumHolds) {
  const std::function<void(log::RecordHeader&)> changes[] = {
      [](log::RecordHeader& header) { header.first.value++; },
      [](log::RecordHeader& header) { header.first.value--; },
      [](log::RecordHeader& header) { header.count--; },
      [](log::RecordHeader& header) { header.count++; },
      [](log::RecordHeader& header) { header.body_bytes -= 8; },
      [](log::RecordHeader& header) { header.body_bytes += 8; },
      [](log::RecordHeader& header) { header.root_before[7] ^= 1; },
  };
  for (const auto& change : changes) {
    log::RecordHeader header = last_.header;
    change(header);
    PutHeader(header, last_);
    ExpectNoticed("change " + std::to_string(&change - changes));
  }
}

INSTANTIATE_TEST_SUITE_P(DerivedFiles, ForgeryTest,
                         ::testing::Values(Derived::kKept, Derived::kDeleted),
                         [](const auto& derived) {
                           return std::string(derived.param == Derived::kKept ? "Kept" : "Deleted");
                         });

}  // namespace
}  // namespace immudb::faults
