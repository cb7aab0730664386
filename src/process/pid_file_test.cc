#include "process/pid_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "process/test_program.h"

namespace immudb::process {
namespace {

using testing::HasSubstr;

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

// A child of the same program that does nothing until this object goes.
class LivingTwin {
 public:
  LivingTwin() : pid_(fork()) {
    if (pid_ == 0) {
      pause();
      _exit(0);
    }
  }
  ~LivingTwin() { End(); }
  LivingTwin(const LivingTwin&) = delete;
  LivingTwin& operator=(const LivingTwin&) = delete;
  void End() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::string number() const { return std::to_string(pid_); }

 private:
  pid_t pid_;
};

TEST(PidFileTest, TheFileHoldsTheNumberWhileTheObjectLives) {
  const TestFolder folder;
  const mode_t before = umask(0077);
  {
    const auto file = PidFile::Create(folder / "run/immudb.pid");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(folder.Read("run/immudb.pid"), std::to_string(getpid()));
    EXPECT_EQ(ModeOf(folder / "run/immudb.pid"), 0644u);
  }
  umask(before);
  EXPECT_FALSE(std::filesystem::exists(folder / "run/immudb.pid"));
  EXPECT_TRUE(std::filesystem::is_empty(folder / "run"));
}

TEST(PidFileTest, AFileOfALivingProcessOfThisProgramIsKept) {
  const TestFolder folder;
  LivingTwin twin;
  folder.Write("pid", twin.number());
  const auto refused = PidFile::Create(folder / "pid");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kExists);
  EXPECT_EQ(refused.error().message,
            "pid file found, ensure immudb is not running or delete " + (folder / "pid"));
  EXPECT_EQ(folder.Read("pid"), twin.number());

  const std::string number = twin.number();
  twin.End();
  EXPECT_TRUE(PidFile::Create(folder / "pid"));
}

TEST(PidFileTest, AStaleFileIsReplaced) {
  const TestFolder folder;
  // Another program's number, this process's own as in a restarted container, and no number.
  for (const std::string& content : {std::to_string(1), std::to_string(getpid()), std::string(),
                                     std::string("../self"), std::string("12x")}) {
    folder.Write("pid", content);
    const auto file = PidFile::Create(folder / "pid");
    ASSERT_TRUE(file) << content << ": " << file.error().message;
    EXPECT_EQ(folder.Read("pid"), std::to_string(getpid()));
  }
}

TEST(PidFileTest, AFileThatAnotherProcessTookOverIsNotRemoved) {
  const TestFolder folder;
  {
    const auto file = PidFile::Create(folder / "pid");
    ASSERT_TRUE(file);
    folder.Write("pid", "1");
  }
  EXPECT_EQ(folder.Read("pid"), "1");
}

TEST(PidFileTest, APathThatCannotBeWrittenIsNamed) {
  const TestFolder folder;
  for (const std::string path : {".", "a/", "a/..", ""}) {
    const auto refused = PidFile::Create(path);
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
    EXPECT_EQ(refused.error().message, "Pid filename is invalid: " + path);
  }
  const auto deep = PidFile::Create(folder / "no/such/pid");  // Only one folder is made.
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, Code::kIo);
  EXPECT_THAT(deep.error().message, HasSubstr(folder / "no/such/pid"));
}

}  // namespace
}  // namespace immudb::process
