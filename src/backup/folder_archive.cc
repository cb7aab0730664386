#include <algorithm>
#include <utility>

#include "backup/archive.h"
#include "backup/backup_format.h"
#include "base/check.h"
#include "base/error.h"

namespace immudb::backup {
namespace {

constexpr const char* kPartialEnding = ".partial";

// Removes a folder that holds nothing but files of a backup; of any other, nothing.
Status RemoveBackupFolder(io::FileSystem& files, const std::string& path) {
  IMMUDB_ASSIGN(const std::vector<io::DirectoryEntry> entries, files.List(path));
  for (const io::DirectoryEntry& entry : entries) {
    if (!entry.is_directory && IsMemberName(entry.name)) continue;
    return Fail(Code::kExists, "{} exists already and is no unfinished backup", path);
  }
  for (const io::DirectoryEntry& entry : entries) {
    IMMUDB_TRY(files.Remove(io::JoinPath(path, entry.name)));
  }
  return files.Remove(path);
}

class FolderWriter : public ArchiveWriter {
 public:
  FolderWriter(io::FileSystem& files, std::string path)
      : files_(files), path_(std::move(path)), partial_(path_ + kPartialEnding) {}

  ~FolderWriter() override {
    file_.reset();
    if (is_whole_) return;
    // Nobody can be told of a failure here; what is left is named for what it is.
    const Status ignored = RemoveBackupFolder(files_, partial_);
    static_cast<void>(ignored);
  }
  FolderWriter(const FolderWriter&) = delete;
  FolderWriter& operator=(const FolderWriter&) = delete;

  Status Begin(const TarMember& member) override {
    IMMUDB_TRY(EndMember());
    IMMUDB_ASSIGN(file_,
                  files_.Open(io::JoinPath(partial_, member.name), io::OpenMode::kCreateNew));
    written_bytes_ = 0;
    return {};
  }

  Status Write(BytesView bytes) override {
    IMMUDB_CHECK(file_ != nullptr);
    IMMUDB_TRY(file_->Write(written_bytes_, bytes));
    written_bytes_ += bytes.size();
    return {};
  }

  Status End() override {
    IMMUDB_TRY(EndMember());
    IMMUDB_TRY(files_.SyncDirectory(partial_));
    IMMUDB_ASSIGN(const bool exists, files_.Exists(path_));
    if (exists) return Fail(Code::kExists, "{} has appeared meanwhile", path_);
    IMMUDB_TRY(files_.Rename(partial_, path_));
    is_whole_ = true;
    return files_.SyncDirectory(io::ParentPath(path_));
  }

 private:
  Status EndMember() {
    if (file_ == nullptr) return {};
    IMMUDB_TRY(file_->Sync());
    file_.reset();
    return {};
  }

  io::FileSystem& files_;
  const std::string path_;
  const std::string partial_;
  std::unique_ptr<io::File> file_;
  std::uint64_t written_bytes_ = 0;
  bool is_whole_ = false;
};

// Gives the members in the order in which a backup has them.
class FolderReader : public ArchiveReader {
 public:
  FolderReader(io::FileSystem& files, std::string path, std::vector<std::string> names)
      : files_(files), path_(std::move(path)), names_(std::move(names)) {}

  Result<std::optional<TarMember>> Next() override {
    if (read_bytes_ < bytes_) {
      return Fail(Code::kCorrupted, "a member of the backup is longer than it should");
    }
    if (next_ == names_.size()) return std::optional<TarMember>();
    TarMember member{.name = names_[next_++]};
    IMMUDB_ASSIGN(file_, files_.Open(io::JoinPath(path_, member.name), io::OpenMode::kRead));
    IMMUDB_ASSIGN(member.bytes, file_->SizeBytes());
    bytes_ = member.bytes;
    read_bytes_ = 0;
    return std::optional(std::move(member));
  }

  Result<Bytes> Read(std::size_t bytes_max) override {
    Bytes bytes(std::min<std::uint64_t>(bytes_max, bytes_ - read_bytes_));
    IMMUDB_ASSIGN(const std::size_t count, file_->Read(read_bytes_, bytes));
    if (count != bytes.size()) return Fail(Code::kCorrupted, "the backup became shorter");
    read_bytes_ += count;
    return bytes;
  }

 private:
  io::FileSystem& files_;
  const std::string path_;
  const std::vector<std::string> names_;
  std::size_t next_ = 0;
  std::unique_ptr<io::File> file_;
  std::uint64_t bytes_ = 0;
  std::uint64_t read_bytes_ = 0;
};

}  // namespace

Result<std::unique_ptr<ArchiveWriter>> CreateFolderWriter(io::FileSystem& files, std::string path) {
  IMMUDB_ASSIGN(const bool exists, files.Exists(path));
  if (exists) return Fail(Code::kExists, "{} exists already", path);
  const std::string partial = path + kPartialEnding;
  IMMUDB_ASSIGN(const bool leftover, files.Exists(partial));
  if (leftover) IMMUDB_TRY(RemoveBackupFolder(files, partial));
  IMMUDB_TRY(files.CreateDirectory(partial));
  return std::unique_ptr<ArchiveWriter>(std::make_unique<FolderWriter>(files, std::move(path)));
}

Result<std::unique_ptr<ArchiveReader>> OpenFolderReader(io::FileSystem& files, std::string path) {
  IMMUDB_ASSIGN(const std::vector<io::DirectoryEntry> entries, files.List(path));
  std::vector<std::string> names;
  for (const io::DirectoryEntry& entry : entries) {
    if (entry.is_directory || !IsMemberName(entry.name)) {
      return Fail(Code::kCorrupted, "{} is no backup: it holds more than one does", path);
    }
    names.push_back(entry.name);
  }
  std::sort(names.begin(), names.end(), MemberNameLess);
  return std::unique_ptr<ArchiveReader>(
      std::make_unique<FolderReader>(files, std::move(path), std::move(names)));
}

}  // namespace immudb::backup
