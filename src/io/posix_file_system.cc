#include "io/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/check.h"
#include "base/error.h"

namespace immudb::io {
namespace {

// Small enough for the stack; the system takes at most IOV_MAX (1024) at once.
constexpr std::size_t kPartsPerCall = 256;

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

Code CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT: return Code::kNotFound;
    case EEXIST: return Code::kExists;
    case EACCES:
    case EPERM:
    case EROFS: return Code::kDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Code::kExhausted;
    default: return Code::kIo;
  }
}

// The error of the system call that has just failed on `path`.
Error SystemFailure(std::string_view what, const std::string& path, int error_number = errno) {
  return Fail(CodeOf(error_number), "{} {}: {}", what, path,
              std::generic_category().message(error_number));
}

// Owns a descriptor. close() is not checked: everything that matters was synced before.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  bool valid() const { return number_ >= 0; }

 private:
  int number_;
};

// Calls `call` until it is not interrupted by a signal.
template <typename Call>
auto Retry(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

Descriptor OpenDescriptor(const std::string& path, int flags) {
  return Descriptor(Retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kFileMode); }));
}

class PosixFile : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path, OpenMode mode)
      : descriptor_(std::move(descriptor)), path_(std::move(path)), mode_(mode) {}

  Result<std::size_t> Read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t count = Retry([&] {
        return ::pread(descriptor_.number(), out.data() + done, out.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (count < 0) return ReadFailure();
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  Status Write(std::uint64_t offset, std::span<const BytesView> parts) override;

  Status Sync() override {
    if (Retry([&] { return ::fdatasync(descriptor_.number()); }) != 0) {
      return Fail(Code::kIo, "sync {}: {}", path_, std::generic_category().message(errno));
    }
    return {};
  }

  Status Truncate(std::uint64_t size_bytes) override {
    IMMUDB_CHECK(mode_ != OpenMode::kRead);
    const auto size = static_cast<off_t>(size_bytes);
    if (Retry([&] { return ::ftruncate(descriptor_.number(), size); }) != 0) {
      return SystemFailure("truncate", path_);
    }
    return {};
  }

  Result<std::uint64_t> SizeBytes() const override {
    struct stat status {};
    if (::fstat(descriptor_.number(), &status) != 0) return ReadFailure();
    return static_cast<std::uint64_t>(status.st_size);
  }

 private:
  Error ReadFailure() const {
    return Fail(Code::kIo, "read {}: {}", path_, std::generic_category().message(errno));
  }

  Descriptor descriptor_;
  std::string path_;
  OpenMode mode_;
};

Status PosixFile::Write(std::uint64_t offset, std::span<const BytesView> parts) {
  IMMUDB_CHECK(mode_ != OpenMode::kRead);
  std::size_t part = 0;       // The first one not yet written whole.
  std::size_t part_done = 0;  // Bytes of it that are written.
  while (part < parts.size()) {
    std::array<iovec, kPartsPerCall> vectors;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const std::size_t count = std::min(kPartsPerCall, parts.size() - part);
    std::size_t asked = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const BytesView bytes = parts[part + i].subspan(i == 0 ? part_done : 0);
      vectors[i] = {.iov_base = const_cast<std::uint8_t*>(bytes.data()), .iov_len = bytes.size()};
      asked += bytes.size();
    }
    std::size_t written = 0;
    if (asked > 0) {
      const ssize_t result = Retry([&] {
        return ::pwritev(descriptor_.number(), vectors.data(), static_cast<int>(count),
                         static_cast<off_t>(offset));
      });
      if (result < 0) return SystemFailure("write", path_);
      if (result == 0) return Fail(Code::kIo, "write {}: nothing was written", path_);
      written = static_cast<std::size_t>(result);
    }
    offset += written;
    written += part_done;
    while (part < parts.size() && written >= parts[part].size()) written -= parts[part++].size();
    part_done = written;
  }
  return {};
}

class PosixLock : public DirectoryLock {
 public:
  explicit PosixLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;  // Closing it releases the lock.
};

Result<std::unique_ptr<DirectoryLock>> TakeLock(const std::string& path, int flags) {
  Descriptor descriptor = OpenDescriptor(path, flags);
  if (!descriptor.valid()) return SystemFailure("open", path);
  if (Retry([&] { return ::flock(descriptor.number(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) {
      return Fail(Code::kUnavailable, "{} is locked by another process", path);
    }
    return SystemFailure("lock", path);
  }
  return std::make_unique<PosixLock>(std::move(descriptor));
}

int FlagsOf(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead: return O_RDONLY;
    case OpenMode::kReadWrite: return O_RDWR;
    case OpenMode::kCreateNew: return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kCreateOrOpen: return O_RDWR | O_CREAT;
  }
  return O_RDONLY;
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::Open(const std::string& path, OpenMode mode) {
  // Not to wait for whoever writes into a pipe: it is refused below.
  Descriptor descriptor = OpenDescriptor(path, FlagsOf(mode) | O_NONBLOCK);
  if (!descriptor.valid()) return SystemFailure("open", path);
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) return SystemFailure("open", path);
  if (!S_ISREG(status.st_mode)) return Fail(Code::kIo, "open {}: not a regular file", path);
  return std::make_unique<PosixFile>(std::move(descriptor), path, mode);
}

Status PosixFileSystem::CreateDirectory(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) != 0) return SystemFailure("create directory", path);
  return {};
}

Status PosixFileSystem::Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const int error_number = errno;
    // A directory that is not empty may be called either way.
    const Code code = error_number == EEXIST ? Code::kIo : CodeOf(error_number);
    return Fail(code, "rename {} to {}: {}", from, to,
                std::generic_category().message(error_number));
  }
  return {};
}

Status PosixFileSystem::Remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return {};
  if (errno != EISDIR) return SystemFailure("remove", path);
  if (::rmdir(path.c_str()) == 0) return {};
  if (errno == EEXIST) errno = ENOTEMPTY;
  return SystemFailure("remove", path);
}

Result<std::vector<DirectoryEntry>> PosixFileSystem::List(const std::string& path) const {
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> directory(::opendir(path.c_str()), close);
  if (directory == nullptr) return SystemFailure("list", path);
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    // Safe with several threads: each has a stream of its own.
    const dirent* entry = ::readdir(directory.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) break;
    const std::string name(entry->d_name);
    if (name == "." || name == "..") continue;
    struct stat status {};
    if (::fstatat(::dirfd(directory.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // Removed in the meantime.
      return SystemFailure("list", path);
    }
    entries.push_back({.name = name, .is_directory = S_ISDIR(status.st_mode)});
  }
  if (errno != 0) return SystemFailure("list", path);
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  return entries;
}

Result<bool> PosixFileSystem::Exists(const std::string& path) const {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return SystemFailure("look up", path);
}

Status PosixFileSystem::SyncDirectory(const std::string& path) {
  const Descriptor descriptor = OpenDescriptor(path, O_RDONLY | O_DIRECTORY);
  if (!descriptor.valid()) return SystemFailure("open directory", path);
  if (Retry([&] { return ::fsync(descriptor.number()); }) != 0) {
    return Fail(Code::kIo, "sync directory {}: {}", path, std::generic_category().message(errno));
  }
  return {};
}

Result<std::unique_ptr<DirectoryLock>> PosixFileSystem::Lock(const std::string& path) {
  return TakeLock(path, O_RDWR | O_CREAT);
}

Result<std::unique_ptr<DirectoryLock>> PosixFileSystem::LockExisting(const std::string& path) {
  return TakeLock(path, O_RDONLY);
}

}  // namespace immudb::io
