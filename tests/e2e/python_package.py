#!/usr/bin/env python3
"""The official Python package for 0.8, unmodified, against the server, through a crash of it.

Eight threads write verified entries while the server is killed and started again. Each write that
was acknowledged must have been verified by the package, at its own index, against the root that the
same client trusted before, over the crash too; and afterwards each must still be there, verified.
Run it with the Python of .venv/sdk.
"""
import ctypes
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc
from immudb import constants
from immudb.client import ImmudbClient

import server

THREADS = 8
CRASH_SECONDS = 300
RECONNECT_SECONDS = 30
CLONE_FS = 0x200


def own_working_directory(folder):
    """The package keeps the trusted root in a file of the working directory. Giving each thread a
    directory of its own gives each a trusted root of its own."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_FS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    folder.mkdir()
    os.chdir(folder)


def connect(target):
    """Logs in; the root that was trusted before stays trusted."""
    cache = pathlib.Path(constants.ROOT_CACHE_PATH)
    trusted = cache.read_bytes() if cache.exists() else None
    client = ImmudbClient(target)
    give_up = time.monotonic() + RECONNECT_SECONDS
    while True:
        try:
            client.login("immudb", "immudb")
            break
        except grpc.RpcError as error:
            # gRPC backs off after a refused connection, for all channels to the same address.
            if error.code() != grpc.StatusCode.UNAVAILABLE or time.monotonic() > give_up:
                raise
            time.sleep(0.1)
    if trusted is not None:
        cache.write_bytes(trusted)
    return client


class Crash:
    """One crash, due when `at` writes are acknowledged. The main thread makes it happen."""

    def __init__(self, at):
        self._at, self._count, self._lock = at, 0, threading.Lock()
        self.due, self.over = threading.Event(), threading.Event()

    def acknowledged(self):
        with self._lock:
            self._count += 1
            if self._count == self._at:
                self.due.set()

    def make(self, database):
        if self.due.wait(CRASH_SECONDS):
            database.kill()
            database.start()
            self.over.set()


def write(name, count, target, folder, crash, acknowledged):
    own_working_directory(folder)
    client, number, crashed = connect(target), 0, False
    while number < count:
        key, value = f"{name}/{number}".encode(), f"value {number} of {name}".encode()
        try:
            reply = client.safeSet(key, value)
        except grpc.RpcError:
            if crashed or not crash.due.is_set() or not crash.over.wait(CRASH_SECONDS):
                raise
            client.shutdown()
            client, crashed = connect(target), True
            continue
        assert reply.verified, f"{key} was acknowledged and is not verified"
        assert reply.at == reply.index, f"{key}: proven at {reply.at}, its index is {reply.index}"
        acknowledged[key] = (value, reply.index)
        number += 1
        crash.acknowledged()
    client.shutdown()


def read(target, folder, acknowledged):
    own_working_directory(folder)
    client = connect(target)
    for key, (value, index) in acknowledged.items():
        reply = client.safeGet(key)
        assert reply.verified, f"{key} is not verified"
        assert reply.value.encode() == value, f"{key}: {reply.value!r}, acknowledged {value!r}"
        assert reply.index == index, f"{key}: index {reply.index}, acknowledged {index}"
    client.shutdown()


def together(tasks, meanwhile=lambda: None):
    """Runs each task on a thread, and `meanwhile` on this one; fails if a task does."""
    failures = []

    def guarded(task, *parameters):
        try:
            task(*parameters)
        except BaseException as error:
            failures.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=guarded, args=task, daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    meanwhile()
    for thread in threads:
        thread.join()
    assert not failures, "; ".join(failures[:5])


def every_call(target, folder):
    """What a user of the package does in a first hour."""
    own_working_directory(folder)
    client = connect(target)
    assert client.set(b"plain", b"one").index >= 0
    assert client.get(b"plain").value == b"one"
    pairs = {f"batch {n}".encode(): f"value {n}".encode() for n in range(50)}
    client.setAll(pairs)
    assert client.getAll(list(pairs)) == pairs
    assert client.safeGet(b"batch 7").verified
    first, second = client.safeSet(b"twice", b"1"), client.safeSet(b"twice", b"2")
    assert first.verified and second.verified and second.index == first.index + 1
    assert client.safeGet(b"twice").value == "2"
    assert client.currentRoot().index == second.index
    try:
        client.get(b"nobody wrote this")
        raise AssertionError("a missing key was found")
    except grpc.RpcError as error:
        assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "Key not found")
    client.logout()
    try:
        client.get(b"plain")
        raise AssertionError("a session was usable after logout")
    except grpc.RpcError as error:
        assert error.code() != grpc.StatusCode.OK
    client.shutdown()


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--writes", type=int, default=1000, help="of each thread")
    options = parser.parse_args()
    folder = server.scratch_folder()
    database = server.Server(server.bin_dir(options)).start()
    target = database.target
    together([(every_call, target, folder / "calls")])

    crash = Crash(THREADS * options.writes // 2)
    written = [{} for _ in range(THREADS)]
    together([(write, f"writer {n}", options.writes, target, folder / f"w{n}", crash, written[n])
              for n in range(THREADS)], lambda: crash.make(database))
    assert crash.over.is_set(), "the server was not killed"
    indexes = [index for entries in written for _, index in entries.values()]
    assert len(indexes) == THREADS * options.writes
    assert len(set(indexes)) == len(indexes), "two entries were acknowledged with one index"
    together([(read, target, folder / f"r{n}", written[n]) for n in range(THREADS)])
    database.stop()
    print(f"{len(indexes)} verified writes and reads, one crash, nothing missing")


if __name__ == "__main__":
    server.run(main)
