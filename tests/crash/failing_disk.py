#!/usr/bin/env python3
"""Lets the system calls of the real server fail, one kind at a time, from a random call on.

strace answers in the kernel's place: EIO or ENOSPC for a sync or a write, for one call or for all
later ones; or success for a sync that never happened (which only a power cut would show, so nothing
may be missing here). After each: nothing that was acknowledged is missing, neither while the server
runs nor after it was killed and started on a healthy disk; it has ended by itself only where that
is said (a start that failed, a stop that was asked for), and each call that fails does so with a
status of its own.

Run it with the Python of .venv/grpc.
"""
import os
import pathlib
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import server
import wire

WRITERS = 4
LOAD_SECONDS = 1.0
BATCH_ENTRIES = 40
# What a write may be answered with while the disk is failing.
REFUSALS = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED,
            grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.FAILED_PRECONDITION,
            grpc.StatusCode.DEADLINE_EXCEEDED}
WRITES = "pwrite64,pwritev,pwritev2"
SYNCS = "fsync,fdatasync"
FAULTS = [  # Calls, what they answer, whether only once, at which call of a thread at the latest.
    (SYNCS, "error=EIO", True, 60),
    (SYNCS, "error=EIO", False, 60),
    (SYNCS, "error=ENOSPC", True, 60),
    (SYNCS, "retval=0", False, 60),
    (WRITES, "error=EIO", True, 60),
    (WRITES, "error=EIO", False, 60),
    (WRITES, "error=ENOSPC", True, 60),
    (WRITES, "error=ENOSPC", False, 60),
    ("fallocate,ftruncate", "error=ENOSPC", False, 3),
    ("rename,renameat,renameat2", "error=EIO", False, 2),
    ("openat", "error=EMFILE", True, 30),
]


def strace(calls, answer, first, once, trace):
    when = str(first) if once else f"{first}+"
    return ["strace", "-f", "-qq", "-o", str(trace), "-s", "0", "--seccomp-bpf",
            "-e", "trace=" + calls, "-e", f"inject={calls}:{answer}:when={when}"]


def write(target, modules, name, acknowledged, stopping, refusals):
    """Writes until told to stop; what is refused is counted and not repeated."""
    try:
        session = wire.Session(target, modules)
    except grpc.RpcError:
        return
    number = 0
    while not stopping.is_set():
        pairs = [(b"%s/%d/%d" % (name, number, n), b"v" * 100) for n in range(BATCH_ENTRIES)]
        request = session.schema.KVList(KVs=[session.schema.KeyValue(key=k, value=v)
                                             for k, v in pairs])
        number += 1
        try:
            last = session.call("SetBatch", request, timeout=5).index
        except grpc.RpcError as error:
            refusals.append((error.code(), error.details()))
            if error.code() == grpc.StatusCode.UNAVAILABLE:
                break
            stopping.wait(0.02)
            continue
        for index, pair in enumerate(pairs, last - BATCH_ENTRIES + 1):
            acknowledged[index] = pair
    session.close()


def check(session, acknowledged, random, may_fail):
    newest = sorted(acknowledged)[-100:]
    for index in newest + random.sample(sorted(acknowledged), min(50, len(acknowledged))):
        try:
            item = session.call("ByIndex", session.schema.Index(index=index))
        except grpc.RpcError as error:
            assert may_fail and error.code() in REFUSALS, f"entry {index}: {error.details()}"
            continue
        assert (item.key, item.value) == acknowledged[index], f"entry {index} has changed"


def load(database, modules, round_name, acknowledged):
    stopping, refusals = threading.Event(), []
    writers = [threading.Thread(target=write, daemon=True, args=(
        database.target, modules, b"%s-%d" % (round_name, n), acknowledged, stopping, refusals))
        for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(LOAD_SECONDS)  # The load itself.
    stopping.set()
    for writer in writers:
        writer.join(wire.CALL_SECONDS)
        assert not writer.is_alive(), "a call was never answered"
    strange = [refusal for refusal in refusals if refusal[0] not in REFUSALS]
    assert not strange, f"a failing disk was told as {strange[0]}"
    return refusals


def end(failing):
    """Asks a server that may be in trouble to end; it does, with whatever code."""
    if failing.process.poll() is None:
        os.kill(failing.pid(), signal.SIGTERM)
        failing.process.wait(server.STOP_SECONDS)


def one_fault(programs, modules, data, number, fault, acknowledged, random):
    """One life with a fault, one without; returns how many system calls failed."""
    calls, answer, once, latest = fault
    first = random.randrange(1, latest + 1)
    trace = server.scratch_folder() / "trace"
    prefix = strace(calls, answer, first, once, trace)
    failing = server.Server(programs, data=data, prefix=prefix)
    outcome = "no start"
    try:
        failing.start()
        refusals = load(failing, modules, b"fault %d" % number, acknowledged)
        outcome = f"{len(refusals)} writes refused"
        if failing.process.poll() is None and acknowledged:
            session = wire.Session(failing.target, modules)
            check(session, acknowledged, random, may_fail=True)
            session.close()
        assert failing.process.poll() is None, f"the server ended: {failing.text()[-2000:]}"
    except server.NotReady as error:
        assert "exit code 1" in str(error), str(error)
    if random.random() < 0.5:
        end(failing)
    failing.kill()
    healthy = server.Server(programs, data=data).start()
    session = wire.Session(healthy.target, modules)
    check(session, acknowledged, random, may_fail=False)
    session.close()
    load(healthy, modules, b"healthy %d" % number, acknowledged)
    healthy.stop()
    injected = trace.read_text().count("(INJECTED)")
    print(f"{calls} {answer} {'at' if once else 'from'} call {first}: {injected} calls failed, "
          f"{outcome}, {len(acknowledged)} acknowledged so far, none lost", flush=True)
    return injected


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="of all kinds of faults")
    options = parser.parse_args()
    random, modules = server.seeded_random(), wire.generated_modules()
    data = server.scratch_folder() / "data"
    acknowledged, injected = {}, 0
    for number in range(options.rounds * len(FAULTS)):
        fault = FAULTS[number % len(FAULTS)]
        injected += one_fault(server.bin_dir(options), modules, data, number, fault, acknowledged,
                              random)
    assert injected > 0, "no call ever failed: this test sees nothing"


if __name__ == "__main__":
    server.run(main)
