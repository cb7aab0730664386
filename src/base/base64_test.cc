#include "base/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace immudb {
namespace {

TEST(Base64Test, TheVectorsOfRfc4648AreDecoded) {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"Zg==", "f"},
                                                                    {"Zm8=", "fo"},
                                                                    {"Zm9v", "foo"},
                                                                    {"Zm9vYg==", "foob"},
                                                                    {"Zm9vYmE=", "fooba"},
                                                                    {"Zm9vYmFy", "foobar"},
                                                                    {"+/+/", "\xfb\xff\xbf"}};
  for (const auto& [text, bytes] : vectors) {
    const auto decoded = FromBase64(text);
    ASSERT_TRUE(decoded) << text;
    EXPECT_EQ(std::string(decoded->begin(), decoded->end()), bytes);
  }
}

TEST(Base64Test, AMalformedTextIsRefusedAndNotRepeated) {
  for (const std::string text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm=v",
                                 "Zm 9", "Zm9v\n", "Zm-_", "Z===", "Zm9v===="}) {
    const auto decoded = FromBase64(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().code, Code::kInvalidArgument);
    EXPECT_EQ(decoded.error().message, "not a base64 text");
  }
}

}  // namespace
}  // namespace immudb
