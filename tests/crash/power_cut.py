#!/usr/bin/env python3
"""Cuts the power of a server under load, at any moment, and looks for what it had acknowledged.

The server runs on ext4 on a disk that records every write and flush (harness/recording_disk.py); it
is killed and started again in between. Then, for many moments of that record, a disk is made as the
power cut may have left it: everything flushed by then, and of the rest some. On each, the file
system is mounted and the server started: all that was acknowledged by that moment is there with its
value, and every root given out by then is extended.

As a control, the same is done to a server with --durability=written: if no state of it has lost
anything, this test proves nothing and fails.

Needs root, FUSE and loop devices; ends with 77 where there are none. Run it with .venv/grpc.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import loop_mount
import proof
import recording_disk
import server
import wire

DISK_BYTES = 192 << 20
WRITERS = 6
CHECKED_NEWEST = 150
CHECKED_OTHERS = 50
CHECKED_ROOTS = 20
CONTROLS_MAX = 10


class Missing(Exception):
    """Something promised is not there."""


class Record:
    """What the server promised, and how much of the disk's log there was when it did."""

    def __init__(self, log):
        self.log = log
        self.lock = threading.Lock()
        self.entries = []  # (position, index, key, value)
        self.roots = []    # (position, size, root)

    def position(self):
        return self.log.stat().st_size

    def acknowledge(self, index, key, value, root):
        position = self.position()
        with self.lock:
            self.entries.append((position, index, key, value))
            self.roots.append((position, index + 1, root))


def write(session, record, name, stopping):
    """Verified writes until told to stop, or until the server is gone after that."""
    number = 0
    while not stopping.is_set():
        key, value = b"%s/%d" % (name, number), b"v" * (number % 300)
        pair = session.schema.KeyValue(key=key, value=value)
        try:
            reply = session.call("SafeSet", session.schema.SafeSetOptions(kv=pair))
        except grpc.RpcError:
            if stopping.is_set():
                return
            raise
        record.acknowledge(reply.index, key, value, reply.root)
        number += 1


def load(database, modules, record, name, seconds, end):
    """Runs writers against the server for a time, then has `end` end it."""
    stopping, failures = threading.Event(), []

    def worker(number):
        session = wire.Session(database.target, modules)
        try:
            write(session, record, b"%s-%d" % (name, number), stopping)
        except grpc.RpcError as error:
            failures.append(f"{error.code()} {error.details()}")
        session.close()

    writers = [threading.Thread(target=worker, args=(n,), daemon=True) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(seconds)  # The load itself; nothing waits for an event here.
    stopping.set()
    end()
    for writer in writers:
        writer.join(wire.CALL_SECONDS)
    assert not failures, failures[0]


def record_lives(programs, modules, folder, flags, seconds):
    """Three lives of a server on a recording disk: killed, killed, stopped."""
    log, served, mounted = folder / "log", folder / "served", folder / "mounted"
    for path in (log, served, mounted):
        path.touch() if path == log else path.mkdir()
    disk = subprocess.Popen([*server.DIE_WITH_PARENT, sys.executable, recording_disk.__file__,
                             str(served), str(DISK_BYTES), str(log)])
    try:
        deadline = time.monotonic() + server.READY_SECONDS
        while not (served / "disk").exists():
            assert disk.poll() is None and time.monotonic() < deadline, "the disk is not served"
            time.sleep(server.POLL_SECONDS)
        loop_mount.make_ext4(served / "disk")
        record = Record(log)
        with loop_mount.mounted(served / "disk", mounted):
            database = server.Server(programs, data=mounted / "data", flags=flags)
            record.started = None
            for number in range(3):
                database.start()
                record.started = record.started or record.position()
                end = database.kill if number < 2 else database.stop
                load(database, modules, record, b"life %d" % number, seconds, end)
        return record
    finally:
        subprocess.run(["umount", "-l", str(served)], stderr=subprocess.DEVNULL)
        disk.terminate()
        disk.wait(server.STOP_SECONDS)


def check(database, modules, record, position, random):
    """Raises Missing if the running server lacks what was promised up to `position`."""
    session = wire.Session(database.target, modules)
    schema = session.schema
    try:
        promised = [entry for entry in record.entries if entry[0] <= position]
        head = session.call("CurrentRoot").payload
        size = head.index + 1 if head.root else 0
        highest = max((index for _, index, _, _ in promised), default=-1)
        if highest >= size:
            raise Missing(f"entry {highest} was acknowledged, the tree has {size}")
        newest = sorted(promised, key=lambda entry: entry[1])[-CHECKED_NEWEST:]
        others = random.sample(promised, min(len(promised), CHECKED_OTHERS))
        for _, index, key, value in newest + others:
            item = session.call("ByIndex", schema.Index(index=index))
            if (item.key, item.value) != (key, value):
                raise Missing(f"entry {index} is another one")
        roots = [(old, root) for when, old, root in record.roots if when <= position]
        for old_size, old_root in random.sample(roots, min(len(roots), CHECKED_ROOTS)):
            reply = session.call("Consistency", schema.Index(index=old_size - 1))
            if not proof.consistency_holds(old_size, old_root, size, head.root, list(reply.path)):
                raise Missing(f"the root of {old_size} entries is not extended")
        return len(newest) + len(others) + min(len(roots), CHECKED_ROOTS)
    finally:
        session.close()


def lost_states(programs, modules, folder, record, flags, count, random):
    """Makes `count` states in the order of time, starts a server on each, and returns what was
    missing in which, and how many promises were held against them."""
    end = record.position()
    cuts = sorted(random.randrange(record.started, end + 1) for _ in range(count))
    durable, state = folder / "durable", folder / "state"
    with open(durable, "wb") as image:
        image.truncate(DISK_BYTES)
    log, volatile, losses, checked = recording_disk.events(record.log), [], [], 0
    upcoming, before = next(log), 0
    base = os.open(durable, os.O_RDWR)
    for position in cuts:
        while upcoming is not None and upcoming[0] <= position:
            _, offset, data = upcoming
            if offset is not None:
                volatile.append((offset, data))
            else:
                for at, durable_bytes in volatile:
                    os.pwrite(base, durable_bytes, at)
                volatile.clear()
            upcoming = next(log, None)
        loop_mount.run("cp", "--sparse=always", str(durable), str(state))
        image = os.open(state, os.O_RDWR)
        recording_disk.cut(image, volatile, random)
        os.close(image)
        with loop_mount.mounted(state, folder / "mounted"):
            database = server.Server(programs, data=folder / "mounted" / "data", flags=flags)
            try:
                database.start()
                checked += check(database, modules, record, position, random)
            except Missing as missing:
                losses.append(f"power cut at byte {position} of the record: {missing}")
            except server.NotReady as error:
                losses.append(f"power cut at byte {position} of the record: no start: {error}")
            database.kill()
    os.close(base)
    return losses, checked


def tried(programs, modules, flags, seconds, count, random):
    folder = server.scratch_folder()
    record = record_lives(programs, modules, folder, flags, seconds)
    losses, checked = lost_states(programs, modules, folder, record, flags, count, random)
    print(f"{' '.join(flags) or 'durable'}: {len(record.entries)} writes acknowledged in three "
          f"lives, {record.position() >> 20} MiB recorded, {count} power cuts, "
          f"{checked} promises held against them; states with a loss: {len(losses)}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    return losses


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--states", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each of the three lives")
    options = parser.parse_args()
    loop_mount.require("/dev/fuse")
    random, modules = server.seeded_random(), wire.generated_modules()
    programs = server.bin_dir(options)
    losses = tried(programs, modules, [], options.seconds, options.states, random)
    assert not losses, losses[0]
    control = any(tried(programs, modules, ["--durability=written"], options.seconds, 5, random)
                  for _ in range(CONTROLS_MAX))
    assert control, "a server that syncs nothing lost nothing: this test sees nothing"


if __name__ == "__main__":
    server.run(main)
