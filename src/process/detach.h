// A program that goes on in the background: whoever started it gets his prompt back when the start
// has succeeded, or its error and exit code when it has not.

#pragma once

#include <sys/types.h>

#include "immudb/result.h"

namespace immudb::process {

// Both sides of a process that has divided. Not thread-safe.
class Detachment {
 public:
  // What became of the start, as the side in the foreground sees it.
  struct Start {
    pid_t pid = 0;
    bool is_ready = false;
    int exit_code = 0;      // If it is not ready: with what the side in the background ended.
    int signal_number = 0;  // Not 0: what killed it.
  };

  // Divides the process. The side in the background has a session of its own, so no terminal ends
  // it, and keeps the working folder: relative paths mean what they meant.
  // Requires: this process has no other thread.
  // Errors: kIo; then nothing was divided.
  static Result<Detachment> Divide();

  ~Detachment();
  Detachment(Detachment&& other) noexcept;
  Detachment& operator=(Detachment&&) = delete;
  Detachment(const Detachment&) = delete;
  Detachment& operator=(const Detachment&) = delete;

  bool is_background() const { return pid_ == 0; }

  // On the side in the foreground: waits until the other is ready or has ended.
  Start Await();

  // On the side in the background: tells the other that the start has succeeded, and lets go of
  // standard input, output and error, which are /dev/null from now on.
  // Errors: kIo, also if the other side has gone, as when its user interrupted it: he believes that
  // nothing was started.
  Status ReportReady();

 private:
  Detachment(pid_t pid, int pipe) : pid_(pid), pipe_(pipe) {}

  pid_t pid_;  // Of the side in the background; 0 on that side.
  int pipe_;   // Carries one byte once it is ready; its end without one says that it has ended.
};

}  // namespace immudb::process
