#include "io/read_only_file_system.h"

#include "base/error.h"

namespace immudb::io {
namespace {

Error Refused(const std::string& path) {
  return Fail(Code::kDenied, "{}: it is only looked at, and not changed", path);
}

class ReadOnlyFile : public File {
 public:
  ReadOnlyFile(std::unique_ptr<File> file, std::string path,
               const ReadOnlyFileSystem::AfterRead& after_read)
      : file_(std::move(file)), path_(std::move(path)), after_read_(after_read) {}

  Result<std::size_t> Read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    IMMUDB_ASSIGN(const std::size_t bytes, file_->Read(offset, out));
    if (after_read_ != nullptr) IMMUDB_TRY(after_read_(bytes));
    return bytes;
  }
  Status Write(std::uint64_t /*offset*/, std::span<const BytesView> /*parts*/) override {
    return Refused(path_);
  }
  Status Sync() override { return {}; }
  Status Truncate(std::uint64_t /*size_bytes*/) override { return Refused(path_); }
  Result<std::uint64_t> SizeBytes() const override { return file_->SizeBytes(); }

 private:
  const std::unique_ptr<File> file_;
  const std::string path_;
  const ReadOnlyFileSystem::AfterRead& after_read_;  // The file system's.
};

}  // namespace

Result<std::unique_ptr<File>> ReadOnlyFileSystem::Open(const std::string& path, OpenMode mode) {
  if (mode == OpenMode::kCreateNew) return Refused(path);
  IMMUDB_ASSIGN(std::unique_ptr<File> file, files_.Open(path, OpenMode::kRead));
  return std::make_unique<ReadOnlyFile>(std::move(file), path, after_read_);
}

Status ReadOnlyFileSystem::CreateDirectory(const std::string& path) {
  return Refused(path);
}

Status ReadOnlyFileSystem::Rename(const std::string& from, const std::string& /*to*/) {
  return Refused(from);
}

Status ReadOnlyFileSystem::Remove(const std::string& path) {
  return Refused(path);
}

Status ReadOnlyFileSystem::SyncDirectory(const std::string& /*path*/) {
  return {};
}

Result<std::unique_ptr<DirectoryLock>> ReadOnlyFileSystem::Lock(const std::string& path) {
  return Refused(path);
}

}  // namespace immudb::io
