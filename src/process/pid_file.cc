#include "process/pid_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.h"

namespace immudb::process {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// True if a process other than this one runs under `number` and is the same program. In a
// container the number of the run before is often this process's own.
bool IsLiving(const std::string& number) {
  const bool is_number =
      !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number || number == Text("{}", getpid())) return false;
  const std::string name = ReadAll(Text("/proc/{}/comm", number));
  return !name.empty() && name == ReadAll("/proc/self/comm");
}

Error OsError(const std::string& path, int error) {
  const Code code = error == EACCES || error == EPERM || error == EROFS ? Code::kDenied : Code::kIo;
  return Fail(code, "pid file {}: {}", path, std::strerror(error));
}

// Writes the number through a new file, so that nobody reads half of it.
Status Write(const std::string& path) {
  const std::string temporary = path + ".new";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                        S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  if (file < 0) return OsError(path, errno);
  const std::string text = Text("{}", getpid());
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  // Not left to the umask: init scripts of other users read this file.
  const bool readable = fchmod(file, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0;
  const int error = errno;
  const bool closed = close(file) == 0;
  if (written && readable && closed && rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int cause = written && readable ? errno : error;
  unlink(temporary.c_str());
  return OsError(path, cause);
}

}  // namespace

Result<std::unique_ptr<PidFile>> PidFile::Create(const std::string& path) {
  const std::filesystem::path name(path);
  if (name.filename().empty() || name.filename() == "." || name.filename() == "..") {
    return Fail(Code::kInvalidArgument, "Pid filename is invalid: {}", path);
  }
  if (IsLiving(ReadAll(path))) {
    return Fail(Code::kExists, "pid file found, ensure immudb is not running or delete {}", path);
  }
  const std::string parent = name.parent_path();
  if (!parent.empty() && mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) {
    return OsError(path, errno);
  }
  IMMUDB_TRY(Write(path));
  return std::unique_ptr<PidFile>(new PidFile(path));
}

PidFile::~PidFile() {
  if (ReadAll(path_) == Text("{}", getpid())) unlink(path_.c_str());
}

}  // namespace immudb::process
