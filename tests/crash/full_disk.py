#!/usr/bin/env python3
"""Fills the disk under a server, and frees it again.

On a small file system of its own: writes are refused as exhausted once it is full, reads and proofs
go on, and writes go on by themselves once there is room. A server killed on the full disk starts
there again, or says what it needs; once there is room it has all it acknowledged.

Needs root and loop devices; ends with 77 where there are none. Run it with .venv/grpc.
"""
import os
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import loop_mount
import proof
import server
import wire

DISK_BYTES = 64 << 20
FILLER_BYTES = 24 << 20
VALUE = b"v" * 2000
BATCH_ENTRIES = 100
RESUME_SECONDS = 30


def write_until_full(session, acknowledged, name):
    """Returns the text of the refusal."""
    schema, number = session.schema, 0
    while True:
        pairs = [(b"%s/%d/%d" % (name, number, n), VALUE) for n in range(BATCH_ENTRIES)]
        request = schema.KVList(KVs=[schema.KeyValue(key=k, value=v) for k, v in pairs])
        try:
            last = session.call("SetBatch", request).index
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, (
                f"a full disk was told as {error.code()}: {error.details()}")
            return error.details()
        for index, pair in enumerate(pairs, last - BATCH_ENTRIES + 1):
            acknowledged[index] = pair
        number += 1
        assert number * BATCH_ENTRIES * len(VALUE) < 2 * DISK_BYTES, "the disk never filled up"


def write_single(session, acknowledged, key):
    pair = session.schema.KeyValue(key=key, value=b"small")
    reply = session.call("SafeSet", session.schema.SafeSetOptions(kv=pair))
    acknowledged[reply.index] = (key, b"small")


def check_reads(session, acknowledged):
    schema = session.schema
    head = session.call("CurrentRoot").payload
    size = head.index + 1
    assert size >= len(acknowledged), f"{len(acknowledged)} acknowledged, {size} there"
    for index in [*sorted(acknowledged)[-50:], *sorted(acknowledged)[:50]]:
        reply = session.call("BySafeIndex", schema.SafeIndexOptions(index=index))
        key, value = acknowledged[index]
        assert (reply.item.key, reply.item.value) == (key, value), f"entry {index} has changed"
        assert proof.inclusion_holds(proof.entry_digest(index, key, value), index,
                                     reply.proof.at + 1, list(reply.proof.inclusionPath),
                                     reply.proof.root), f"entry {index}: the proof does not hold"
        assert session.call("Get", schema.Key(key=key)).value == value


def wait_for_room(session, acknowledged, name):
    """Writes until one succeeds; returns after how many seconds."""
    start = time.monotonic()
    while True:
        try:
            write_single(session, acknowledged, name)
            return time.monotonic() - start
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error.details()
        assert time.monotonic() - start < RESUME_SECONDS, "writes did not resume"
        time.sleep(0.2)


def fill(folder):
    """Takes what is left, so that not even a small file can grow."""
    with open(folder / "rest", "wb") as rest:
        try:
            while True:
                os.write(rest.fileno(), bytes(4096))
        except OSError:
            pass


def main():
    options = server.arguments(__doc__).parse_args()
    loop_mount.require()
    modules, acknowledged = wire.generated_modules(), {}
    scratch = server.scratch_folder()
    with loop_mount.fresh(scratch, DISK_BYTES) as mounted:
        (mounted / "filler").write_bytes(bytes(FILLER_BYTES))
        database = server.Server(server.bin_dir(options), data=mounted / "data").start()
        session = wire.Session(database.target, modules)
        text = write_until_full(session, acknowledged, b"first")
        print(f"full after {len(acknowledged)} entries: {text}")
        check_reads(session, acknowledged)
        (mounted / "filler").unlink()
        seconds = wait_for_room(session, acknowledged, b"resumed")
        print(f"writes went on {seconds:.1f} s after there was room")
        write_until_full(session, acknowledged, b"second")
        fill(mounted)
        check_reads(session, acknowledged)
        session.close()
        database.kill()
        killed_on_a_full_disk(database, modules, acknowledged, mounted)
        database.kill()
    shutil.rmtree(scratch, ignore_errors=True)


def killed_on_a_full_disk(database, modules, acknowledged, mounted):
    try:
        database.start()
        session = wire.Session(database.target, modules)
        check_reads(session, acknowledged)
        session.close()
        print("it starts on a full disk")
    except server.NotReady as error:
        assert "no space" in str(error).lower(), f"not a word of the full disk: {error}"
        print("on a full disk it does not start, and says so")
    database.kill()
    (mounted / "rest").unlink()
    database.start()
    session = wire.Session(database.target, modules)
    check_reads(session, acknowledged)
    wait_for_room(session, acknowledged, b"last")
    session.close()
    database.stop()
    print(f"with room again it has all {len(acknowledged)} entries, and takes more")


if __name__ == "__main__":
    server.run(main)
