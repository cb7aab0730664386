#include "process/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace immudb::process {
namespace {

constexpr std::size_t kFileBytesMax = 64 << 10;

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : number_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Error OsError(const std::string& path, int error) {
  const Code code = error == ENOENT                     ? Code::kNotFound
                    : error == EACCES || error == EPERM ? Code::kDenied
                                                        : Code::kIo;
  return Fail(code, "file {}: {}", path, std::strerror(error));
}

Status CheckPrivate(int descriptor, const std::string& path) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return OsError(path, errno);
  const bool group_is_ours = status.st_gid == getegid();
  const mode_t forbidden = S_IRWXO | S_IWGRP | (group_is_ours ? 0 : S_IRGRP);
  if ((status.st_mode & forbidden) == 0) return {};
  return Fail(Code::kDenied,
              "file {}: other users can read or change it; chmod 600 makes it private", path);
}

}  // namespace

Status CheckPrivateFile(const std::string& path) {
  const Descriptor file(path);
  if (file.number() < 0) return OsError(path, errno);
  return CheckPrivate(file.number(), path);
}

Result<std::string> ReadPrivateFile(const std::string& path) {
  const Descriptor file(path);
  if (file.number() < 0) return OsError(path, errno);
  IMMUDB_TRY(CheckPrivate(file.number(), path));
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = read(file.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return OsError(path, errno);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kFileBytesMax) {
      return Fail(Code::kLimitExceeded, "file {}: longer than {} bytes", path, kFileBytesMax);
    }
  }
}

}  // namespace immudb::process
