// The examples of docs/formats/tree.md, offsets.md and folder.md against what is written.

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/hex.h"
#include "base/log.h"
#include "io/memory_file_system.h"
#include "ledger/damage.h"
#include "ledger/offset_store.h"
#include "ledger/storage.h"
#include "ledger/tree_store.h"

namespace immudb::ledger {
namespace {

struct Example {
  std::uint64_t at_byte = 0;
  std::string hex;
};

// The blocks ```hex NAME@BYTE of a page.
std::vector<Example> ReadExamples(const std::string& page, const std::string& name) {
  std::ifstream file(std::string(IMMUDB_SOURCE_DIR) + "/docs/formats/" + page);
  const std::string opening = "```hex " + name + "@";
  std::vector<Example> examples;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(opening)) {
      examples.push_back({std::stoull(line.substr(opening.size())), {}});
      inside = true;
    } else if (line.starts_with("```")) {
      inside = false;
    } else if (inside) {
      for (const char c : line) {
        if (c != ' ') examples.back().hex.push_back(c);
      }
    }
  }
  return examples;
}

void ExpectExamples(const Bytes& file, const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    const std::size_t count = example.hex.size() / 2;
    ASSERT_LE(example.at_byte + count, file.size());
    EXPECT_EQ(ToHex(BytesView(file).subspan(example.at_byte, count)), example.hex)
        << "at byte " << example.at_byte;
  }
}

class FormatPagesTest : public testing::Test {
 protected:
  FormatPagesTest() { std::iota(ledger_.bytes.begin(), ledger_.bytes.end(), std::uint8_t{0}); }

  io::MemoryFileSystem files_;
  io::BlockCache cache_;
  log::LedgerId ledger_;
};

TEST_F(FormatPagesTest, ATreeFileIsAsItsPageShows) {
  const std::vector<Example> examples = ReadExamples("tree.md", "tree");
  ASSERT_EQ(examples.size(), 6u);
  const std::unique_ptr<TreeStore> store =
      TreeStore::Open(files_, "tree", cache_, ledger_, {0}).value();
  std::vector<Digest> leaves(64);
  for (std::size_t i = 0; i < leaves.size(); i++) leaves[i].fill(static_cast<std::uint8_t>(i));
  store->Append(leaves);
  ASSERT_TRUE(store->WriteBack({64}).has_value());
  const Bytes file = files_.ReadAll("tree").value();
  EXPECT_EQ(file.size(), 8192u);
  ExpectExamples(file, examples);
}

TEST_F(FormatPagesTest, AnOffsetFileIsAsItsPageShows) {
  const std::vector<Example> examples = ReadExamples("offsets.md", "offsets");
  ASSERT_EQ(examples.size(), 3u);
  const std::unique_ptr<OffsetStore> store =
      OffsetStore::Open(files_, "offsets", cache_, ledger_, {0}).value();
  std::vector<std::uint64_t> positions(510);
  for (std::size_t i = 0; i < positions.size(); i++) positions[i] = 80 + 100 * i;
  store->Append(positions);
  ASSERT_TRUE(store->WriteBack({510}).has_value());
  const Bytes file = files_.ReadAll("offsets").value();
  EXPECT_EQ(file.size(), 8192u);
  ExpectExamples(file, examples);
}

TEST_F(FormatPagesTest, ANewerFormatIsRefusedEvenIfNothingOfItIsTrusted) {
  for (const std::uint64_t field : {8u, 16u, 20u}) {
    ASSERT_TRUE(TreeStore::Open(files_, "tree", cache_, ledger_, {0}).has_value());
    Bytes header = files_.ReadAll("tree").value();
    header.resize(kPageBytes);
    header[field] ^= 2;
    PutU32(header.data() + 4092, Crc32c(0, BytesView(header).first(4092)));
    const std::unique_ptr<io::File> file = files_.Open("tree", io::OpenMode::kReadWrite).value();
    ASSERT_TRUE(file->Write(0, BytesView(header)).has_value());
    EXPECT_EQ(TreeStore::Open(files_, "tree", cache_, ledger_, {0}).error().code,
              Code::kUnsupported);
    ASSERT_TRUE(files_.Remove("tree").has_value());
  }
}

TEST_F(FormatPagesTest, AnUnknownCompatibleFeatureIsIgnored) {
  ASSERT_TRUE(TreeStore::Open(files_, "tree", cache_, ledger_, {0}).has_value());
  Bytes header = files_.ReadAll("tree").value();
  header[12] ^= 2;
  PutU32(header.data() + 4092, Crc32c(0, BytesView(header).first(4092)));
  const std::unique_ptr<io::File> file = files_.Open("tree", io::OpenMode::kReadWrite).value();
  ASSERT_TRUE(file->Write(0, BytesView(header)).has_value());
  EXPECT_TRUE(TreeStore::Open(files_, "tree", cache_, ledger_, {0}).has_value());
}

TEST_F(FormatPagesTest, TheMarkerOfDamage) {
  SetLogLevel(LogLevel::kOff);
  UnmarkedDamage unmarked;
  Storage storage;
  storage.directory = ".";
  storage.unmarked_damage = &unmarked;
  MarkDamaged(files_, storage, "a record that was acknowledged is not intact");
  const Bytes content = *files_.ReadAll("damaged");
  const std::vector<Example> examples = ReadExamples("folder.md", "damaged");
  ASSERT_EQ(examples.size(), 1u);
  EXPECT_EQ(examples[0].hex.size(), 2 * content.size());
  ExpectExamples(content, examples);
}

}  // namespace
}  // namespace immudb::ledger
