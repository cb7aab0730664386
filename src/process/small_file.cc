#include "process/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace immudb::process {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Error OsError(const SmallFileKind& kind, const std::string& path, int error) {
  const Code code = error == ENOENT                     ? Code::kNotFound
                    : error == EACCES || error == EPERM ? Code::kDenied
                                                        : Code::kIo;
  return Fail(code, "{} {}: {}", kind.name, path, std::strerror(error));
}

}  // namespace

Result<SmallFile> ReadSmallFile(const SmallFileKind& kind, const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.number() < 0 || fstat(file.number(), &status) != 0) return OsError(kind, path, errno);
  if (S_ISDIR(status.st_mode)) return OsError(kind, path, EISDIR);
  SmallFile content;
  const bool group_is_ours = status.st_gid == getegid();
  const mode_t group_bits = (status.st_mode & S_IRWXG) >> 3;
  content.strangers_mode = (status.st_mode & S_IRWXO) | (group_is_ours ? 0 : group_bits);
  content.group_mode = group_is_ours ? group_bits : 0;
  // At once, so that a secret leaves no copies behind.
  content.text.reserve(std::min(static_cast<std::size_t>(status.st_size), kind.bytes_max) + 1);
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = read(file.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return OsError(kind, path, errno);
    if (got == 0) return content;
    content.text.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.text.size() > kind.bytes_max) {
      return Fail(Code::kLimitExceeded, "{} {}: longer than {} bytes", kind.name, path,
                  kind.bytes_max);
    }
  }
}

}  // namespace immudb::process
