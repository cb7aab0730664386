"""A real terminal for programs under test: tmux, whose screen is text."""
import atexit
import subprocess
import time

import server

SECONDS = 30


class Terminal:
    """A terminal with one program in it, which says its exit code at the end."""

    def __init__(self, command, folder, environment, size):
        socket_folder = server.scratch_folder()
        self.folder, self.environment = folder, {**environment, "TMUX_TMPDIR": str(socket_folder)}
        atexit.register(self.close)
        columns, rows = map(str, size)
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows,
                  f"{command}; echo ended with $?; exec cat")

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-u", *words], env=self.environment, cwd=self.folder,
                              text=True, capture_output=True, timeout=SECONDS)
        assert done.returncode == 0, f"tmux {words}: {done.stderr}"
        return done.stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def await_screen(self, what, holds):
        deadline = time.monotonic() + SECONDS
        while not holds(screen := self.screen()):
            assert time.monotonic() < deadline, f"{what} is not seen:\n{screen}"

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def close(self):
        subprocess.run(["tmux", "kill-server"], env=self.environment, capture_output=True,
                       timeout=SECONDS, check=False)
