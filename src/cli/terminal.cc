#include "cli/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/error.h"

namespace immudb::cli {
namespace {

constexpr std::size_t kPasswordBytesMax = 4096;

int NumberOf(StandardStream stream) {
  switch (stream) {
    case StandardStream::kInput: return STDIN_FILENO;
    case StandardStream::kOutput: return STDOUT_FILENO;
    case StandardStream::kError: return STDERR_FILENO;
  }
  return STDIN_FILENO;
}

// Turns the echo of the terminal off while it lives.
class NoEcho {
 public:
  NoEcho() {
    is_set_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_set_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~NoEcho() {
    if (is_set_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool is_set_ = false;
};

// Byte by byte, so that what follows the line stays for whoever reads next.
Result<std::string> ReadLine() {
  std::string line;
  char c = 0;
  while (line.size() < kPasswordBytesMax) {
    const ssize_t count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 && line.empty()) {
      return Fail(Code::kInvalidArgument, "there is no password on standard input");
    }
    if (count <= 0 || c == '\n') break;
    line += c;
  }
  return line;
}

}  // namespace

bool IsTerminal(StandardStream stream) {
  return ::isatty(NumberOf(stream)) == 1;
}

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void PrintError(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

Status WriteOutput(BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(Code::kIo, "standard output cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

bool AskYesNo(std::string_view question) {
  Print(question);
  const Result<std::string> line = ReadLine();
  return line && (*line == "y" || *line == "Y" || *line == "yes");
}

Result<std::string> AskPassword(std::string_view prompt) {
  if (!IsTerminal(StandardStream::kInput)) return ReadLine();
  Print(prompt);
  Result<std::string> line = [] {
    const NoEcho quiet;
    return ReadLine();
  }();
  Print("\n");
  return line;
}

Result<std::size_t> ReadInputBytes(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = ::read(STDIN_FILENO, out.data() + done, out.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(Code::kIo, "standard input cannot be read");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

Result<std::string> ReadInput(std::size_t bytes_max) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.size() <= bytes_max) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(Code::kIo, "standard input cannot be read");
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return Fail(Code::kLimitExceeded, "standard input is longer than {} bytes", bytes_max);
}

}  // namespace immudb::cli
