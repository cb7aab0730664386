#include "process/detach.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace immudb::process {
namespace {

template <typename Call>
auto WithoutInterruption(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

Result<Detachment> Detachment::Divide() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Fail(Code::kIo, "starting in the background: {}", std::strerror(errno));
  }
  std::fflush(nullptr);  // Or both sides would write what is buffered.
  const pid_t pid = fork();
  if (pid < 0) {
    const int error = errno;
    for (const int end : ends) close(end);
    return Fail(Code::kIo, "starting in the background: {}", std::strerror(error));
  }
  if (pid > 0) {
    close(ends[1]);
    return Detachment(pid, ends[0]);
  }
  close(ends[0]);
  setsid();
  return Detachment(0, ends[1]);
}

Detachment::Detachment(Detachment&& other) noexcept
    : pid_(other.pid_), pipe_(std::exchange(other.pipe_, -1)) {}

Detachment::~Detachment() {
  if (pipe_ >= 0) close(pipe_);
}

Detachment::Start Detachment::Await() {
  char byte = 0;
  Start start{.pid = pid_};
  start.is_ready = WithoutInterruption([&] { return read(pipe_, &byte, 1); }) == 1;
  if (start.is_ready) return start;
  int status = 0;
  if (WithoutInterruption([&] { return waitpid(pid_, &status, 0); }) == pid_) {
    if (WIFEXITED(status)) start.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) start.signal_number = WTERMSIG(status);
  }
  return start;
}

Status Detachment::ReportReady() {
  std::signal(SIGPIPE, SIG_IGN);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return Fail(Code::kIo, "opening /dev/null: {}", std::strerror(errno));
  std::fflush(nullptr);
  // Told first: if nobody is there to hear it, the reason still has a way out.
  const char byte = 1;
  if (WithoutInterruption([&] { return write(pipe_, &byte, 1); }) != 1) {
    const int error = errno;
    close(nothing);
    return Fail(Code::kIo, "starting in the background: whoever asked for it has gone: {}",
                std::strerror(error));
  }
  close(std::exchange(pipe_, -1));
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, standard);
  close(nothing);
  return {};
}

}  // namespace immudb::process
