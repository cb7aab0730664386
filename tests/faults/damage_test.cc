// Every byte of every file of a small ledger is changed, every file is cut at every length, and
// every sector is zeroed, doubled and exchanged. Afterwards either damage is named, or everything
// that was acknowledged is there, with the same roots; and what is named stays as it is. A change
// of the log where records are is never passed over. The small ledger has no whole page of tree and
// offsets: these two files are tried with a larger one, too.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "script.h"

namespace immudb::faults {
namespace {

constexpr std::size_t kSectorBytes = 512;

enum class Finding : std::uint8_t {
  kNothing,  // All is there.
  kRebuilt,  // A derived file was found damaged when it was read; after a restart all is there.
  kMarked,   // The ledger is damaged, and says so for ever.
  kRefused,  // The ledger does not open, and says why.
  kWrong,
};
constexpr std::array<const char*, 5> kFindingNames = {"all there", "rebuilt", "marked", "refused",
                                                      "wrong"};

enum class Size : std::uint8_t { kSmall, kLarge };
constexpr std::size_t kManyEntries = 600;  // More than a page of offsets, and nine of the tree.

class DamageTest : public ::testing::TestWithParam<Size> {
 protected:
  void SetUp() override {
    const bool is_large = GetParam() == Size::kLarge;
    script_.Build(is_large ? kManyEntries : 0);
    script_.Begin();
    built_ = script_.Save();
    for (const std::string& path : script_.world.files.AllFiles("ledger")) {
      all_files_[path] = *script_.world.files.ReadAll(path);
      const bool is_paged = path == "ledger/tree" || path == "ledger/offsets";
      if (!is_large || is_paged) files_[path] = all_files_[path];
    }
  }

  // Puts `content` into the place of the file `path` and looks what comes of it.
  void Try(const std::string& path, const Bytes& content, const std::string& what) {
    if (content == files_[path]) return;
    script_.Restore(built_);
    {
      const auto file = script_.world.files.Open(path, io::OpenMode::kReadWrite);
      ASSERT_TRUE((*file)->Truncate(0) && (*file)->Write(0, BytesView(content)));
      ASSERT_TRUE((*file)->Sync());
    }
    std::string wrong;
    const Finding finding = Look(path, content, wrong);
    counts_[path][static_cast<std::size_t>(finding)]++;
    cases_++;
    ASSERT_NE(finding, Finding::kWrong)
        << path << ": " << what << ": " << wrong << "; seed " << seed_;
    if (!IsLog(path) || !TouchesRecords(files_[path], content)) return;
    ASSERT_TRUE(finding == Finding::kMarked || finding == Finding::kRefused)
        << path << ": " << what << " was passed over; seed " << seed_;
  }

  // Whether `content` differs from `original` before the zeros that the latter ends with.
  static bool TouchesRecords(const Bytes& original, const Bytes& content) {
    const auto end = std::find_if(original.rbegin(), original.rend(), [](std::uint8_t byte) {
                       return byte != 0;
                     }).base();
    const auto live = end - original.begin();
    const auto differs = std::mismatch(original.begin(), end, content.begin(), content.end()).first;
    return differs - original.begin() < live;
  }

  void PrintCounts() {
    for (const auto& [path, counts] : counts_) {
      std::printf("%s:", path.c_str());
      for (std::size_t i = 0; i < counts.size(); i++) {
        if (counts[i] > 0) {
          std::printf(" %llu %s", static_cast<unsigned long long>(counts[i]), kFindingNames[i]);
        }
      }
      std::printf("\n");
    }
    std::printf("%llu cases\n", static_cast<unsigned long long>(cases_));
  }

  static bool IsLog(const std::string& path) { return path.ends_with(".seg"); }

  // The log as it is now is the log that was damaged: nothing was changed or cut off.
  std::string CheckLogKept(const std::string& path, const Bytes& content) {
    for (const auto& [name, original] : all_files_) {
      if (!IsLog(name)) continue;
      const Result<Bytes> now = script_.world.files.ReadAll(name);
      if (!now) return name + " is gone";
      if (*now != (name == path ? content : original)) return name + " was changed";
    }
    return "";
  }

  // Whatever was made anew from the log, the damaged file was kept.
  std::string CheckEvidence(const std::string& path, const Bytes& content) {
    // A file without a page is no evidence of anything.
    const bool has_pages = GetParam() == Size::kLarge;
    const bool is_paged = path == "ledger/tree" || path == "ledger/offsets";
    if (path != "ledger/manifest" && !(is_paged && has_pages)) return "";
    const Result<Bytes> aside = script_.world.files.ReadAll(path + ".aside");
    return aside && *aside == content ? "" : "the damaged file was not set aside as it was";
  }

  // What a ledger that is marked as damaged may answer: what is right, or that it is damaged.
  std::string CheckMarked() {
    Ledger& ledger = *script_.world.ledger;
    if (ledger.Head().has_value()) return "a damaged ledger gives roots";
    if (script_.world.Set("new", "value").has_value()) return "a damaged ledger takes writes";
    for (std::uint64_t i = 0; i < script_.model.size(); i++) {
      const Result<Entry> entry = ledger.At({i});
      const bool right = entry ? ledger::Oracle::Item(*entry) == script_.model.Item(i)
                               : entry.error().code == Code::kCorrupted;
      if (!right) return "entry " + std::to_string(i) + " of a damaged ledger is answered wrongly";
    }
    for (const auto& [key, indexes] : script_.model.versions) {
      const Result<Entry> entry = ledger.Get(AsBytes(key));
      const bool right = entry ? ledger::Oracle::Item(*entry) == script_.model.Get(key)
                               : entry.error().code == Code::kCorrupted;
      if (!right) return "key " + key + " of a damaged ledger is answered wrongly";
    }
    return "";
  }

  Finding Look(const std::string& path, const Bytes& content, std::string& wrong) {
    const Status opened = script_.world.Open();
    if (!opened) return LookAtRefusal(path, content, opened, wrong);
    if (script_.world.ledger->statistics().damaged) return LookAtMark(path, content, wrong);
    std::string difference = script_.Compare();
    if (script_.world.ledger->statistics().damaged) return LookAtMark(path, content, wrong);
    Finding finding = Finding::kNothing;
    if (!difference.empty()) {  // It must be the fault of a derived file, which is made anew.
      finding = Finding::kRebuilt;
      if (IsLog(path)) {
        wrong = "damage of the log without a mark: " + difference;
        return Finding::kWrong;
      }
      const Status again = script_.Do(Step::kRestart);
      difference = again ? script_.Compare() : again.error().message;
    }
    if (difference.empty()) difference = CheckEvidence(path, content);
    if (difference.empty()) difference = script_.CheckGoesOn();
    if (difference.empty()) return finding;
    wrong = difference;
    return Finding::kWrong;
  }

  Finding LookAtRefusal(const std::string& path, const Bytes& content, const Status& opened,
                        std::string& wrong) {
    const Code code = opened.error().code;
    const bool named = code == Code::kCorrupted || code == Code::kUnsupported;
    wrong = named ? CheckLogKept(path, content) : "refused by " + opened.error().message;
    script_.world.Kill();
    const Status again = script_.world.Open();
    if (wrong.empty() && (again || again.error().code != code)) wrong = "refused only once";
    return wrong.empty() ? Finding::kRefused : Finding::kWrong;
  }

  Finding LookAtMark(const std::string& path, const Bytes& content, std::string& wrong) {
    wrong = CheckMarked();
    if (wrong.empty()) wrong = CheckLogKept(path, content);
    const Status again = script_.Do(Step::kRestart);
    if (wrong.empty() && !again) wrong = "a restart: " + again.error().message;
    if (wrong.empty() && !script_.world.ledger->statistics().damaged) wrong = "the mark is gone";
    if (wrong.empty()) wrong = CheckMarked();
    if (wrong.empty()) wrong = CheckLogKept(path, content);
    return wrong.empty() ? Finding::kMarked : Finding::kWrong;
  }

  // Sector `number` of `content`, or what there is of it.
  static BytesView Sector(const Bytes& content, std::size_t number) {
    const std::size_t begin = number * kSectorBytes;
    return BytesView(content).subspan(begin, std::min(kSectorBytes, content.size() - begin));
  }
  static void PutSector(Bytes& content, std::size_t number, BytesView sector) {
    const std::size_t begin = number * kSectorBytes;
    const std::size_t bytes = std::min(sector.size(), content.size() - begin);
    std::copy_n(sector.begin(), bytes, content.begin() + static_cast<std::ptrdiff_t>(begin));
  }

  const std::uint64_t seed_ = ledger::TestSeed(23);
  Script script_{seed_};
  Script::Moment built_;
  std::map<std::string, Bytes> all_files_;
  std::map<std::string, Bytes> files_;  // Those to damage.
  std::map<std::string, std::array<std::uint64_t, 5>> counts_;
  std::uint64_t cases_ = 0;
};

TEST_P(DamageTest, EveryChangedByteIsNamedOrHarmless) {
  std::mt19937_64 random(seed_);
  Sample sample(seed_, 60);
  for (const auto& [path, original] : files_) {
    for (std::size_t at = 0; at < original.size(); at++) {
      if (!sample.Takes()) continue;
      Bytes content = original;
      content[at] ^= static_cast<std::uint8_t>(1 + random() % 255);
      Try(path, content, "byte " + std::to_string(at));
      if (HasFatalFailure()) return;
    }
  }
  PrintCounts();
}

TEST_P(DamageTest, EveryCutFileIsNamedOrHarmless) {
  Sample sample(seed_, 120);
  for (const auto& [path, original] : files_) {
    for (std::size_t bytes = 0; bytes < original.size(); bytes++) {
      const bool is_sector_end = bytes % (IsLog(path) ? kSectorBytes : 4096) == 0;
      if (!is_sector_end && !sample.Takes()) continue;
      Bytes content = original;
      content.resize(bytes);
      Try(path, content, "cut to " + std::to_string(bytes));
      if (HasFatalFailure()) return;
    }
  }
  PrintCounts();
}

TEST_P(DamageTest, EveryZeroedDoubledOrExchangedSectorIsNamedOrHarmless) {
  Sample sample(seed_, 60);
  Sample sample_some(seed_, 4);
  for (const auto& [path, original] : files_) {
    const std::size_t sectors = (original.size() + kSectorBytes - 1) / kSectorBytes;
    for (std::size_t i = 0; i < sectors; i++) {
      const std::string what = "sector " + std::to_string(i);
      Bytes zeroed = original;
      PutSector(zeroed, i, Bytes(kSectorBytes, 0));
      if (IsLog(path) || sample_some.Takes()) Try(path, zeroed, what + " zeroed");
      for (std::size_t j = 0; j < sectors; j++) {
        const bool is_neighbour = j == i + 1 && (IsLog(path) || sample_some.Takes());
        if (i == j || (!is_neighbour && !sample.Takes())) continue;
        Bytes doubled = original;
        PutSector(doubled, j, Sector(original, i));
        Try(path, doubled, what + " over " + std::to_string(j));
        if (j < i) continue;
        PutSector(doubled, i, Sector(original, j));
        Try(path, doubled, what + " exchanged with " + std::to_string(j));
        if (HasFatalFailure()) return;
      }
      if (HasFatalFailure()) return;
    }
  }
  PrintCounts();
}

TEST_P(DamageTest, EveryMissingFileIsNamedOrHarmless) {
  for (const auto& [path, original] : files_) {
    script_.Restore(built_);
    ASSERT_TRUE(script_.world.files.Remove(path));
    const Status opened = script_.world.Open();
    if (!opened) {
      EXPECT_TRUE(path == "ledger/meta") << path << ": " << opened.error().message;
      continue;
    }
    const bool damaged = script_.world.ledger->statistics().damaged;
    EXPECT_EQ(damaged, IsLog(path)) << path;
    if (!damaged) {
      EXPECT_EQ(script_.Compare(), "") << path;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, DamageTest, ::testing::Values(Size::kSmall, Size::kLarge),
                         [](const auto& size) {
                           return std::string(size.param == Size::kSmall ? "Small" : "Large");
                         });

}  // namespace
}  // namespace immudb::faults
