#include "ledger/inspection.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "index/manifest.h"
#include "ledger/page_store.h"
#include "ledger/test_world.h"
#include "log/entry.h"
#include "log/meta.h"

namespace immudb::ledger {
namespace {

constexpr char kSegment[] = "ledger/log/00000000.seg";
constexpr int kEntries = 1100;  // Two pages of offsets, seventeen of the tree.

class TestObserver : public InspectionObserver {
 public:
  Status AfterRead(std::uint64_t bytes) override {
    read_bytes += bytes;
    return hook == nullptr ? Status() : hook();
  }
  void AfterEntries(std::uint64_t count) override { entries += count; }

  std::function<Status()> hook;
  std::uint64_t read_bytes = 0;
  std::uint64_t entries = 0;
};

// A closed ledger of some records and runs, with keys that have several versions.
class InspectionTest : public ::testing::Test {
 protected:
  void SetUp() override { Fill(world_, "value"); }

  static void Fill(SteppedWorld& world, const std::string& value) {
    ASSERT_TRUE(world.Create());
    ASSERT_TRUE(world.Open());
    for (int first = 0; first < kEntries; first += 100) {
      WriteBatch batch;
      for (int i = first; i < first + 100; i++) {
        batch.Set(AsBytes("key" + std::to_string(i * 7 % 900)), AsBytes(value + std::to_string(i)));
      }
      ASSERT_TRUE(world.Commit(std::move(batch)));
      if (first % 400 != 0) continue;
      ASSERT_TRUE(world.ledger->Checkpoint());
    }
    ASSERT_TRUE(world.Close());
  }

  InspectionReport Inspect(const InspectionOptions& options = {}) {
    Result<InspectionReport> report =
        InspectLedger({world_.files, random_, observer_}, kTestDirectory, options);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : InspectionReport();
  }

  // What was found, part by part.
  static std::string PartsOf(const InspectionReport& report) {
    std::string parts;
    for (const Finding& finding : report.findings) {
      if (!parts.empty()) parts += ", ";
      parts += NameOf(finding.part);
    }
    return parts;
  }

  std::map<std::string, Bytes> AllFiles(const std::string& directory = kTestDirectory) {
    std::map<std::string, Bytes> all;
    const std::vector<io::DirectoryEntry> entries = *world_.files.List(directory);
    for (const io::DirectoryEntry& entry : entries) {
      const std::string path = io::JoinPath(directory, entry.name);
      if (entry.is_directory) {
        all.merge(AllFiles(path));
      } else {
        all[path] = *world_.files.ReadAll(path);
      }
    }
    return all;
  }

  void Write(const std::string& path, BytesView content) {
    const auto file = world_.files.Open(path, io::OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->Write(0, content));
  }

  // Gives the entry at `index`, whose value begins with `old_value`, another value of the same
  // length, under checksums that hold.
  void Forge(std::uint64_t index, const std::string& old_value) {
    Bytes content = *world_.files.ReadAll(kSegment);
    const std::string text(content.begin(), content.end());
    const std::string key = "key" + std::to_string(index * 7 % 900);
    const std::size_t at = text.find(key + old_value);
    ASSERT_NE(at, std::string::npos);
    content[at + key.size()] ^= 1;
    const std::span<std::uint8_t> framed = std::span(content).subspan(at - log::kEntryHeaderBytes);
    const bool is_last = (framed[1] & 1) != 0;
    log::RefreshValueChecksum(framed);
    log::FinishEntry(framed, {index}, is_last ? log::LastOfBatch::kYes : log::LastOfBatch::kNo);
    Write(kSegment, content);
  }

  // Changes a byte of a page of tree or offsets and makes the page's checksum right.
  void ForgePage(const std::string& name, std::uint64_t page) {
    const Bytes meta = *world_.files.ReadAll("ledger/meta");
    Bytes content = *world_.files.ReadAll("ledger/" + name);
    const std::size_t at = (page + 1) * kPageBytes;
    ASSERT_LE(at + kPageBytes, content.size());
    content[at + 40] ^= 1;
    const std::uint32_t seed = Crc32c(0, log::DecodeMeta(meta)->ledger.bytes);
    PutU32(&content[at + kPageBytes - 4],
           Crc32c(seed, BytesView(content).subspan(at, kPageBytes - 4)));
    Write("ledger/" + name, content);
  }

  index::Manifest ReadManifest(SteppedWorld& world) {
    const log::Meta meta = *log::DecodeMeta(*world.files.ReadAll("ledger/meta"));
    return *index::DecodeManifest(*world.files.ReadAll("ledger/manifest"), meta.ledger.bytes);
  }

  SteppedWorld world_;
  crypto::SeededRandom random_{TestSeed(1)};
  TestObserver observer_;
};

TEST_F(InspectionTest, AWholeLedgerIsReadAndComparedInEveryPart) {
  const InspectionReport report = Inspect();
  EXPECT_TRUE(report.is_whole()) << PartsOf(report);
  EXPECT_EQ(report.head.size.value, std::uint64_t{kEntries});
  EXPECT_EQ(report.compared_size.value, std::uint64_t{kEntries});
  EXPECT_EQ(report.index_versions, std::uint64_t{kEntries});
  EXPECT_EQ(report.records, std::uint64_t{kEntries / 100});
  EXPECT_EQ(report.origin, "test");
  ASSERT_EQ(report.agreed_roots.size(), 1u);
  EXPECT_EQ(report.agreed_roots[0].head, report.head);
  EXPECT_EQ(observer_.entries, std::uint64_t{kEntries});
  EXPECT_EQ(observer_.read_bytes, report.read_bytes);
  ASSERT_TRUE(world_.Open());
  EXPECT_EQ(*world_.ledger->Head(), report.head);
}

TEST_F(InspectionTest, NoByteIsChangedWhateverIsFound) {
  ASSERT_TRUE(world_.files.Corrupt("ledger/tree", 5000, 1));
  ASSERT_TRUE(world_.files.Corrupt(kSegment, 2000, 1));
  ASSERT_TRUE(world_.files.Remove("ledger/offsets"));
  const auto before = AllFiles();
  EXPECT_FALSE(Inspect().is_whole());
  EXPECT_EQ(AllFiles(), before);
}

TEST_F(InspectionTest, AChangedByteOfAnyFileIsFound) {
  const std::uint64_t log_end = Inspect().log_bytes + 128;
  std::uint64_t tried = 0;
  for (const auto& [path, content] : AllFiles()) {
    if (path == "ledger/reserve") continue;  // Holds nothing.
    const bool is_log = path == kSegment;
    const std::uint64_t end = is_log ? log_end : content.size();
    for (std::uint64_t at = tried % 397; at < end; at += 397) {
      ++tried;
      ASSERT_TRUE(world_.files.Corrupt(path, at, 1));
      const InspectionReport report = Inspect();
      EXPECT_FALSE(report.is_whole()) << path << " at " << at;
      const bool is_truth = is_log || path == "ledger/meta";
      EXPECT_EQ(report.is_damaged(), is_truth) << path << " at " << at << ": " << PartsOf(report);
      ASSERT_TRUE(world_.files.Corrupt(path, at, 1));
    }
  }
  EXPECT_GT(tried, 150u);
}

TEST_F(InspectionTest, AForgedEntryWithRightChecksumsIsFoundByTheRootOfTheNextRecord) {
  Forge(337, "value337");
  const InspectionReport report = Inspect();
  EXPECT_TRUE(report.is_damaged());
  EXPECT_EQ(report.findings.front().part, InspectedPart::kRoot);
  EXPECT_EQ(report.findings.front().entry, LeafIndex{400});
}

TEST_F(InspectionTest, AForgedEntryIsFoundWithoutAnyDerivedFile) {
  Forge(337, "value337");
  for (const std::string name : {"tree", "offsets", "manifest"}) {
    ASSERT_TRUE(world_.files.Remove("ledger/" + name));
  }
  EXPECT_TRUE(Inspect().is_damaged());
}

TEST_F(InspectionTest, AForgedEntryOfTheLastRecordIsFoundByARootThatWasRecorded) {
  const TreeHead head = Inspect().head;
  Forge(1037, "value1037");
  const InspectionReport with_manifest = Inspect();
  EXPECT_TRUE(with_manifest.is_damaged()) << PartsOf(with_manifest);
  for (const std::string name : {"tree", "offsets", "manifest"}) {
    ASSERT_TRUE(world_.files.Remove("ledger/" + name));
  }
  // The seal behind it names the root as well.
  EXPECT_TRUE(Inspect().is_damaged());
  const InspectionReport expected = Inspect({.recorded = {{head, "somebody"}}});
  EXPECT_TRUE(expected.is_damaged());
  EXPECT_EQ(expected.agreed_roots.size(), 0u);
}

TEST_F(InspectionTest, ARecordedRootMayBeOfAnySize) {
  std::map<std::uint64_t, Digest> roots;
  SteppedWorld other;
  ASSERT_TRUE(other.Create() && other.Open());
  for (int i = 0; i < 150; i++) {
    ASSERT_TRUE(other.Set("key" + std::to_string(i * 7 % 900), "value" + std::to_string(i)));
    const TreeHead head = *other.ledger->Head();
    roots[head.size.value] = head.root;
  }
  InspectionOptions options;
  for (const auto& [size, root] : roots) options.recorded.push_back({{{size}, root}, "another"});
  const InspectionReport report = Inspect(options);
  EXPECT_TRUE(report.is_whole()) << PartsOf(report);
  EXPECT_EQ(report.agreed_roots.size(), 151u);

  options.recorded[70].head.root[5] ^= 1;
  const InspectionReport wrong = Inspect(options);
  EXPECT_EQ(PartsOf(wrong), "root");
  EXPECT_EQ(wrong.agreed_roots.size(), 150u);
}

TEST_F(InspectionTest, ALogThatIsShorterThanARecordedRootIsDamage) {
  TreeHead head = Inspect().head;
  ++head.size.value;
  const InspectionReport report = Inspect({.recorded = {{head, "somebody"}}});
  EXPECT_EQ(PartsOf(report), "root");
  EXPECT_EQ(report.findings[0].entry, LeafIndex{kEntries});
}

TEST_F(InspectionTest, AForgedPageOfTreeOrOffsetsWithARightChecksumIsFoundAndNoDamage) {
  ForgePage("tree", 3);
  ForgePage("offsets", 1);
  const InspectionReport report = Inspect();
  EXPECT_EQ(PartsOf(report), "tree, offsets");
  EXPECT_FALSE(report.is_damaged());
}

TEST_F(InspectionTest, RunsThatAreInOrderAndHoldOtherVersionsThanTheLogAreFound) {
  SteppedWorld other;
  ASSERT_TRUE(other.Create() && other.Open());
  for (int first = 0; first < kEntries; first += 100) {
    WriteBatch batch;
    for (int i = first; i < first + 100; i++) {
      const int number = i == 555 ? 556 : i;  // One key stands in the place of another.
      batch.Set(AsBytes("key" + std::to_string(number * 7 % 900)), AsBytes("v"));
    }
    ASSERT_TRUE(other.Commit(std::move(batch)));
  }
  ASSERT_TRUE(other.Close());
  // The same seed makes the same ledger id, so that the runs verify here.
  index::Manifest manifest = ReadManifest(world_);
  manifest.runs = ReadManifest(other).runs;
  const std::vector<io::DirectoryEntry> own = *world_.files.List("ledger/index");
  for (const io::DirectoryEntry& entry : own) {
    ASSERT_TRUE(world_.files.Remove("ledger/index/" + entry.name));
  }
  const std::vector<io::DirectoryEntry> others = *other.files.List("ledger/index");
  for (const io::DirectoryEntry& entry : others) {
    const std::string path = "ledger/index/" + entry.name;
    const auto file = world_.files.Open(path, io::OpenMode::kCreateNew);
    ASSERT_TRUE((*file)->Write(0, BytesView(*other.files.ReadAll(path))));
  }
  ASSERT_TRUE(io::ReplaceFile(world_.files, "ledger/manifest", *index::EncodeManifest(manifest)));
  const InspectionReport report = Inspect();
  EXPECT_EQ(PartsOf(report), "index");
  EXPECT_FALSE(report.is_damaged());
}

TEST_F(InspectionTest, MissingDerivedFilesAreFoundWhereAManifestNamesThem) {
  ASSERT_TRUE(world_.files.Remove("ledger/tree"));
  EXPECT_EQ(PartsOf(Inspect()), "tree");
  ASSERT_TRUE(world_.files.Remove("ledger/offsets"));
  EXPECT_EQ(PartsOf(Inspect()), "tree, offsets");
  const std::string run = world_.files.List("ledger/index")->front().name;
  ASSERT_TRUE(world_.files.Remove("ledger/index/" + run));
  EXPECT_EQ(PartsOf(Inspect()), "index, tree, offsets");
  ASSERT_TRUE(world_.files.Remove("ledger/manifest"));
  const InspectionReport report = Inspect();
  EXPECT_TRUE(report.is_whole()) << PartsOf(report);
  EXPECT_EQ(report.notes.size(), 1u);
}

TEST_F(InspectionTest, AnUnfinishedWriteAtTheEndIsNoDamage) {
  ASSERT_TRUE(world_.Open());
  ASSERT_TRUE(world_.Set("last", "entry"));
  world_.Kill();
  const Bytes content = *world_.files.ReadAll(kSegment);
  const std::string text(content.begin(), content.end());
  ASSERT_TRUE(world_.files.Corrupt(kSegment, text.find("lastentry"), 1));
  const InspectionReport report = Inspect();
  EXPECT_TRUE(report.is_whole()) << PartsOf(report);
  EXPECT_EQ(report.head.size.value, std::uint64_t{kEntries});
  EXPECT_EQ(report.notes.size(), 1u);
}

TEST_F(InspectionTest, AFailedReadEndsItWithItsError) {
  std::uint64_t reads = 0;
  observer_.hook = [&reads]() -> Status {
    ++reads;
    return {};
  };
  Inspect();
  const std::uint64_t all_reads = reads;
  ASSERT_GT(all_reads, 20u);
  for (std::uint64_t failing = 1; failing <= all_reads; ++failing) {
    reads = 0;
    observer_.hook = [&reads, failing]() -> Status {
      if (++reads < failing) return {};
      return Error{Code::kIo, "no"};
    };
    const auto report = InspectLedger({world_.files, random_, observer_}, kTestDirectory, {});
    EXPECT_EQ(report ? Code::kNotFound : report.error().code, Code::kIo) << failing;
  }
}

TEST_F(InspectionTest, AnOpenLedgerIsWholeWhileItIsWrittenTo) {
  ASSERT_TRUE(world_.Open());
  ASSERT_TRUE(world_.Set("beyond", "the checkpoint"));
  int number = 0;
  observer_.hook = [this, &number]() -> Status {
    if (++number > 12) return {};
    EXPECT_TRUE(world_.Set("meanwhile" + std::to_string(number), "value"));
    return number % 3 == 0 ? world_.ledger->Checkpoint() : Status();
  };
  const Result<InspectionReport> report = world_.ledger->Inspect({}, observer_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->is_whole()) << PartsOf(*report);
  EXPECT_GT(report->head.size.value, std::uint64_t{kEntries});
  EXPECT_GT(number, 12);
  EXPECT_TRUE(world_.ledger->statistics().accepts_writes);
}

TEST_F(InspectionTest, RunsThatAreMergedAwayMeanwhileAreNoFinding) {
  ASSERT_TRUE(world_.Open());
  int number = 0;
  // Every read finds another list of runs.
  observer_.hook = [this, &number]() -> Status {
    ++number;
    EXPECT_TRUE(world_.Set("meanwhile" + std::to_string(number), "value"));
    return world_.ledger->Checkpoint();
  };
  const Result<InspectionReport> report = world_.ledger->Inspect({}, observer_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->is_whole()) << PartsOf(*report);
  EXPECT_GT(number, 30);
}

TEST_F(InspectionTest, DamageOfAnOpenLedgerStopsItsWritesAndProofsOverRestarts) {
  ASSERT_TRUE(world_.Open());
  Forge(337, "value337");
  for (const std::string name : {"tree", "offsets", "manifest"}) {
    ASSERT_TRUE(world_.files.Remove("ledger/" + name));
  }
  const Result<InspectionReport> report = world_.ledger->Inspect({}, observer_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->is_damaged());
  for (int life = 0; life < 2; life++) {
    EXPECT_TRUE(world_.ledger->statistics().damaged);
    EXPECT_EQ(world_.ledger->Head().error().code, Code::kCorrupted);
    EXPECT_EQ(world_.Set("key", "value").error().code, Code::kCorrupted);
    EXPECT_TRUE(world_.ledger->At({0}));
    world_.Kill();
    ASSERT_TRUE(world_.Open());
  }
}

TEST_F(InspectionTest, TheRootInMemoryShowsAForgedLastRecord) {
  ASSERT_TRUE(world_.Open());
  WriteBatch batch;
  batch.Set(AsBytes("key0"), AsBytes("valueX"));
  ASSERT_TRUE(world_.Commit(std::move(batch)));
  Bytes content = *world_.files.ReadAll(kSegment);
  const std::string text(content.begin(), content.end());
  const std::size_t at = text.find("key0valueX");
  ASSERT_NE(at, std::string::npos);
  content[at + 9] = 'Y';
  const std::span<std::uint8_t> framed = std::span(content).subspan(at - log::kEntryHeaderBytes);
  log::RefreshValueChecksum(framed);
  log::FinishEntry(framed, {kEntries}, log::LastOfBatch::kYes);
  Write(kSegment, content);
  const Result<InspectionReport> report = world_.ledger->Inspect({}, observer_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->is_damaged()) << PartsOf(*report);
}

TEST_F(InspectionTest, AWrongDerivedFileOfAnOpenLedgerIsRebuiltAtTheNextOpeningAndNoDamage) {
  ASSERT_TRUE(world_.Open());
  ForgePage("tree", 3);
  const Result<InspectionReport> report = world_.ledger->Inspect({}, observer_);
  ASSERT_TRUE(report);
  EXPECT_EQ(PartsOf(*report), "tree");
  EXPECT_FALSE(world_.ledger->statistics().damaged);
  EXPECT_TRUE(world_.Set("key", "value"));
  ASSERT_TRUE(world_.Close());
  EXPECT_EQ(PartsOf(Inspect()), "rebuild mark");
  ASSERT_TRUE(world_.Open());
  ASSERT_TRUE(world_.Close());
  const InspectionReport rebuilt = Inspect();
  EXPECT_TRUE(rebuilt.is_whole()) << PartsOf(rebuilt);
}

TEST_F(InspectionTest, OnlyTheFirstFindingsAreToldAndAllAreCounted) {
  for (std::uint64_t page = 0; page < 10; ++page) ForgePage("tree", page);
  const InspectionReport report = Inspect({.findings_max = 4});
  EXPECT_EQ(report.finding_count, 10u);
  EXPECT_EQ(report.findings.size(), 4u);
}

}  // namespace
}  // namespace immudb::ledger
