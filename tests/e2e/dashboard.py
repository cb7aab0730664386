#!/usr/bin/env python3
"""The live view of immuadmin stats, in a real terminal (tmux), against the real server.

screens/*.txt are what must be seen; numbers, curves and runs of blanks count for nothing. With
IMMUDB_WRITE_SCREENS=1 the files are written instead of compared.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server
from terminal import Terminal

SCREENS = pathlib.Path(__file__).resolve().parent / "screens"
SECONDS = 30
SKIPPED = 77
LOGIN = ("immuclient", "login", "immudb")


def normal(screen):
    """The screen without what differs from run to run."""
    lines = []
    for line in screen.rstrip("\n").split("\n"):
        line = re.sub(r"\d+(\.\d+)?( [kMG]?B)?", "0", line)
        line = re.sub(r"[▁▂▃▄▅▆▇█]+|[_.,\-=+*#]{3,}", "~", line)
        lines.append(re.sub(r" +", " ", line).rstrip())
    return lines


def check_screen(terminal, name):
    path = SCREENS / name
    if os.environ.get("IMMUDB_WRITE_SCREENS"):
        terminal.await_screen("a rate", lambda screen: re.search(r"Reads +0\.0/s", screen))
        path.write_text(terminal.screen().rstrip("\n") + "\n")
    expected = normal(path.read_text())
    terminal.await_screen(name, lambda screen: normal(screen) == expected)


def check_live_view(terminal, database):
    terminal.await_screen("a rate", lambda screen: re.search(r"Reads +0\.0/s", screen))
    check_screen(terminal, "dashboard_100x30.txt")
    terminal.resize(60, 12)
    check_screen(terminal, "dashboard_60x12.txt")
    terminal.resize(100, 30)

    database.kill()
    terminal.await_screen("the failure", lambda screen: "Connection refused: old figures" in screen)
    database.start()
    terminal.await_screen("the server", lambda screen: "old figures" not in screen)


def check_end(terminal, key):
    terminal.tmux("send-keys", key)
    terminal.await_screen("the end", lambda screen: "ended with 0" in screen)
    assert "Reads" not in terminal.screen(), "the terminal was not given back"


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args()).resolve()
    if not shutil.which("tmux"):
        print("skipped: there is no tmux")
        sys.exit(SKIPPED)
    metrics_port = str(server.free_port())
    database = server.Server(programs, data="data", flags=["--metrics-port", metrics_port])
    database.start()
    folder = server.scratch_folder()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
                   "TERM": "xterm-256color", "ASAN_OPTIONS": "detect_leaks=0",
                   "IMMUADMIN_IMMUDB_PORT": str(database.port),
                   "IMMUCLIENT_IMMUDB_PORT": str(database.port),
                   "IMMUADMIN_METRICS_PORT": metrics_port, "IMMUADMIN_INTERVAL": "200ms"}
    for words in (LOGIN, ("immuclient", "set", "key", "value"), ("immuclient", "get", "key")):
        subprocess.run([programs / words[0], *words[1:]], env=environment, input="immudb\n",
                       text=True, check=True, capture_output=True, timeout=SECONDS)

    command = f"{programs}/immuadmin stats -v"
    terminal = Terminal(command, folder, environment, (100, 30))
    check_live_view(terminal, database)
    check_end(terminal, "q")

    plain = Terminal(f"LC_ALL=C {programs}/immuadmin stats", folder, environment, (80, 24))
    plain.await_screen("a curve in ASCII", lambda screen: re.search(r"Memory .*###", screen))
    check_end(plain, "C-c")
    database.stop()


if __name__ == "__main__":
    server.run(main)
