// The formats of this layer against their pages in docs/formats, byte for byte.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/hex.h"
#include "index/manifest.h"
#include "index/run.h"
#include "index/run_writer.h"
#include "index/test_support.h"

namespace immudb::index {
namespace {

// Writes `bytes` as the pages do: a line per stretch of bytes without long gaps of zeros.
std::string Listing(BytesView bytes) {
  std::ostringstream out;
  out << "size " << bytes.size() << "\n";
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes[at] == 0) {
      at++;
      continue;
    }
    std::size_t end = at;
    const std::size_t border = std::min(bytes.size(), (at / kBlockBytes + 1) * kBlockBytes);
    for (std::size_t i = at; i < border && i < at + 32 && i < end + 12; i++) {
      if (bytes[i] != 0) end = i + 1;
    }
    out << at << ": " << ToHex(bytes.subspan(at, end - at)) << "\n";
    at = end;
  }
  return out.str();
}

std::string ExampleOn(const std::string& page) {
  std::ifstream file(std::string(IMMUDB_SOURCE_DIR) + "/docs/formats/" + page);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string example = text.str().substr(text.str().find("## Example"));
  const std::size_t begin = example.find("```\n") + 4;
  return example.substr(begin, example.find("```", begin) - begin);
}

Bytes FromListing(const std::string& listing) {
  std::istringstream in(listing);
  std::string word;
  std::size_t size = 0;
  in >> word >> size;
  Bytes bytes(size);
  std::size_t at = 0;
  for (char colon = 0; in >> at >> colon >> word;) {
    const auto part = FromHex(word);
    EXPECT_TRUE(part && at + part->size() <= size) << word;
    if (part) std::copy(part->begin(), part->end(), &bytes[at]);
  }
  return bytes;
}

struct ExampleRun {
  io::MemoryFileSystem files;
  RunInfo info;
};

void WriteExampleRun(ExampleRun& example) {
  ASSERT_TRUE(example.files.CreateDirectory("index"));
  auto writer = RunWriter::Create(
      example.files, "index/00000001.run",
      {.ledger = TestLedger(), .number = 1, .from = {}, .to = LeafIndex{4}, .keys_max = 3});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->Add({AsBytes("apple"), 2}, 3));
  ASSERT_TRUE((*writer)->Add({AsBytes("apple"), 0}, 1));
  ASSERT_TRUE((*writer)->Add({AsBytes("apricot"), 1}, 1));
  ASSERT_TRUE((*writer)->Add({AsBytes("zoo"), 3}, 1));
  auto info = (*writer)->Finish();
  ASSERT_TRUE(info);
  example.info = *info;
}

TEST(FormatsTest, ARunIsWrittenAsItsPageShows) {
  ExampleRun example;
  ASSERT_NO_FATAL_FAILURE(WriteExampleRun(example));
  EXPECT_EQ(Listing(*example.files.ReadAll("index/00000001.run")), ExampleOn("index-run.md"));
}

TEST(FormatsTest, TheRunOnThePageIsRead) {
  ExampleRun example;
  ASSERT_NO_FATAL_FAILURE(WriteExampleRun(example));
  const Bytes content = FromListing(ExampleOn("index-run.md"));
  auto file = example.files.Open("index/00000001.run", io::OpenMode::kReadWrite);
  ASSERT_TRUE((*file)->Truncate(0));
  ASSERT_TRUE((*file)->Write(0, content));
  io::BlockCache cache(1 << 16);
  const auto run = Run::Open(example.files, cache, "index", TestLedger(), example.info);
  ASSERT_TRUE(run) << run.error().message;
  const BytesView apple = AsBytes("apple");
  const std::uint64_t hash = HashKey(HashSeed(TestLedger()), apple);
  EXPECT_EQ((*run)->Find(apple, hash, TreeSize{4}, Access::kDisk).value(),
            (Version{LeafIndex{2}, 3}));
  EXPECT_EQ((*run)->Find(apple, hash, TreeSize{2}, Access::kDisk).value(),
            (Version{LeafIndex{0}, 1}));
}

TEST(FormatsTest, ARunOfAnUnknownVersionOrFeatureIsRefused) {
  const RunInfo info = {.number = 1, .from = {}, .to = LeafIndex{4}};
  Bytes page = EncodeRunHeader(TestLedger(), info);
  const auto check_with = [&](std::size_t at) {
    Bytes changed = page;
    changed[at] ^= 2;
    PutU32(&changed[4092], Crc32c(0, BytesView(changed).first(4092)));
    return CheckRunHeader(changed, TestLedger(), info);
  };
  EXPECT_TRUE(CheckRunHeader(page, TestLedger(), info));
  EXPECT_TRUE(check_with(12));
  for (const std::size_t at : {8u, 16u, 20u}) {
    EXPECT_EQ(check_with(at).error().code, Code::kUnsupported);
  }
  for (const std::size_t at : {0u, 24u, 40u, 48u, 56u}) {
    EXPECT_EQ(check_with(at).error().code, Code::kCorrupted);
  }
}

Manifest ExampleManifest() {
  Manifest manifest;
  manifest.ledger = TestLedger();
  manifest.checkpoint.size = TreeSize{1000};
  manifest.checkpoint.root.fill(0x11);
  manifest.log_position = 5000;
  manifest.edge_position = 4000;
  manifest.edge_index = LeafIndex{960};
  manifest.log_durable_end = 5080;
  manifest.last_time_us = 1'600'000'000'000'000;
  manifest.runs = {{.number = 7,
                    .from = {},
                    .to = LeafIndex{1000},
                    .entries = 1000,
                    .keys = 900,
                    .bytes = 40'960,
                    .checksum = 0x12345678}};
  return manifest;
}

TEST(FormatsTest, AManifestIsWrittenAndReadAsItsPageShows) {
  const Manifest manifest = ExampleManifest();
  EXPECT_EQ(Listing(*EncodeManifest(manifest)), ExampleOn("manifest.md"));
  const auto decoded = DecodeManifest(FromListing(ExampleOn("manifest.md")), TestLedger());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, manifest);
}

TEST(FormatsTest, EveryChangedByteOfAManifestIsNoticed) {
  const Bytes good = *EncodeManifest(ExampleManifest());
  for (std::size_t at = 0; at < good.size(); at++) {
    for (unsigned mask = 1; mask < 256; mask++) {
      Bytes bad = good;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ mask);
      const auto decoded = DecodeManifest(bad, TestLedger());
      ASSERT_FALSE(decoded) << "byte " << at << " mask " << mask;
      ASSERT_EQ(decoded.error().code, Code::kCorrupted);
    }
  }
}

TEST(FormatsTest, ACutOrExtendedManifestIsNoticed) {
  const Bytes good = *EncodeManifest(ExampleManifest());
  for (std::size_t bytes = 0; bytes < good.size(); bytes++) {
    EXPECT_FALSE(DecodeManifest(BytesView(good).first(bytes), TestLedger()));
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(DecodeManifest(longer, TestLedger()));
}

// With a right checksum: what a careless or hostile writer could produce.
Result<Manifest> DecodeChanged(std::size_t at, std::uint64_t value, std::size_t bytes) {
  Bytes changed = *EncodeManifest(ExampleManifest());
  std::memcpy(&changed[at], &value, bytes);
  const std::size_t end = changed.size() - 4;
  PutU32(&changed[end], Crc32c(0, BytesView(changed).first(end)));
  return DecodeManifest(changed, TestLedger());
}

TEST(FormatsTest, AManifestThatContradictsItselfIsRefused) {
  ASSERT_TRUE(DecodeChanged(104, 5000, 8));  // The change itself does no harm.
  struct Case {
    std::size_t at;
    std::uint64_t value;
    std::size_t bytes;
    Code code;
  };
  const Case cases[] = {
      {8, 2, 4, Code::kUnsupported},      {16, 1, 4, Code::kUnsupported},
      {20, 1, 4, Code::kUnsupported},     {24, 0, 8, Code::kCorrupted},
      {40, 999, 8, Code::kCorrupted},     {80, 3999, 8, Code::kCorrupted},
      {88, 5001, 8, Code::kCorrupted},    {96, 1001, 8, Code::kCorrupted},
      {104, 4999, 8, Code::kCorrupted},   {120, 1001, 8, Code::kCorrupted},
      {128, 2, 4, Code::kCorrupted},      {128, 0xffffffff, 4, Code::kCorrupted},
      {144, 0, 8, Code::kCorrupted},      {152, 1, 8, Code::kCorrupted},
      {160, 1001, 8, Code::kCorrupted},   {168, 1001, 8, Code::kCorrupted},
      {168, 0, 8, Code::kCorrupted},      {176, 1001, 8, Code::kCorrupted},
      {184, 40'961, 8, Code::kCorrupted}, {184, ~0ull - 4095, 8, Code::kCorrupted},
  };
  for (const Case& change : cases) {
    const auto decoded = DecodeChanged(change.at, change.value, change.bytes);
    ASSERT_FALSE(decoded) << "at " << change.at << " value " << change.value;
    EXPECT_EQ(decoded.error().code, change.code) << "at " << change.at;
  }
}

TEST(FormatsTest, AManifestWithTooManyRunsIsRefusedAndNotWritten) {
  Manifest manifest;
  manifest.ledger = TestLedger();
  for (std::uint64_t i = 0; i <= kManifestRunsMax; i++) {
    manifest.runs.push_back({.number = i + 1,
                             .from = LeafIndex{i},
                             .to = LeafIndex{i + 1},
                             .entries = 1,
                             .keys = 1,
                             .bytes = 4 * kBlockBytes});
  }
  manifest.checkpoint.size = {manifest.runs.size()};
  EXPECT_EQ(EncodeManifest(manifest).error().code, Code::kLimitExceeded);
  manifest.runs.pop_back();
  manifest.checkpoint.size = {manifest.runs.size()};
  EXPECT_TRUE(DecodeManifest(*EncodeManifest(manifest), TestLedger()));
}

TEST(FormatsTest, AManifestOfAnEmptyLedgerHasNoRuns) {
  Manifest manifest;
  manifest.ledger = TestLedger();
  const auto decoded = DecodeManifest(*EncodeManifest(manifest), TestLedger());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, manifest);
}

}  // namespace
}  // namespace immudb::index
