#include "cli/new_file.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "io/memory_file_system.h"
#include "io/posix_file_system.h"

namespace immudb::cli {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint64_t kBytesMax = 8u << 20;

Bytes Pattern(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31);
  return bytes;
}

// Writes three parts, more than the file's buffer holds.
Status WriteAll(io::FileSystem& files, const std::string& path) {
  auto file = NewFile::Create(files, path);
  if (!file) return file.error();
  const Bytes part = Pattern(700'000);
  for (int i = 0; i < 3; ++i) {
    if (Status done = (*file)->Append(part); !done) return done;
  }
  return (*file)->Commit();
}

TEST(NewFileTest, WhatWasAppendedIsThereUnderTheFilesOwnName) {
  io::MemoryFileSystem files(kSeed);
  ASSERT_TRUE(WriteAll(files, "dump").has_value());
  const auto bytes = io::ReadFile(files, "dump", kBytesMax);
  ASSERT_TRUE(bytes.has_value()) << bytes.error().message;
  const Bytes part = Pattern(700'000);
  ASSERT_EQ(bytes->size(), 3 * part.size());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::equal(part.begin(), part.end(),
                           bytes->begin() + static_cast<std::ptrdiff_t>(i * part.size())));
  }
  EXPECT_FALSE(*files.Exists("dump.partial"));
}

TEST(NewFileTest, WithoutACommitNothingIsLeft) {
  io::MemoryFileSystem files(kSeed);
  {
    auto file = NewFile::Create(files, "dump");
    ASSERT_TRUE(file.has_value()) << file.error().message;
    ASSERT_TRUE((*file)->Append(Pattern(2'000'000)).has_value());
    EXPECT_FALSE(*files.Exists("dump"));
    EXPECT_TRUE(*files.Exists("dump.partial"));
  }
  EXPECT_FALSE(*files.Exists("dump"));
  EXPECT_FALSE(*files.Exists("dump.partial"));
}

TEST(NewFileTest, AnExistingFileIsNotTouched) {
  io::MemoryFileSystem files(kSeed);
  ASSERT_TRUE(io::ReplaceFile(files, "dump", Pattern(3)).has_value());
  const auto file = NewFile::Create(files, "dump");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, Code::kExists);
  EXPECT_EQ(io::ReadFile(files, "dump", kBytesMax), Pattern(3));
}

TEST(NewFileTest, AFileThatAppearsMeanwhileIsNotReplaced) {
  io::MemoryFileSystem files(kSeed);
  auto file = NewFile::Create(files, "dump");
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(io::ReplaceFile(files, "dump", Pattern(3)).has_value());
  const Status done = (*file)->Commit();
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, Code::kExists);
  EXPECT_EQ(io::ReadFile(files, "dump", kBytesMax), Pattern(3));
}

TEST(NewFileTest, WhatAKilledProgramLeftIsReplaced) {
  io::MemoryFileSystem files(kSeed);
  ASSERT_TRUE(io::ReplaceFile(files, "dump.partial", Pattern(3)).has_value());
  ASSERT_TRUE(WriteAll(files, "dump").has_value());
  EXPECT_FALSE(*files.Exists("dump.partial"));
}

TEST(NewFileTest, AfterAFailureAtAnyOperationThereIsTheWholeFileOrNone) {
  io::MemoryFileSystem healthy(kSeed);
  ASSERT_TRUE(WriteAll(healthy, "dump").has_value());
  for (std::uint64_t number = 0; number < healthy.operations(); ++number) {
    io::MemoryFileSystem files(kSeed);
    files.FailAt(number, io::Fault::kIoError);
    EXPECT_FALSE(WriteAll(files, "dump").has_value()) << number;
    if (!*files.Exists("dump")) continue;
    const auto bytes = io::ReadFile(files, "dump", kBytesMax);
    ASSERT_TRUE(bytes.has_value()) << number;
    EXPECT_EQ(bytes->size(), 2'100'000u) << number;
  }
}

TEST(NewFileTest, ASignalRemovesTheFileAndEndsTheProgram) {
  const std::string path = testing::TempDir() + "new_file_test_dump";
  io::PosixFileSystem files;
  EXPECT_EXIT(
      {
        auto file = NewFile::Create(files, path);
        if (!file || !(*file)->Append(Pattern(2'000'000)) || !*files.Exists(path + ".partial")) {
          std::_Exit(1);
        }
        std::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
  EXPECT_FALSE(*files.Exists(path));
  EXPECT_FALSE(*files.Exists(path + ".partial"));
}

}  // namespace
}  // namespace immudb::cli
