#include "process/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace immudb::process {
namespace {

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

Signal FromNumber(std::uint32_t number) {
  switch (number) {
    case SIGINT: return Signal::kInterrupt;
    case SIGHUP: return Signal::kHangUp;
    default: return Signal::kTerminate;
  }
}

}  // namespace

Result<std::unique_ptr<Signals>> Signals::Watch(std::function<void(Signal)> handler) {
  const sigset_t set = Watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  const int stop = eventfd(0, EFD_CLOEXEC);
  if (signals < 0 || stop < 0) {
    const int error = errno;
    if (signals >= 0) close(signals);
    if (stop >= 0) close(stop);
    return Fail(Code::kIo, "watching signals: {}", std::strerror(error));
  }
  return std::unique_ptr<Signals>(new Signals(signals, stop, std::move(handler)));
}

Signals::Signals(int signals, int stop, std::function<void(Signal)> handler)
    : signals_(signals), stop_(stop), handler_(std::move(handler)), thread_([this] { Run(); }) {}

Signals::~Signals() {
  const std::uint64_t one = 1;
  IMMUDB_CHECK(write(stop_, &one, sizeof one) == sizeof one);
  thread_.join();
  close(signals_);
  close(stop_);
}

void Signals::Run() {
  std::array<pollfd, 2> ready = {pollfd{signals_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  while (true) {
    if (poll(ready.data(), ready.size(), -1) < 0) {
      IMMUDB_CHECK(errno == EINTR);
      continue;
    }
    if (ready[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) == sizeof info) handler_(FromNumber(info.ssi_signo));
  }
}

}  // namespace immudb::process
