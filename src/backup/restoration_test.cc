#include "backup/restoration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "backup/backup_writer.h"
#include "base/error.h"
#include "base/executor.h"
#include "base/hex.h"
#include "base/log.h"
#include "catalog/catalog.h"
#include "crypto/seeded_random.h"
#include "io/memory_file_system.h"
#include "ledger/engine.h"
#include "ledger/opening.h"

namespace immudb::backup {
namespace {

constexpr char kServer[] = "server";
constexpr char kTarget[] = "target";
constexpr char kKept[] = "kept";
// Each of them meets each part of the work.
constexpr std::array kFaults = {io::Fault::kIoError, io::Fault::kPowerLoss, io::Fault::kNoSpace};

// A server's folder in memory, with a backup of it, and the means to restore that.
class RestorationTest : public ::testing::Test {
 protected:
  RestorationTest() {
    SetLogLevel(LogLevel::kOff);
    MakeEngine();
    auto catalog = OpenCatalog(kServer);
    EXPECT_TRUE(catalog->StoreUsers(AsBytes("users")));
    EXPECT_TRUE(catalog->CreateDatabase("second"));
    for (const char* name : {"defaultdb", "second"}) {
      WriteBatch batch;
      for (int i = 0; i < 20; ++i) batch.Set(AsBytes("key" + std::to_string(i)), AsBytes(name));
      EXPECT_TRUE((*catalog->OpenDatabase(name))->Commit(std::move(batch)));
    }
    EXPECT_TRUE(catalog->audit().AppendAndWait({.kind = catalog::EventKind::kLogin,
                                                .actor = "immudb",
                                                .subject = "",
                                                .address = "",
                                                .reason = ""}));
    archive_ = BackUp(*catalog);
    EXPECT_TRUE(catalog->Close());
  }

  void MakeEngine() {
    engine_ = ledger::MakeEngine({}, {.files = files_,
                                      .clock = clock_,
                                      .random = random_,
                                      .committers = threads_,
                                      .syncers = threads_,
                                      .maintenance = threads_,
                                      .merges = threads_});
  }

  std::unique_ptr<catalog::Catalog> OpenCatalog(const std::string& directory) {
    auto opened = catalog::Catalog::Open(
        {.files = files_, .engine = *engine_, .random = random_, .clock = clock_}, directory);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *std::move(opened) : nullptr;
  }

  Bytes BackUp(catalog::Catalog& catalog) {
    Bytes out;
    const auto archive = MakeTarWriter([&](BytesView bytes) -> Status {
      out.insert(out.end(), bytes.begin(), bytes.end());
      return {};
    });
    BackupWriter writer(*archive);
    for (const std::string name : {"defaultdb", "second", "systemdb"}) {
      const catalog::LedgerHandle handle =
          name == "systemdb" ? nullptr : *catalog.OpenDatabase(name);
      const Ledger& ledger = handle == nullptr ? catalog.audit_ledger() : *handle;
      const TreeHead head = *ledger.Head();
      heads_.push_back(head);
      const auto source = *catalog.OpenSnapshot(name, head);
      for (;;) {
        const Bytes bytes = *source->Read(1u << 20);
        if (bytes.empty()) break;
        EXPECT_TRUE(writer.Write(name, bytes));
      }
      EXPECT_TRUE(writer.EndDatabase());
    }
    EXPECT_TRUE(writer.Finish());
    digest_ = writer.digest();
    return out;
  }

  Result<RestoredBackup> Restore(BytesView archive, const RestorationRequest& request) {
    std::size_t at = 0;
    const auto reader = MakeTarReader([&](std::span<std::uint8_t> out) -> Result<std::size_t> {
      const std::size_t count = std::min(out.size(), archive.size() - at);
      std::copy_n(archive.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
      at += count;
      return count;
    });
    const RestorationContext context{
        .files = files_,
        .random = random_,
        .clock = clock_,
        .engine = *engine_,
        .exchange = [this](const auto& one, const auto& other) { return Exchange(one, other); }};
    return RestoreBackup(context, request, *reader);
  }

  Status Exchange(const std::string& one, const std::string& other) {
    if (!can_exchange_) return Error{Code::kUnsupported, "not on this disk"};
    for (const auto& [from, to] : {std::pair(one, std::string("between")), std::pair(other, one),
                                   std::pair(std::string("between"), other)}) {
      if (Status renamed = files_.Rename(from, to); !renamed) return renamed;
    }
    return {};
  }

  RestorationRequest Request() {
    RestorationRequest request;
    request.directory = kTarget;
    request.users_file = {'u', 's', 'e', 'r', 's'};
    request.restorer = "somebody";
    return request;
  }

  // A server serves the folder, with what the backup holds.
  void ExpectRestored(const std::string& directory) {
    const auto catalog = OpenCatalog(directory);
    ASSERT_NE(catalog, nullptr);
    EXPECT_EQ((*catalog->OpenDatabase("defaultdb"))->Head().value(), heads_[0]);
    EXPECT_EQ((*catalog->OpenDatabase("second"))->Head().value(), heads_[1]);
    EXPECT_EQ((*catalog->OpenDatabase("second"))->Get(AsBytes("key7"))->value,
              Bytes({'s', 'e', 'c', 'o', 'n', 'd'}));
    const Ledger& trail = catalog->audit_ledger();
    ASSERT_EQ(trail.Head()->size.value, heads_[2].size.value + 4);
    const Bytes event = trail.At({heads_[2].size.value + 1})->value;
    const std::string text(event.begin(), event.end());
    EXPECT_NE(text.find("\"event\":\"backup restored\",\"database\":\"second\""), std::string::npos)
        << text;
    EXPECT_NE(text.find("by somebody"), std::string::npos) << text;
    EXPECT_TRUE(catalog->Close());
  }

  void ExpectNothing() {
    EXPECT_FALSE(*files_.Exists(kTarget));
    EXPECT_FALSE(*files_.Exists("target.restoring"));
  }

  io::MemoryFileSystem files_;
  FakeClock clock_;
  crypto::SeededRandom random_{7};
  ThreadPool threads_{2, "test"};
  std::unique_ptr<Engine> engine_;
  Bytes archive_;
  Digest digest_{};
  std::vector<TreeHead> heads_;
  bool can_exchange_ = true;
};

TEST_F(RestorationTest, ARestoredServerHasTheDatabasesTheIdentityAndARecordOfIt) {
  const auto restored = Restore(archive_, Request());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->digest, digest_);
  EXPECT_EQ(restored->databases.size(), 3u);
  EXPECT_FALSE(restored->has_replaced);
  ExpectRestored(kTarget);
  EXPECT_EQ(*io::ReadFile(files_, "target/defaultdb/immudb.identifier", 12),
            *io::ReadFile(files_, "server/defaultdb/immudb.identifier", 12));
}

TEST_F(RestorationTest, WhatIsExpectedIsComparedBeforeTheFolderAppears) {
  struct Case {
    std::string text;
    Vouch first;
    Vouch second;
  };
  const std::string digest = ToHex(digest_);
  const std::string root = ToHex(heads_[0].root);
  const std::string wrong(64, '0');
  for (const auto& [text, first, second] :
       {Case{digest, Vouch::kWhole, Vouch::kWhole}, Case{root, Vouch::kWhole, Vouch::kNone},
        Case{Text("defaultdb={}@20", root), Vouch::kWhole, Vouch::kNone}}) {
    RestorationRequest request = Request();
    request.expected = catalog::ParseExpectedRoots(text, catalog::Sizes::kOptional).value();
    const auto restored = Restore(archive_, request);
    ASSERT_TRUE(restored) << text << restored.error().message;
    EXPECT_EQ(restored->databases[0].vouch, first) << text;
    EXPECT_EQ(restored->databases[1].vouch, second) << text;
    ASSERT_TRUE(ledger::RemoveTree(files_, kTarget));
  }
  for (const std::string& text :
       {wrong, "defaultdb=" + wrong, "second=" + root, "none=" + root, root + "@19", root + "@21",
        wrong + "@20", Text("defaultdb={},{}", root, wrong)}) {
    RestorationRequest request = Request();
    request.expected = catalog::ParseExpectedRoots(text, catalog::Sizes::kOptional).value();
    EXPECT_EQ(Restore(archive_, request).error().code, Code::kTampered) << text;
    ExpectNothing();
  }
  RestorationRequest pinned = Request();
  pinned.pinned_key = Bytes(32, 1);
  EXPECT_EQ(Restore(archive_, pinned).error().code, Code::kTampered);
  ExpectNothing();
}

TEST_F(RestorationTest, WhatIsCutOffOrGoesOnIsRefused) {
  for (std::size_t size = 0; size + 1024 <= archive_.size(); size += 997) {
    EXPECT_EQ(Restore(BytesView(archive_).first(size), Request()).error().code, Code::kTampered);
    ExpectNothing();
  }
  Bytes longer = archive_;
  longer.resize(longer.size() + 512, 1);
  EXPECT_EQ(Restore(longer, Request()).error().code, Code::kTampered);
  ExpectNothing();
}

TEST_F(RestorationTest, TheManifestFitsTheSnapshotsAndIsTheEnd) {
  const std::string_view name = "manifest.json";
  const auto header =
      std::search(archive_.begin(), archive_.end(), name.begin(), name.end()) - archive_.begin();
  ASSERT_EQ(header % static_cast<std::ptrdiff_t>(kTarBlockBytes), 0);
  const auto content = header + static_cast<std::ptrdiff_t>(kTarBlockBytes);
  Bytes changed = archive_;
  changed[static_cast<std::size_t>(content)] ^= 1;
  EXPECT_EQ(Restore(changed, Request()).error().code, Code::kTampered);
  ExpectNothing();
  // The manifest once more, between it and the zeros of the end.
  Bytes more = archive_;
  const auto end = archive_.end() - static_cast<std::ptrdiff_t>(2 * kTarBlockBytes);
  more.insert(more.end() - static_cast<std::ptrdiff_t>(2 * kTarBlockBytes),
              archive_.begin() + header, end);
  EXPECT_EQ(Restore(more, Request()).error().code, Code::kTampered);
  ExpectNothing();
}

TEST_F(RestorationTest, AFolderIsReplacedOnlyIfAskedForAndKept) {
  ASSERT_TRUE(OpenCatalog(kTarget)->StoreUsers(AsBytes("old")));
  EXPECT_EQ(Restore(archive_, Request()).error().code, Code::kExists);
  for (const bool can_exchange : {true, false}) {
    can_exchange_ = can_exchange;
    RestorationRequest request = Request();
    request.replaced_directory = kKept;
    const auto restored = Restore(archive_, request);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_TRUE(restored->has_replaced);
    EXPECT_TRUE(*files_.Exists("kept/users"));
    ExpectRestored(kTarget);
    ASSERT_TRUE(ledger::RemoveTree(files_, kKept));
  }
}

TEST_F(RestorationTest, AFolderInUseAndOneThatIsNotOursAreLeftAlone) {
  RestorationRequest request = Request();
  request.replaced_directory = kKept;
  {
    const auto running = OpenCatalog(kTarget);
    ASSERT_TRUE(running->StoreUsers(AsBytes("users")));
    EXPECT_EQ(Restore(archive_, request).error().code, Code::kUnavailable);
  }
  request.directory = "home";
  ASSERT_TRUE(files_.CreateDirectory("home"));
  ASSERT_TRUE(files_.Open("home/letter", io::OpenMode::kCreateNew));
  EXPECT_EQ(Restore(archive_, request).error().code, Code::kNotFound);
  EXPECT_TRUE(*files_.Exists("home/letter"));
}

TEST_F(RestorationTest, AFailureOfAnyCallLeavesAWholeFolderOrNone) {
  const auto start = files_.TakeSnapshot();
  const std::uint64_t before = files_.operations();
  ASSERT_TRUE(Restore(archive_, Request()));
  const std::uint64_t operations = files_.operations() - before;
  std::uint64_t whole = 0;
  for (std::uint64_t n = 0; n < operations; n += 2) {
    engine_.reset();
    files_.Restore(start);
    MakeEngine();
    files_.FailAt(files_.operations() + n, kFaults[n / 2 % kFaults.size()]);
    const auto restored = Restore(archive_, Request());
    engine_.reset();
    files_.Crash(n % 4 == 0 ? io::CrashPolicy::kDropAll : io::CrashPolicy::kKeepAll, n);
    MakeEngine();
    const bool exists = *files_.Exists(kTarget);
    EXPECT_TRUE(exists || !restored) << n;
    if (exists) {
      ++whole;
    } else {
      const auto again = Restore(archive_, Request());
      ASSERT_TRUE(again) << n << ": " << again.error().message;
    }
    ExpectRestored(kTarget);
    if (HasFatalFailure()) return;
  }
  std::printf("%llu calls, after %llu of the failures the folder was there\n",
              static_cast<unsigned long long>(operations), static_cast<unsigned long long>(whole));
}

}  // namespace
}  // namespace immudb::backup
