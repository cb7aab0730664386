#include "process/config_edit.h"

#include <gtest/gtest.h>

#include <string>

#include "io/memory_file_system.h"
#include "process/test_program.h"

namespace immudb::process {
namespace {

std::string Edited(std::string_view text, bool value) {
  const auto changed = WithSetting(TestProgram(), "c.toml", text, "auth", value);
  return changed ? *changed : "error: " + changed.error().message;
}

TEST(ConfigEditTest, OneLineChangesAndNoOther) {
  EXPECT_EQ(Edited("# mine\nauth = true  # on\nport = 2\n", false),
            "# mine\nauth = false\nport = 2\n");
  EXPECT_EQ(Edited("port = 2\r\nAUTH=\"true\"\r\n", false), "port = 2\r\nauth = false\r\n");
  EXPECT_EQ(Edited("auth=false", true), "auth = true");
}

TEST(ConfigEditTest, ASettingThatIsNotThereComesFirst) {
  EXPECT_EQ(Edited("", true), "auth = true\n");
  EXPECT_EQ(Edited("port = 2\n", false), "auth = false\nport = 2\n");
}

TEST(ConfigEditTest, WhatCannotBeChangedByItselfIsRefused) {
  EXPECT_EQ(Edited("auth = '''\ntrue'''\n", false),
            "error: c.toml: key \"auth\": cannot be changed by itself");
  EXPECT_TRUE(Edited("nonsense = 1\n", true).starts_with("error: c.toml:1"));
}

TEST(ConfigEditTest, AFileThatCannotBeWrittenStaysAsItWas) {
  io::MemoryFileSystem files;
  const std::string text = "port = 2\n";
  ASSERT_TRUE(io::ReplaceFile(files, "/c.toml", AsBytes(text)));
  files.FailAt(files.operations() + 2, io::Fault::kNoSpace, io::FaultRepeat::kSticky);
  EXPECT_FALSE(StoreSetting(files, TestProgram(), "/c.toml", "auth", false));
  files.ClearFaults();
  EXPECT_EQ(files.ReadAll("/c.toml").value(), Bytes(text.begin(), text.end()));
  EXPECT_TRUE(StoreSetting(files, TestProgram(), "/c.toml", "auth", false));
  const std::string after = "auth = false\nport = 2\n";
  EXPECT_EQ(files.ReadAll("/c.toml").value(), Bytes(after.begin(), after.end()));
}

}  // namespace
}  // namespace immudb::process
