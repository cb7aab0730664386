#!/usr/bin/env python3
"""Runs the examples of the client library against the server, and lets one of them catch a lie."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server

EXAMPLE_SECONDS = 60
# What each example prints, as a whole.
OUTPUTS = {
    "sdk_values": r"hello, written at \d{10}\na = 1\nb = 2\nentry of key raw: bytes\n",
    "sdk_verified": r"100 EUR is entry \d+ of \d+, and the proof holds\n",
    "sdk_async": r"1000 calls, 0 failed\n",
    "sdk_references": r"report:2026: all is well, by a proven reference\n"
                      r"anna has 7.5\ncarla has 9.0\nanna was a winner\n"
                      r"anna was a player\n1 report\n",
    "sdk_databases": r"user anna\nuser immudb\ndatabase defaultdb\ndatabase ledger\n"
                     r"anna wrote entry 0 of her ledger\n",
    "sdk_proofs": r"entry \d+ is proven, in a history of \d+ entries\n",
}


def run_example(programs, name, port, state):
    return subprocess.run([programs / name, str(port), str(state)], text=True, capture_output=True,
                          timeout=EXAMPLE_SECONDS, env={**os.environ, "IMMUDB_PASSWORD": "immudb"})


def check_outputs(programs, database, state):
    for name, output in OUTPUTS.items():
        done = run_example(programs, name, database.port, state)
        assert done.returncode == 0, f"{name} ended with {done.returncode}: {done.stderr}"
        assert re.fullmatch(output, done.stdout), f"{name} printed {done.stdout!r}"


def check_state_files(state):
    assert state.stat().st_mode & 0o777 == 0o700, "others can look into the state folder"
    endings = sorted(file.suffix for file in state.iterdir())
    assert endings == 2 * [".lock"] + 2 * [".state"], endings  # Of two databases.
    for file in state.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, f"others can read {file}"


def check_another_history_is_caught(programs, database, state):
    kept = {file.name: file.read_bytes() for file in state.iterdir()}
    database.stop()
    shutil.rmtree(database.data)  # Somebody starts anew, on the same address.
    database.start()
    for _ in range(2):
        done = run_example(programs, "sdk_verified", database.port, state)
        assert done.returncode != 0, "another history was believed"
        assert "ALARM: SafeSet:" in done.stderr, done.stderr
        assert kept == {file.name: file.read_bytes() for file in state.iterdir()}, "state changed"


def main():
    options = server.arguments(__doc__).parse_args()
    programs = server.bin_dir(options)
    database = server.Server(programs).start()
    state = server.scratch_folder() / "state" / "immudb"
    check_outputs(programs, database, state)
    check_state_files(state)
    check_another_history_is_caught(programs, database, state)
    database.stop()


if __name__ == "__main__":
    server.run(main)
