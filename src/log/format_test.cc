// The example bytes of the pages in docs/formats are what this code writes and reads.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "base/hex.h"
#include "log/entry.h"
#include "log/log.h"
#include "log/meta.h"
#include "log/record.h"
#include "log/segment.h"

namespace immudb::log {
namespace {

constexpr LedgerId kId{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
constexpr std::int64_t kTimeUs = 1'600'000'000'000'000;

// The blocks of a page that begin with "```hex NAME", without white space.
std::map<std::string, std::string> Examples(const std::string& page) {
  std::ifstream file(std::string(IMMUDB_SOURCE_DIR) + "/docs/formats/" + page);
  EXPECT_TRUE(file.is_open()) << page;
  std::map<std::string, std::string> blocks;
  std::string name;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      name = line.starts_with("```hex ") ? line.substr(7) : "";
    } else if (!name.empty()) {
      std::istringstream words(line);
      for (std::string word; words >> word;) blocks[name] += word;
    }
  }
  return blocks;
}

Digest EmptyRoot() {
  const auto bytes = FromHex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Digest digest{};
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

TEST(FormatTest, TheLogPageShowsWhatIsWritten) {
  const auto examples = Examples("log.md");
  const SegmentHeader segment{.ledger = kId};
  EXPECT_EQ(ToHex(EncodeSegmentHeader(segment)), examples.at("segment"));

  Bytes body;
  AppendEntry(body, EntryKind::kSet, AsBytes("k"), AsBytes("v1"));
  AppendEntry(body, EntryKind::kSet, AsBytes("k"), AsBytes("v2"));
  const std::size_t second = FinishEntry(body, {0}, LastOfBatch::kNo);
  FinishEntry(std::span(body).subspan(second), {1}, LastOfBatch::kYes);
  const RecordCodec codec(kId);
  const RecordHeader header{
      .count = 2, .body_bytes = body.size(), .time_us = kTimeUs, .root_before = EmptyRoot()};
  Bytes record;
  const auto encoded = codec.Encode(header, {0});
  record.assign(encoded.begin(), encoded.end());
  record.insert(record.end(), body.begin(), body.end());
  record.resize(RecordBytes(body.size()));
  EXPECT_EQ(ToHex(record), examples.at("record"));

  RecordHeader seal{.first = {2}, .time_us = kTimeUs, .durable_end = {record.size()}};
  seal.root_before.fill(0xaa);
  EXPECT_EQ(ToHex(codec.Encode(seal, {record.size()})), examples.at("seal"));
  EXPECT_EQ(record.size(), 128u);  // As the page says.
}

TEST(FormatTest, TheMetaPageShowsWhatIsWritten) {
  const Meta meta{.ledger = kId, .created_us = kTimeUs, .origin = "example.org/ledger"};
  EXPECT_EQ(ToHex(EncodeMeta(meta)), Examples("meta.md").at("meta"));
}

TEST(FormatTest, TheExamplesOfThePagesAreRead) {
  const auto examples = Examples("log.md");
  const auto segment = DecodeSegmentHeader(*FromHex(examples.at("segment")));
  ASSERT_TRUE(segment.has_value());
  EXPECT_EQ(segment->ledger, kId);

  const Bytes record = *FromHex(examples.at("record"));
  const auto header = RecordCodec(kId).Decode(record, {0});
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->count, 2u);
  EXPECT_EQ(header->time_us, kTimeUs);
  const BytesView body = BytesView(record).subspan(kRecordHeaderBytes, header->body_bytes);
  EXPECT_TRUE(CheckBody(*header, body));
  const auto entry = DecodeEntry(body, {0});
  ASSERT_TRUE(entry.has_value());
  EXPECT_FALSE(entry->last_of_batch);
  EXPECT_TRUE(DecodeEntry(body.subspan(entry->framed_bytes), {1})->last_of_batch);

  const auto meta = DecodeMeta(*FromHex(Examples("meta.md").at("meta")));
  ASSERT_TRUE(meta.has_value());
  EXPECT_EQ(meta->origin, "example.org/ledger");
}

// Every decoder is fed each single-bit corruption and each truncation of a valid input.
template <typename Decode>
std::size_t ExpectEveryCorruptionRefused(const Bytes& valid, const Decode& decode) {
  std::size_t cases = 0;
  EXPECT_TRUE(decode(valid));
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const Bytes cut(valid.begin(), valid.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(decode(cut)) << "cut to " << i;
    ++cases;
    for (int mask = 1; mask < 256; ++mask, ++cases) {
      Bytes wrong = valid;
      wrong[i] = static_cast<std::uint8_t>(wrong[i] ^ mask);
      EXPECT_FALSE(decode(wrong)) << "byte " << i << " xor " << mask;
    }
  }
  return cases;
}

TEST(FormatTest, EverySingleByteCorruptionOfAHeaderOrEntryIsRefused) {
  const auto log = Examples("log.md");
  std::size_t cases = 0;
  cases += ExpectEveryCorruptionRefused(*FromHex(log.at("segment")), [](BytesView bytes) {
    return DecodeSegmentHeader(bytes).has_value();
  });
  cases += ExpectEveryCorruptionRefused(*FromHex(log.at("seal")), [](BytesView bytes) {
    return RecordCodec(kId).Decode(bytes, {128}).has_value();
  });
  const Bytes record = *FromHex(log.at("record"));
  const std::ptrdiff_t entry_bytes = kEntryHeaderBytes + 3;
  const auto entry = record.begin() + kRecordHeaderBytes;
  cases += ExpectEveryCorruptionRefused(Bytes(entry, entry + entry_bytes), [](BytesView bytes) {
    return DecodeEntry(bytes, {0}).has_value();
  });
  cases +=
      ExpectEveryCorruptionRefused(*FromHex(Examples("meta.md").at("meta")),
                                   [](BytesView bytes) { return DecodeMeta(bytes).has_value(); });
  std::printf("%zu corruptions and truncations refused\n", cases);
}

}  // namespace
}  // namespace immudb::log
