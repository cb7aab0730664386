// Both file systems keep the contract of io/file_system.h, and answer alike.

#include "io/file_system.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "io/memory_file_system.h"
#include "io/posix_file_system.h"

namespace immudb::io {
namespace {

constexpr std::array<const char*, 7> kNames = {"a", "b", "c", "a/x", "b/x", "b/y", "missing/z"};
constexpr std::array kModes = {OpenMode::kReadWrite, OpenMode::kCreateNew, OpenMode::kCreateOrOpen,
                               OpenMode::kRead};

// A directory that is removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = testing::TempDir() + "immudb_io_XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Bytes Text(std::string_view text) {
  return {AsBytes(text).begin(), AsBytes(text).end()};
}

// A name for the outcome of a call, to compare.
template <typename T>
std::string Outcome(const Result<T>& result) {
  return result ? "ok" : "error " + std::to_string(static_cast<int>(result.error().code));
}

// Does one random thing and describes what came of it.
class RandomUser {
 public:
  RandomUser(FileSystem& files, std::string root, std::uint64_t seed)
      : files_(files), root_(std::move(root)), random_(seed) {}

  std::string Step() {
    switch (random_() % 12) {
      case 0: return "mkdir " + Outcome(files_.CreateDirectory(Name()));
      case 1: return "remove " + Outcome(files_.Remove(Name()));
      case 2: {
        const std::string from = Name();
        return "rename " + Outcome(files_.Rename(from, Name()));
      }
      case 3: return List();
      case 4: {
        const auto exists = files_.Exists(Name());
        return exists ? std::to_string(static_cast<int>(*exists)) : Outcome(exists);
      }
      case 5: {
        const std::string path = Name();
        return "sync " + Outcome(files_.SyncDirectory(path));
      }
      case 6: {
        const std::string path = Name();
        return "replace " + Outcome(ReplaceFile(files_, path, Data(random_() % 50)));
      }
      case 7: {
        const auto content = ReadFile(files_, Name(), 1000);
        return content ? std::string(content->begin(), content->end()) : Outcome(content);
      }
      default: return UseFile();
    }
  }

 private:
  std::string Name() { return JoinPath(root_, kNames[random_() % kNames.size()]); }
  Bytes Data(std::size_t bytes) {
    Bytes data(bytes);
    for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>('a' + random_() % 26);
    return data;
  }
  std::string List() {
    const auto entries = files_.List(random_() % 2 == 0 ? root_ : Name());
    if (!entries) return Outcome(entries);
    std::string text;
    for (const DirectoryEntry& entry : *entries) {
      text += entry.name + (entry.is_directory ? "/ " : " ");
    }
    return text;
  }
  std::string UseFile() {
    const OpenMode mode = kModes[random_() % kModes.size()];
    const auto file = files_.Open(Name(), mode);
    if (!file) return "open " + Outcome(file);
    std::string text = "file ";
    if (mode != OpenMode::kRead) {
      const Bytes first = Data(random_() % 40);
      const Bytes second = Data(random_() % 40);
      const std::vector<BytesView> parts = {first, {}, second};
      text += Outcome((*file)->Write(random_() % 100, parts));
      if (random_() % 4 == 0) text += Outcome((*file)->Truncate(random_() % 120));
      text += Outcome((*file)->Sync());
    }
    const auto size = (*file)->SizeBytes();
    text += " " + std::to_string(*size) + " ";
    Bytes content(random_() % 150);
    const auto count = (*file)->Read(random_() % 150, content);
    return text + std::string(content.begin(), content.begin() + static_cast<long>(*count));
  }

  FileSystem& files_;
  std::string root_;
  std::mt19937_64 random_;
};

TEST(FileSystemTest, TheMemoryTwinAnswersAsTheSystemDoes) {
  const char* const text = std::getenv("IMMUDB_TEST_SEED");
  const std::uint64_t seed = text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
  std::map<std::string, int> kinds;
  for (std::uint64_t run = 0; run < 10; ++run) {
    SCOPED_TRACE("IMMUDB_TEST_SEED=" + std::to_string(seed) + ", run " + std::to_string(run));
    const TemporaryDirectory directory;
    PosixFileSystem posix;
    MemoryFileSystem memory;
    RandomUser first(posix, directory.path(), seed * 100 + run);
    RandomUser second(memory, "", seed * 100 + run);
    for (int step = 0; step < 150; ++step) {
      const std::string expected = first.Step();
      ASSERT_EQ(second.Step(), expected) << "step " << step;
      ++kinds[expected.substr(0, expected.find(' '))];
    }
  }
  EXPECT_GT(kinds.size(), 8u);  // Not all of them the same answer.
}

class FileSystemContractTest : public testing::TestWithParam<bool> {
 protected:
  FileSystem& files() { return GetParam() ? static_cast<FileSystem&>(memory_) : posix_; }
  std::string Path(std::string_view name) {
    return GetParam() ? std::string(name) : JoinPath(directory_.path(), name);
  }

 private:
  TemporaryDirectory directory_;
  PosixFileSystem posix_;
  MemoryFileSystem memory_;
};

TEST_P(FileSystemContractTest, AWriteOfManyPartsArrivesWhole) {
  const auto file = files().Open(Path("f"), OpenMode::kCreateNew);
  ASSERT_TRUE(file.has_value());
  Bytes expected(7, 0);
  std::vector<Bytes> parts;
  std::vector<BytesView> views;
  for (int i = 0; i < 3000; ++i) {  // Above IOV_MAX, empty ones among them.
    parts.emplace_back(static_cast<std::size_t>(i % 5), static_cast<std::uint8_t>(i));
    expected.insert(expected.end(), parts.back().begin(), parts.back().end());
  }
  views.assign(parts.begin(), parts.end());
  ASSERT_TRUE((*file)->Write(7, views));
  EXPECT_EQ(ReadFile(files(), Path("f"), 1u << 20).value(), expected);
}

TEST_P(FileSystemContractTest, ErrorsHaveTheCodesOfTheContract) {
  ASSERT_TRUE(files().CreateDirectory(Path("d")));
  EXPECT_EQ(files().Open(Path("f"), OpenMode::kRead).error().code, Code::kNotFound);
  EXPECT_EQ(files().Open(Path("f"), OpenMode::kReadWrite).error().code, Code::kNotFound);
  EXPECT_EQ(files().Open(Path("d"), OpenMode::kRead).error().code, Code::kIo);
  EXPECT_EQ(files().Open(Path("d"), OpenMode::kCreateNew).error().code, Code::kExists);
  EXPECT_EQ(files().CreateDirectory(Path("d")).error().code, Code::kExists);
  EXPECT_EQ(files().CreateDirectory(Path("no/d")).error().code, Code::kNotFound);
  EXPECT_EQ(files().Remove(Path("no")).error().code, Code::kNotFound);
  EXPECT_EQ(files().Rename(Path("no"), Path("f")).error().code, Code::kNotFound);
  EXPECT_EQ(files().List(Path("no")).error().code, Code::kNotFound);
  EXPECT_EQ(files().SyncDirectory(Path("no")).error().code, Code::kNotFound);
  ASSERT_TRUE(ReplaceFile(files(), Path("d/f"), Text("12345")));
  EXPECT_EQ(files().Remove(Path("d")).error().code, Code::kIo);
  EXPECT_EQ(ReadFile(files(), Path("d/f"), 4).error().code, Code::kLimitExceeded);
  EXPECT_FALSE(files().Exists(Path("d/f.tmp")).value());
}

TEST_P(FileSystemContractTest, ALockIsHeldOnceAndReleasedWithItsObject) {
  auto lock = files().Lock(Path("lock"));
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(files().Lock(Path("lock")).error().code, Code::kUnavailable);
  lock->reset();
  EXPECT_TRUE(files().Lock(Path("lock")).has_value());
}

INSTANTIATE_TEST_SUITE_P(PosixAndMemory, FileSystemContractTest, testing::Bool());

TEST(PosixFileSystemTest, FilesAndDirectoriesBelongToTheirOwnerAlone) {
  const TemporaryDirectory directory;
  PosixFileSystem files;
  const std::string file = JoinPath(directory.path(), "f");
  const std::string subdirectory = JoinPath(directory.path(), "d");
  ASSERT_TRUE(files.Open(file, OpenMode::kCreateNew).has_value());
  ASSERT_TRUE(files.CreateDirectory(subdirectory));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions() & perms(077), perms::none);
  EXPECT_EQ(std::filesystem::status(subdirectory).permissions() & perms(077), perms::none);
}

TEST(PosixFileSystemTest, AMessageNamesThePathAndTheReason) {
  PosixFileSystem files;
  const auto opened = files.Open("/no/such/file", OpenMode::kRead);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().message, "open /no/such/file: No such file or directory");
}

TEST(PosixFileSystemTest, ADeviceIsNotTakenForAFile) {
  PosixFileSystem files;
  EXPECT_EQ(files.Open("/dev/null", OpenMode::kReadWrite).error().code, Code::kIo);
}

TEST(PathTest, JoinsAndSplits) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
  EXPECT_EQ(ParentPath("a/b"), "a");
  EXPECT_EQ(ParentPath("a/b/"), "a");
  EXPECT_EQ(ParentPath("a"), ".");
  EXPECT_EQ(ParentPath("/a"), "/");
  EXPECT_EQ(ParentPath("/"), "/");
}

}  // namespace
}  // namespace immudb::io
