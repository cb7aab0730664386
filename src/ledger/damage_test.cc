// Damage of the log and of derived files, and what can still be read.

#include "ledger/damage.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "ledger/page_store.h"
#include "ledger/test_world.h"
#include "merkle/page.h"

namespace immudb::ledger {
namespace {

constexpr char kSegment[] = "ledger/log/00000000.seg";
constexpr std::size_t kLedgerIdAt = 24;  // In the meta file.

class LedgerDamageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.Create());
    ASSERT_TRUE(world_.Open());
  }

  Ledger& ledger() { return *world_.ledger; }

  void SetMany(int first, int count) {
    WriteBatch batch;
    for (int i = first; i < first + count; i++) {
      batch.Set(AsBytes("key" + std::to_string(i)), AsBytes("value" + std::to_string(i)));
    }
    ASSERT_TRUE(world_.Commit(std::move(batch)));
  }

  // Flips a bit of the byte `shift` bytes behind where `text` stands in the log.
  void Damage(const std::string& text, std::size_t shift) {
    const Bytes content = *world_.files.ReadAll(kSegment);
    const std::size_t at = std::string(content.begin(), content.end()).find(text);
    ASSERT_NE(at, std::string::npos);
    ASSERT_TRUE(world_.files.Corrupt(kSegment, at + shift, 1));
  }

  // Changes bytes of a page of tree or offsets and makes its checksum right.
  void Forge(const std::string& name, std::uint64_t page, std::uint64_t offset, BytesView bytes) {
    const Bytes meta = *world_.files.ReadAll("ledger/meta");
    Bytes content = *world_.files.ReadAll("ledger/" + name);
    const std::size_t at = (page + 1) * kPageBytes;
    ASSERT_LE(at + kPageBytes, content.size());
    std::copy(bytes.begin(), bytes.end(),
              content.begin() + static_cast<std::ptrdiff_t>(at + offset));
    const std::uint32_t seed = Crc32c(0, BytesView(meta).subspan(kLedgerIdAt, 16));
    const BytesView covered = BytesView(content).subspan(at, kPageBytes - 4);
    PutU32(&content[at + kPageBytes - 4], Crc32c(seed, covered));
    const auto file = world_.files.Open("ledger/" + name, io::OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->Write(0, BytesView(content)));
  }

  void RemoveDerived() {
    for (const std::string name : {"tree", "offsets", "manifest"}) {
      if (!*world_.files.Exists("ledger/" + name)) continue;
      ASSERT_TRUE(world_.files.Remove("ledger/" + name));
    }
  }

  SteppedWorld world_;
};

TEST_F(LedgerDamageTest, TheOtherEntriesOfADamagedRecordAreStillReadAfterReopening) {
  SetMany(0, 100);
  SetMany(100, 100);
  world_.Kill();
  Damage("key37value37", 6);  // In the value: the index knows the key.
  for (int round = 0; round < 2; round++) {
    ASSERT_TRUE(world_.Open());
    EXPECT_TRUE(ledger().statistics().damaged);
    EXPECT_EQ(ledger().statistics().entries, 200u);
    for (std::uint64_t i = 0; i < 200; i++) {
      const std::string number = std::to_string(i);
      const Result<Entry> at = ledger().At({i});
      const Result<Entry> got = ledger().Get(AsBytes("key" + number));
      if (i == 37) {
        EXPECT_EQ(at.error().code, Code::kCorrupted);
        EXPECT_EQ(got.error().code, Code::kCorrupted);
        continue;
      }
      ASSERT_TRUE(at && got) << i;
      EXPECT_EQ(AsString(at->value), "value" + number);
      EXPECT_EQ(AsString(got->value), "value" + number);
    }
    EXPECT_EQ(ledger().Get(AsBytes("absent")).error().code, Code::kNotFound);
    world_.Kill();
    RemoveDerived();
  }
}

TEST_F(LedgerDamageTest, AKeyThatMayHaveALostNewerVersionIsAnsweredWithTheDamage) {
  ASSERT_TRUE(world_.Set("subject", "old"));
  ASSERT_TRUE(world_.Set("other", "value"));
  ASSERT_TRUE(world_.Set("subject", "new"));
  ASSERT_TRUE(world_.Set("later", "value"));
  ASSERT_TRUE(world_.Close());
  Damage("subjectnew", 2);  // In the key.
  RemoveDerived();
  ASSERT_TRUE(world_.Open());
  EXPECT_TRUE(ledger().statistics().damaged);
  EXPECT_EQ(ledger().Get(AsBytes("subject")).error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().Get(AsBytes("other")).error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().Get(AsBytes("absent")).error().code, Code::kCorrupted);
  EXPECT_EQ(AsString(ledger().Get(AsBytes("later"))->value), "value");
  EXPECT_EQ(AsString(ledger().At({1})->value), "value");
  EXPECT_EQ(ledger().At({2}).error().code, Code::kCorrupted);
}

TEST_F(LedgerDamageTest, WhereTheIndexKnowsALostEntryOnlyItsKeyIsConcerned) {
  ASSERT_TRUE(world_.Set("subject", "old"));
  ASSERT_TRUE(world_.Set("other", "value"));
  ASSERT_TRUE(world_.Set("subject", "new"));
  ASSERT_TRUE(world_.Close());
  Damage("subjectnew", 2);
  ASSERT_TRUE(world_.Open());
  EXPECT_EQ(ledger().Get(AsBytes("subject")).error().code, Code::kCorrupted);
  EXPECT_EQ(AsString(ledger().Get(AsBytes("other"))->value), "value");
  EXPECT_EQ(ledger().Get(AsBytes("absent")).error().code, Code::kNotFound);
}

TEST_F(LedgerDamageTest, EntriesThatAreMissingFromTheEndOfTheLogAreNotForgotten) {
  ASSERT_TRUE(world_.Set("subject", "old"));
  ASSERT_TRUE(world_.Set("other", "value"));
  ASSERT_TRUE(world_.Set("subject", "new"));
  ASSERT_TRUE(world_.Close());
  const Bytes content = *world_.files.ReadAll(kSegment);
  const std::size_t at = std::string(content.begin(), content.end()).find("subjectnew");
  ASSERT_TRUE((*world_.files.Open(kSegment, io::OpenMode::kReadWrite))->Truncate(at - 50));
  const auto cut = world_.files.TakeSnapshot();
  ASSERT_TRUE(world_.Open());
  EXPECT_TRUE(ledger().statistics().damaged);
  EXPECT_EQ(ledger().At({2}).error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().Get(AsBytes("subject")).error().code, Code::kCorrupted);
  EXPECT_EQ(AsString(ledger().Get(AsBytes("other"))->value), "value");
  ASSERT_TRUE(world_.Close());
  // Without the index nobody knows which keys were lost.
  world_.files.Restore(cut);
  ASSERT_TRUE(world_.files.Open("ledger/rebuild", io::OpenMode::kCreateNew));
  ASSERT_TRUE(world_.Open());
  EXPECT_EQ(ledger().Get(AsBytes("subject")).error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().Get(AsBytes("other")).error().code, Code::kCorrupted);
  EXPECT_EQ(AsString(ledger().At({1})->value), "value");
}

TEST_F(LedgerDamageTest, ClosingADamagedLedgerIsNoFailure) {
  ASSERT_TRUE(world_.Set("key", "value"));
  Damage("keyvalue", 4);
  EXPECT_EQ(ledger().Get(AsBytes("key")).error().code, Code::kCorrupted);
  for (int round = 0; round < 2; round++) {
    const Status closed = world_.Close();
    EXPECT_TRUE(closed) << closed.error().message;
    ASSERT_TRUE(world_.Open());
    EXPECT_TRUE(ledger().statistics().damaged);
  }
}

TEST_F(LedgerDamageTest, ATreePageThatContradictsTheLogIsRebuiltAndNoDamage) {
  SetMany(0, 300);
  const TreeHead before = *ledger().Head();
  ASSERT_TRUE(world_.Close());
  const Bytes wrong(32, 0x55);
  Forge("tree", 2, merkle::kPageRootSlot * 32, wrong);
  ASSERT_TRUE(world_.Open());
  EXPECT_FALSE(ledger().statistics().damaged);
  EXPECT_EQ(*ledger().Head(), before);
  EXPECT_TRUE(*world_.files.Exists("ledger/tree.aside"));
  EXPECT_FALSE(*world_.files.Exists("ledger/damaged"));
  EXPECT_TRUE(world_.Set("more", "v"));
  ASSERT_TRUE(world_.Close());
  ASSERT_TRUE(world_.Open());
  EXPECT_TRUE(ledger().AtProven({200}, std::nullopt));
}

TEST_F(LedgerDamageTest, AWrongOffsetOnAnIntactLogIsRebuiltAndNoDamage) {
  SetMany(0, 1200);
  ASSERT_TRUE(world_.Close());
  Bytes offset(8);
  PutU64(offset.data(), 12345);
  Forge("offsets", 1, 24, offset);
  ASSERT_TRUE(world_.Open());
  const Result<ProvenEntry> read = ledger().AtProven({513}, std::nullopt);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(AsString(read->entry.value), "value513");
  EXPECT_FALSE(ledger().statistics().damaged);
  EXPECT_TRUE(*world_.files.Exists("ledger/rebuild"));
  EXPECT_TRUE(world_.Set("more", "v"));
  ASSERT_TRUE(world_.Close());
  ASSERT_TRUE(world_.Open());
  EXPECT_EQ(AsString(ledger().At({513})->value), "value513");
  ASSERT_TRUE(world_.Close());
  EXPECT_FALSE(*world_.files.Exists("ledger/rebuild"));
}

TEST_F(LedgerDamageTest, AManifestThatIsTooLongIsRebuilt) {
  SetMany(0, 10);
  const TreeHead before = *ledger().Head();
  ASSERT_TRUE(world_.Close());
  const Bytes more((1u << 20) + 1, 7);
  {
    const auto file = world_.files.Open("ledger/manifest", io::OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->Write(100, BytesView(more)));
  }
  const Status opened = world_.Open();
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(*ledger().Head(), before);
  EXPECT_FALSE(ledger().statistics().damaged);
  EXPECT_TRUE(*world_.files.Exists("ledger/manifest.aside"));
}

TEST_F(LedgerDamageTest, DamageThatCannotBeMarkedIsRememberedAsLongAsTheProcessLives) {
  SetMany(0, 1200);  // Opening reads the newest ones only, so it does not find the damage again.
  ASSERT_TRUE(world_.Close());
  ASSERT_TRUE(world_.Open());
  SetMany(1200, 1200);
  ASSERT_TRUE(world_.Close());
  ASSERT_TRUE(world_.Open());
  Damage("key7value7", 5);
  world_.files.FailAt(world_.files.operations(), io::Fault::kNoSpace, io::FaultRepeat::kSticky);
  EXPECT_EQ(ledger().At({7}).error().code, Code::kCorrupted);
  EXPECT_FALSE(*world_.files.Exists("ledger/damaged"));
  EXPECT_EQ(world_.Set("new", "v").error().code, Code::kCorrupted);
  EXPECT_FALSE(world_.Close());
  world_.files.ClearFaults();
  world_.files.FailAt(world_.files.operations(), io::Fault::kNoSpace, io::FaultRepeat::kSticky);
  ASSERT_TRUE(world_.Open());
  EXPECT_TRUE(ledger().statistics().damaged);
  EXPECT_EQ(world_.Set("new", "v").error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().Head().error().code, Code::kCorrupted);
  world_.files.ClearFaults();
  EXPECT_TRUE(world_.Close());
  EXPECT_TRUE(*world_.files.Exists("ledger/damaged"));
  world_.Kill();
  ASSERT_TRUE(world_.Open());
  EXPECT_TRUE(ledger().statistics().damaged);
}

TEST_F(LedgerDamageTest, AReserveThatACrashLeftShortIsFilledAgain) {
  const std::uint64_t whole = world_.files.ReadAll("ledger/reserve")->size();
  EXPECT_EQ(whole, 4u << 20);
  for (const std::uint64_t left : {std::uint64_t{0}, std::uint64_t{5000}}) {
    world_.Kill();
    ASSERT_TRUE((*world_.files.Open("ledger/reserve", io::OpenMode::kReadWrite))->Truncate(left));
    ASSERT_TRUE(world_.Open());
    EXPECT_EQ(world_.files.ReadAll("ledger/reserve")->size(), whole);
  }
}

TEST_F(LedgerDamageTest, TheReserveIsGivenUpToMarkDamageOnAFullDisk) {
  ASSERT_TRUE(world_.Set("key", "value"));
  Damage("keyvalue", 4);
  world_.files.SetCapacityBytes(world_.files.used_bytes());
  EXPECT_EQ(ledger().Get(AsBytes("key")).error().code, Code::kCorrupted);
  EXPECT_TRUE(*world_.files.Exists("ledger/damaged"));
  EXPECT_FALSE(*world_.files.Exists("ledger/reserve"));
}

}  // namespace
}  // namespace immudb::ledger
