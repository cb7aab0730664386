#include "client/trust_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/hex.h"

namespace immudb::client {
namespace {

TrustRecord Example() {
  TrustRecord record{.subject = {"127.0.0.1:3322", "defaultdb"},
                     .head = {TreeSize{3}, {}},
                     .origin = TrustOrigin::kFirstUse,
                     .since_unix_s = 1'600'000'000};
  const Bytes root = *FromHex("d7ddbbaf1866cbaa7d4403a08127efc63c842db8febd6d414b447b40e4dc0841");
  std::copy(root.begin(), root.end(), record.head.root.begin());
  return record;
}

// The example of docs/formats/client_state.md.
std::string PageExample() {
  std::ifstream page(std::string(IMMUDB_SOURCE_DIR) + "/docs/formats/client_state.md");
  std::ostringstream text;
  text << page.rdbuf();
  const std::string fence = "```text state\n";
  const std::size_t begin = text.str().find(fence) + fence.size();
  return text.str().substr(begin, text.str().find("```", begin) - begin);
}

TEST(TrustRecordTest, TheExampleOfThePageIsWhatIsWrittenAndRead) {
  EXPECT_EQ(EncodeTrustRecord(Example()), PageExample());
  const auto read = DecodeTrustRecord(PageExample(), Example().subject);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, Example());
}

TEST(TrustRecordTest, EveryRecordIsReadAsItWasWritten) {
  for (const TrustOrigin origin :
       {TrustOrigin::kFirstUse, TrustOrigin::kGiven, TrustOrigin::kSigned}) {
    TrustRecord record = Example();
    record.origin = origin;
    record.subject = {"host name\n%\xff", "ä: b"};
    record.head.size.value = ~std::uint64_t{0};
    record.since_unix_s = -1;
    const auto read = DecodeTrustRecord(EncodeTrustRecord(record), record.subject);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, record);
  }
}

TEST(TrustRecordTest, EverySingleByteChangeAndEveryCutIsRefused) {
  const std::string text = EncodeTrustRecord(Example());
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(DecodeTrustRecord(text.substr(0, i), Example().subject)) << "cut at " << i;
    for (const char change : {'\x01', '\x20', '\x80'}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ change);
      EXPECT_FALSE(DecodeTrustRecord(changed, Example().subject)) << "byte " << i;
    }
  }
  EXPECT_FALSE(DecodeTrustRecord(text + "\n", Example().subject));
  EXPECT_FALSE(DecodeTrustRecord(text + text, Example().subject));
}

TEST(TrustRecordTest, ARecordOfAnotherServerOrDatabaseIsRefused) {
  const std::string text = EncodeTrustRecord(Example());
  const auto other_server = DecodeTrustRecord(text, {"127.0.0.1:3323", "defaultdb"});
  const auto other_database = DecodeTrustRecord(text, {"127.0.0.1:3322", "db"});
  ASSERT_FALSE(other_server);
  ASSERT_FALSE(other_database);
  EXPECT_EQ(other_server.error().code, Code::kCorrupted);
  EXPECT_EQ(other_database.error().code, Code::kCorrupted);
}

TEST(TrustRecordTest, AnotherVersionOfTheFormatIsToldFromDamage) {
  const auto newer = DecodeTrustRecord("immudb client state 2\nwhatever\n", Example().subject);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, Code::kUnsupported);
  const auto damaged = DecodeTrustRecord("", Example().subject);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Code::kCorrupted);
}

TEST(TrustRecordTest, FileNamesAreHashesAndNoTwoSubjectsShareOne) {
  const std::string name = TrustFileName({"../../etc/passwd", "/"});
  EXPECT_EQ(name.size(), 64U);
  EXPECT_EQ(name.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(TrustFileName({"ab", "c"}), TrustFileName({"a", "bc"}));
  EXPECT_NE(TrustFileName({"ab", ""}), TrustFileName({"", "ab"}));
  EXPECT_NE(TrustFileName({"a", "db"}), TrustFileName({"a", "testdb"}));
}

}  // namespace
}  // namespace immudb::client
