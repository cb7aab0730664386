#include "cli/token_file.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "io/memory_file_system.h"

namespace immudb::cli {
namespace {

process::Environment HomeAt(std::string path) {
  return [path = std::move(path)](std::string_view name) -> std::optional<std::string> {
    if (name == "HOME") return path;
    return std::nullopt;
  };
}

TEST(TokenFileTest, TheBytesAreThoseOfImmudb081) {
  const Bytes bytes = EncodeTokenFile({"v2.public.X", "defaultdb"});
  EXPECT_EQ(ToHex(bytes), "000000000000000964656661756c74646276322e7075626c69632e58");
  const auto session = DecodeTokenFile(bytes);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->token, "v2.public.X");
  EXPECT_EQ(session->database, "defaultdb");
}

TEST(TokenFileTest, EveryShorterFileAndEveryLengthBeyondTheFileIsRefused) {
  const Bytes bytes = EncodeTokenFile({"t", "database"});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(DecodeTokenFile(BytesView(bytes).first(length))) << length;
  }
  Bytes huge = bytes;
  huge[0] = 0xff;
  EXPECT_FALSE(DecodeTokenFile(huge));
}

TEST(TokenFileTest, ANameWithoutASlashIsAFileInTheHomeFolder) {
  EXPECT_EQ(TokenPath("token", HomeAt("/home/me")), "/home/me/token");
  EXPECT_EQ(TokenPath("./token", HomeAt("/home/me")), "./token");
  EXPECT_EQ(TokenPath("/tmp/token", HomeAt("/home/me")), "/tmp/token");
}

TEST(TokenFileTest, AMissingOrForeignFileIsNoSession) {
  io::MemoryFileSystem files;
  EXPECT_FALSE(ReadTokenFile(files, "/token")->has_value());
  ASSERT_TRUE(io::ReplaceFile(files, "/token", AsBytes("v2.public.old format")));
  EXPECT_FALSE(ReadTokenFile(files, "/token")->has_value());
  ASSERT_TRUE(io::ReplaceFile(files, "/token", EncodeTokenFile({"t", ""})));
  EXPECT_EQ((*ReadTokenFile(files, "/token"))->token, "t");
}

}  // namespace
}  // namespace immudb::cli
