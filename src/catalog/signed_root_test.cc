#include "catalog/signed_root.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/hex.h"

namespace immudb::catalog {
namespace {

TreeHead Example() {
  TreeHead head;
  head.size = {3};
  head.root.fill(0xab);
  return head;
}

TEST(SignedRootTest, TheExampleOfTheFormatPageIsWhatIsWrittenAndRead) {
  std::ifstream page(IMMUDB_SOURCE_DIR "/docs/formats/signed-root.md");
  std::stringstream text;
  text << page.rdbuf();
  const std::string all = text.str();
  const std::size_t end = all.rfind("```");
  const std::size_t begin = all.rfind("```", end - 1) + 3;
  std::string digits;
  for (const char character : all.substr(begin, end - begin)) {
    if (character != ' ' && character != '\n') digits += character;
  }
  EXPECT_EQ(ToHex(EncodeSignedRoot(Example())), digits);
  const auto head = DecodeSignedRoot(FromHex(digits).value());
  ASSERT_TRUE(head);
  EXPECT_EQ(head->size.value, 3u);
  EXPECT_EQ(head->root, Example().root);
}

TEST(SignedRootTest, AnyChangedOrMissingByteIsFoundOut) {
  const Bytes file = EncodeSignedRoot(Example());
  for (std::size_t i = 0; i < file.size(); ++i) {
    Bytes changed = file;
    changed[i] ^= 1u;
    EXPECT_EQ(DecodeSignedRoot(changed).error().code, Code::kCorrupted) << i;
    EXPECT_FALSE(DecodeSignedRoot(BytesView(file).first(i))) << i;
  }
}

}  // namespace
}  // namespace immudb::catalog
