#include "server/scrubber.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"

namespace immudb::server {
namespace {

// Databases that are read when the test lets them be.
class ScrubberTest : public ::testing::Test {
 protected:
  void SetUp() override { SetLogLevel(LogLevel::kOff); }

  ScrubbedData Data() {
    return {.databases =
                [] {
                  return std::vector<std::string>{"first", "second"};
                },
            .inspect = [this](const std::string& name,
                              InspectionObserver& observer) { return Inspect(name, observer); }};
  }

  Result<InspectionReport> Inspect(const std::string& name, InspectionObserver& observer) {
    ++inspections_;
    if (inspections_ == 3) second_pass_.set_value();
    IMMUDB_TRY(observer.AfterRead(1000));
    observer.AfterEntries(10);
    if (name == "first") return Fail(Code::kIo, "no");
    InspectionReport report;
    report.finding_count = 2;
    report.findings = {{InspectedPart::kRoot, "wrong", LeafIndex{3}},
                       {InspectedPart::kTree, "wrong", std::nullopt}};
    return report;
  }

  const SystemClock clock_;
  int inspections_ = 0;  // The scrubber's thread's.
  std::promise<void> second_pass_;
};

TEST_F(ScrubberTest, EveryDatabaseIsReadPassAfterPassAndWhatIsFoundIsCounted) {
  Scrubber scrubber(Data(), clock_, {.bytes_per_second = 0, .interval_ns = 0});
  second_pass_.get_future().wait();
  scrubber.Stop();
  const ScrubberFigures figures = scrubber.figures();
  EXPECT_GE(figures.passes, 1u);
  EXPECT_GE(figures.failures, 1u);
  EXPECT_GE(figures.damage_findings, 1u);
  EXPECT_EQ(figures.damage_findings, figures.derived_findings);
  EXPECT_GE(figures.bytes, 2000u);
  EXPECT_GE(figures.entries, 20u);
  EXPECT_GT(figures.last_end_unix_us, 0);
  EXPECT_EQ(figures.databases.size(), 1u);
  EXPECT_EQ(figures.databases.at("second").findings, 2u);
}

TEST_F(ScrubberTest, ItStopsWhileItRestsToKeepToItsLimit) {
  std::promise<void> reading;
  ScrubbedData data = Data();
  data.inspect = [&reading](const std::string& /*name*/,
                            InspectionObserver& observer) -> Result<InspectionReport> {
    reading.set_value();
    IMMUDB_TRY(observer.AfterRead(std::uint64_t{1} << 30));  // At a byte a second.
    return InspectionReport();
  };
  Scrubber scrubber(data, clock_, {.bytes_per_second = 1, .interval_ns = 0});
  reading.get_future().wait();
  scrubber.Stop();
  const ScrubberFigures figures = scrubber.figures();
  EXPECT_EQ(figures.passes, 0u);
  EXPECT_EQ(figures.failures, 0u);
  EXPECT_EQ(figures.pass_bytes, std::uint64_t{1} << 30);
}

TEST_F(ScrubberTest, ItStopsWhileItWaitsForTheNextPass) {
  constexpr std::int64_t kNever = std::int64_t{1} << 60;
  Scrubber scrubber(Data(), clock_, {.bytes_per_second = 0, .interval_ns = kNever});
  scrubber.Stop();
  EXPECT_LE(scrubber.figures().passes, 1u);
}

}  // namespace
}  // namespace immudb::server
