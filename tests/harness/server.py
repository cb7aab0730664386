"""Starts, stops and kills the server under test: own folder, own port, gone with the script."""
import argparse
import atexit
import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS = 30.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.01
# Ends the server with this script, however the script ends. The kernel means the thread that starts
# the server, so that has to be the main thread.
DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")


def arguments(description):
    """The options every script has. IMMUDB_BIN_DIR overrides --bin: one registration in ctest
    serves the programs of each build."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--bin", default=str(ROOT / "build" / "release" / "bin"))
    return parser


def bin_dir(options):
    return pathlib.Path(os.environ.get("IMMUDB_BIN_DIR") or options.bin)


def seeded_random():
    """Random numbers whose seed is printed, and taken from IMMUDB_TEST_SEED if that is set."""
    seed = int(os.environ.get("IMMUDB_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"IMMUDB_TEST_SEED={seed}", flush=True)
    return random.Random(seed)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def scratch_folder():
    """A folder that disappears with the script."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="immudb-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class NotReady(Exception):
    """The server ended, or did not listen in time; the text holds its output."""


class Server:
    """One process of the server on `data`, kept over restarts of the same object."""

    def __init__(self, programs, data=None, flags=(), prefix=()):
        self.program = pathlib.Path(programs) / "immudb"
        self.folder = scratch_folder()
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.output = self.folder / "output"
        self.flags, self.prefix = list(flags), list(prefix)
        self.port = free_port()
        self.process = None
        atexit.register(self.kill)

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        traced = [*DIE_WITH_PARENT, *self.prefix] if self.prefix else []
        command = [*traced, *DIE_WITH_PARENT, str(self.program), "--address", "127.0.0.1", "--port",
                   str(self.port), "--dir", str(self.data), *self.flags]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("IMMUDB_")}
        if self.prefix:  # The leak check traces the process itself, so nobody else may.
            environment["ASAN_OPTIONS"] = "detect_leaks=0"
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, env={**environment, "HOME": str(self.folder)})
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise NotReady(f"exit code {self.process.returncode}: {self.text()[-2000:]}")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(POLL_SECONDS)
        self.kill()
        raise NotReady(f"not listening after {READY_SECONDS} s: {self.text()[-2000:]}")

    def pid(self):
        """The process that listens: a prefix such as strace has it as its only child."""
        if not self.prefix:
            return self.process.pid
        own = self.process.pid
        children = pathlib.Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return int(children[0])

    def text(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def stop(self):
        """Ends it in good order; fails if that is not what happens."""
        os.kill(self.pid(), signal.SIGTERM)
        code = self.process.wait(STOP_SECONDS)
        if code != 0:
            raise AssertionError(f"the server stopped with {code}: {self.text()[-4000:]}")

    def kill(self):
        """What a crash of the process does. Safe to call at any time."""
        if self.process is None or self.process.poll() is not None:
            return
        with contextlib.suppress(OSError, IndexError, ValueError):
            os.kill(self.pid(), signal.SIGKILL)
        if not self.prefix:
            self.process.kill()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)


def run(main):
    """Runs `main` and reports what it raised in one line, after the trace."""
    start = time.monotonic()
    try:
        main()
    except AssertionError as error:
        print(f"FAILED: {error}", flush=True)
        sys.exit(1)
    print(f"passed in {time.monotonic() - start:.1f} s", flush=True)
