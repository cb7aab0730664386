#include "catalog/signed_root.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "base/testing/format_page.h"

namespace immudb::catalog {
namespace {

TreeHead Example() {
  TreeHead head;
  head.size = {3};
  head.root.fill(0xab);
  return head;
}

TEST(SignedRootTest, TheExampleOfTheFormatPageIsWhatIsWrittenAndRead) {
  const Bytes example = ExampleOfPage("signed-root.md");
  EXPECT_EQ(ToHex(EncodeSignedRoot(Example())), ToHex(example));
  const auto head = DecodeSignedRoot(example);
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

TEST(SignedRootTest, ALaterVersionAndAnUnknownIncompatibleFeatureAreRefusedAsSuch) {
  for (const std::size_t i : {8u, 20u}) {
    Bytes changed = EncodeSignedRoot(Example());
    changed[i] ^= 2u;
    EXPECT_EQ(DecodeSignedRoot(Resealed(changed)).error().code, Code::kUnsupported) << i;
  }
  Bytes longer = EncodeSignedRoot(Example());
  longer.insert(longer.end(), 4, 0);
  EXPECT_EQ(DecodeSignedRoot(Resealed(longer)).error().code, Code::kCorrupted);
}

}  // namespace
}  // namespace immudb::catalog
