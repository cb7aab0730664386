#!/usr/bin/env python3
"""Measures what calls with very long answers cost the server and its other callers.

Starts the release server on a folder of its own with 20 million keys, one key of a million versions
and one sorted set of a million members, and lets a program ask for long answers without pause: by
pages, in one call, and as a stream, read or left unread. Beside it h2load (Debian's nghttp2-client)
calls Get and Set, 16 in flight on one connection, in turns alone and beside. Prints one line of
JSON per long answer: what it got, the processors that the asking program took itself, the others'
rate as a part of theirs alone (the median and each), and how far resident memory rose above what it
was before.

    .venv/grpc/bin/python bench/long_answers.py [--bin build/release/bin] [--keys 20000000]
"""
import itertools
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "harness"))

import grpc
import h2load
import server
import wire

MANY = 1_000_000  # Versions of one key, and members of one set.
PAGE = 10_000
ENTRIES_PER_CALL = 40_000  # Of 80 bytes: below the longest request, 4 MiB.
MEMBERS_PER_CALL = 25_000
ROUNDS = 5
SECONDS = 2
WARM_SECONDS = 4
VALUE = b"v" * 64
VERSIONS, SET = b"many versions", b"many members"
LOAD_SECONDS = 120.0


def key(number):
    return b"k%015d" % number


def load(session, target, token, keys):
    schema = session.schema
    started = time.monotonic()
    for first in range(0, keys, ENTRIES_PER_CALL):
        last = min(keys, first + ENTRIES_PER_CALL)
        session.call("SetBatch", schema.KVList(
            KVs=[schema.KeyValue(key=key(n), value=VALUE) for n in range(first, last)]))
    print(json.dumps({"row": f"loaded {keys} keys", "per_second": round(
        keys / (time.monotonic() - started))}), flush=True)
    h2load.run(target, "Set", schema.KeyValue(key=VERSIONS, value=VALUE), token,
                            1024, 8, MANY)
    for first in range(0, MANY, MEMBERS_PER_CALL):
        last = min(MANY, first + MEMBERS_PER_CALL)
        session.call("ExecAllOps", schema.Ops(Operations=[
            schema.Op(ZOpts=schema.ZAddOptions(
                set=SET, score=schema.Score(score=n), key=key(n % keys),
                index=schema.Index(index=n % keys))) for n in range(first, last)]),
            timeout=LOAD_SECONDS)


# The long answers. Each yields the number of items of one reply, for ever.


def pages(session, method, request, offset_behind):
    """All pages, again and again; `offset_behind` gives the offset of the page behind an item."""
    while True:
        request.ClearField("offset")
        request.limit = PAGE
        items = None
        while items is None or len(items) == PAGE:
            items = session.call(method, request).items
            yield len(items)
            if items:
                request.offset = offset_behind(items[-1])


def history_pages(session):
    return pages(session, "History", session.schema.HistoryOptions(key=VERSIONS),
                 lambda item: item.index)


def history_whole(session):
    while True:
        yield len(session.call("History", session.schema.HistoryOptions(key=VERSIONS)).items)


def set_pages(session):
    return pages(session, "ZScan", session.schema.ZScanOptions(set=SET),
                 lambda item: item.currentOffset)


def set_whole(session):
    while True:
        yield len(session.call("ZScan", session.schema.ZScanOptions(set=SET)).items)


def scan_pages(session):
    return pages(session, "Scan", session.schema.ScanOptions(prefix=b"k"), lambda item: item.key)


def scan_whole(session):
    while True:
        yield len(session.call("Scan", session.schema.ScanOptions(prefix=b"k")).items)


def index_pages(session):
    while True:
        for page in itertools.count(1):
            reply = session.call("IScan", session.schema.IScanOptions(
                pageSize=PAGE, pageNumber=page))
            yield len(reply.items)
            if not reply.more:
                break


def count_all(session):
    while True:
        yield session.call("CountAll", timeout=LOAD_SECONDS).count


def dump(session):
    while True:
        for message in session.call("Dump", timeout=LOAD_SECONDS):
            yield len(message.kv)


def dump_unread(session):
    stream = session.call("Dump", timeout=LOAD_SECONDS)
    yield len(next(iter(stream)).kv)
    threading.Event().wait()


LONG_ANSWERS = {function.__name__: function for function in (
    history_pages, history_whole, set_pages, set_whole, scan_pages, scan_whole, index_pages,
    count_all, dump, dump_unread)}


def ask(name, target):
    """The program beside: asks until its standard input ends, then prints what it got."""
    session = wire.Session(target, wire.generated_modules())
    print("ready", flush=True)
    got = {"items": 0, "replies": 0, "refused": ""}

    def work():
        answers = LONG_ANSWERS[name]
        while True:
            try:
                for items in answers(session):
                    got["items"] += items
                    got["replies"] += 1
            except grpc.RpcError as error:
                got["refused"] = f"{error.code().name}: {error.details()}"

    threading.Thread(target=work, daemon=True).start()
    sys.stdin.read()
    print(json.dumps(got), flush=True)
    sys.stdout.flush()
    sys.exit(0)


class Highest:
    """The highest resident memory of a process between enter and leave, in MiB."""

    def __init__(self, pid):
        self.pid, self.mib, self.done = pid, 0.0, threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.done.wait(0.02):
            self.mib = max(self.mib, h2load.resident_mib(self.pid))

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


class Beside:
    """A program that asks while it is not stopped."""

    def __init__(self, name, target):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--ask", name, "--target", target],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        self.seconds, self.resumed = 0.0, time.monotonic()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)
        self.seconds += time.monotonic() - self.resumed

    def go_on(self):
        self.resumed = time.monotonic()
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        """What it got, and the processor time it used itself, by the second of asking."""
        self.seconds += time.monotonic() - self.resumed
        cpu = h2load.cpu_seconds(self.process.pid)
        got = json.loads(self.process.communicate()[0].splitlines()[-1])
        return got | {"items_per_second": got["items"] / self.seconds,
                      "asker_cpu": round(cpu / self.seconds, 2)}


def rate(database, token, schema, method, calls):
    """Calls per second of an honest client."""
    requests = {"Get": schema.Key(key=key(7)), "Set": schema.KeyValue(key=b"other", value=VALUE)}
    return h2load.run(
        database.target, method, requests[method], token, 16, 1, calls)


def measure(name, database, token, schema, calls):
    """Alone and beside in turns, since the machine's own speed changes by the minute."""
    before = h2load.resident_mib(database.pid())
    row, parts = {"row": name}, {method: [] for method in calls}
    alone = {method: [] for method in calls}
    with Highest(database.pid()) as highest:
        asker = Beside(name, database.target)
        for _ in range(ROUNDS):
            for method in calls:
                beside = rate(database, token, schema, method, calls[method])
                asker.stop()
                alone[method].append(rate(database, token, schema, method, calls[method]))
                asker.go_on()
                parts[method].append(beside / alone[method][-1])
        got = asker.end()
    row |= {"items_per_second": round(got["items_per_second"]), "replies": got["replies"],
            "refused": got["refused"], "asker_cpu": got["asker_cpu"],
            "resident_mib": round(before), "rise_mib": round(highest.mib - before, 1)}
    for method, values in parts.items():
        row[f"{method} alone"] = round(statistics.median(alone[method]))
        row[f"{method} part"] = round(statistics.median(values), 2)
        row[f"{method} parts"] = [round(value, 2) for value in values]
    print(json.dumps(row), flush=True)


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--keys", type=int, default=20_000_000)
    parser.add_argument("--data", help="a folder that keeps the data for another run")
    parser.add_argument("--ask", choices=LONG_ANSWERS)
    parser.add_argument("--only", choices=LONG_ANSWERS)
    parser.add_argument("--target")
    options = parser.parse_args()
    if options.ask:
        return ask(options.ask, options.target)
    database = server.Server(server.bin_dir(options), data=options.data)
    kept = database.data.exists()
    database.start()
    modules = wire.generated_modules()
    session = wire.Session(database.target, modules)
    token = dict(session.metadata)["authorization"]
    if not kept:
        load(session, database.target, token, options.keys)
    calls = {method: round(SECONDS * rate(database, token, session.schema, method, 20_000))
             for method in ("Get", "Set")}
    names = [options.only] if options.only else list(LONG_ANSWERS)
    for name in names:  # Fills the caches, whose limits are not what this is about.
        asker = Beside(name, database.target)
        time.sleep(WARM_SECONDS)
        asker.end()
    for name in names:
        measure(name, database, token, session.schema, calls)
    session.close()
    database.stop()


if __name__ == "__main__":
    main()
