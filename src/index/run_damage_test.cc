// What becomes of answers when a run file is damaged.

#include <gtest/gtest.h>

#include <functional>

#include "index/run.h"
#include "index/test_support.h"

namespace immudb::index {
namespace {

constexpr char kPath[] = "index/00000001.run";
const std::string kLongKey(5000, 'k');

// A run with every type of block: two short keys, one of them twice, and one that overflows.
class RunDamageTest : public testing::Test {
 protected:
  void SetUp() override {
    TestIndex index(files_);
    ASSERT_TRUE(index.Open());
    index.Add("apple", 1);
    index.Add(kLongKey, 2);
    index.Add("apple", 3);
    index.Add("apricot", 1);
    ASSERT_TRUE(index.Checkpoint());
    manifest_ = index.manifest();
  }

  // Opens the damaged run and asks it everything. Returns the first error.
  Status AskEverything() {
    io::BlockCache cache(1 << 16);
    IMMUDB_ASSIGN(const auto run, Run::Open(files_, cache, "index", TestLedger(), manifest_[0]));
    const std::uint64_t seed = HashSeed(TestLedger());
    const auto find = [&](const std::string& key) {
      return run->Find(AsBytes(key), HashKey(seed, AsBytes(key)), TreeSize{4}, Access::kDisk);
    };
    IMMUDB_ASSIGN(const auto apple, find("apple"));
    EXPECT_EQ(apple, (Version{LeafIndex{2}, 3}));
    IMMUDB_ASSIGN(const auto long_one, find(kLongKey));
    EXPECT_EQ(long_one, (Version{LeafIndex{1}, 2}));
    const auto cursor = run->NewCursor(Access::kDisk);
    IMMUDB_TRY(cursor->Seek({}));
    std::string seen;
    while (cursor->valid()) {
      seen += std::to_string(cursor->position().index) + " ";
      IMMUDB_TRY(cursor->Next());
    }
    EXPECT_EQ(seen, "2 0 3 1 ");
    return {};
  }

  io::MemoryFileSystem files_;
  std::vector<RunInfo> manifest_;
};

TEST_F(RunDamageTest, AnUndamagedRunAnswers) {
  EXPECT_TRUE(AskEverything());
  EXPECT_EQ(files_.ReadAll(kPath)->size(), 6 * kBlockBytes);  // One of each type.
}

TEST_F(RunDamageTest, EveryChangedByteIsNoticed) {
  const TestSeed seed;
  std::mt19937_64 random(seed.value());
  const std::size_t bytes = files_.ReadAll(kPath)->size();
  for (std::size_t at = 0; at < bytes; at++) {
    const auto mask = static_cast<std::uint8_t>(1 + random() % 255);
    ASSERT_TRUE(files_.Corrupt(kPath, at, mask));
    const Status status = AskEverything();
    ASSERT_FALSE(status) << "byte " << at;
    EXPECT_EQ(status.error().code, Code::kCorrupted) << status.error().message;
    ASSERT_TRUE(files_.Corrupt(kPath, at, mask));
  }
  EXPECT_TRUE(AskEverything());
}

TEST_F(RunDamageTest, ACutFileIsNoticed) {
  auto file = files_.Open(kPath, io::OpenMode::kReadWrite);
  ASSERT_TRUE(file);
  for (std::uint64_t bytes = 6 * kBlockBytes; bytes-- > 0; bytes -= bytes % 512) {
    ASSERT_TRUE((*file)->Truncate(bytes));
    const Status status = AskEverything();
    ASSERT_FALSE(status) << bytes;
    EXPECT_EQ(status.error().code, Code::kCorrupted);
  }
}

TEST_F(RunDamageTest, ABlockInThePlaceOfAnotherIsNoticed) {
  const Bytes content = *files_.ReadAll(kPath);
  auto file = files_.Open(kPath, io::OpenMode::kReadWrite);
  for (std::size_t from = 0; from < content.size(); from += kBlockBytes) {
    for (std::size_t to = 0; to < content.size(); to += kBlockBytes) {
      if (from == to) continue;
      ASSERT_TRUE((*file)->Write(to, BytesView(content).subspan(from, kBlockBytes)));
      const Status status = AskEverything();
      ASSERT_FALSE(status) << from << " over " << to;
      EXPECT_EQ(status.error().code, Code::kCorrupted);
      ASSERT_TRUE((*file)->Write(0, content));
    }
  }
}

TEST_F(RunDamageTest, ARunOfAnotherLedgerOrNumberIsRefused) {
  io::BlockCache cache(1 << 16);
  LedgerId other = TestLedger();
  other[3] ^= 1;
  EXPECT_EQ(Run::Open(files_, cache, "index", other, manifest_[0]).error().code, Code::kCorrupted);
  ASSERT_TRUE(files_.Rename(kPath, "index/00000002.run"));
  RunInfo renamed = manifest_[0];
  renamed.number = 2;
  EXPECT_EQ(Run::Open(files_, cache, "index", TestLedger(), renamed).error().code,
            Code::kCorrupted);
}

TEST_F(RunDamageTest, ARunThatDiffersFromTheManifestInAnyFieldIsRefused) {
  const std::function<void(RunInfo&)> changes[] = {
      [](RunInfo& run) { run.from.value++; },  [](RunInfo& run) { run.to.value++; },
      [](RunInfo& run) { run.entries++; },     [](RunInfo& run) { run.keys--; },
      [](RunInfo& run) { run.bytes += 4096; }, [](RunInfo& run) { run.checksum ^= 1; },
      [](RunInfo& run) { run.bytes = 0; },     [](RunInfo& run) { run.bytes--; },
  };
  io::BlockCache cache(1 << 16);
  for (const auto& change : changes) {
    RunInfo info = manifest_[0];
    change(info);
    const auto run = Run::Open(files_, cache, "index", TestLedger(), info);
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().code, Code::kCorrupted) << run.error().message;
  }
}

TEST_F(RunDamageTest, AMissingRunIsNotFound) {
  ASSERT_TRUE(files_.Remove(kPath));
  EXPECT_EQ(AskEverything().error().code, Code::kNotFound);
}

}  // namespace
}  // namespace immudb::index
