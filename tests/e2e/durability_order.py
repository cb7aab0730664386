#!/usr/bin/env python3
"""Watches the system calls of the real server: what must be on disk before an answer leaves.

1. Eight writers: each answer is sent after the end of a sync of the log that began after the
   answer's record was written. With --durability=written that is not so, and this test notices.
2. After a kill and a new start, no answer with a root is sent before the recovered tail of the log
   was written and synced by this process: what the killed one left may be in memory only.
3. Tree, offsets and key index are deleted, then the manifest too: the same 10,000 proofs come back.

Run it with the Python of .venv/grpc.
"""
import pathlib
import shutil
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import server
import system_calls
import wire

WRITERS = 8
PROOFS = 10_000
BATCH_ENTRIES = 500


def write(session, name, count, acknowledged):
    schema = session.schema
    for number in range(count):
        key = b"<%s %d>" % (name, number)
        request = schema.SafeSetOptions(kv=schema.KeyValue(key=key, value=b"v"))
        try:
            reply = session.call("SafeSet", request)
        except grpc.RpcError:
            return
        acknowledged.append((reply.index, key))


def write_together(database, modules, name, count, kill_after=None):
    """Eight writers at a time; returns index and key of what was acknowledged."""
    acknowledged = []
    sessions = [wire.Session(database.target, modules) for _ in range(WRITERS)]
    threads = [threading.Thread(target=write, daemon=True,
                                args=(session, b"%s %d" % (name, n), count, acknowledged))
               for n, session in enumerate(sessions)]
    for thread in threads:
        thread.start()
    if kill_after is not None:
        threads[0].join(kill_after)
        database.kill()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a writer did not end"
    for session in sessions:
        session.close()
    return acknowledged


class Order:
    """Walks a trace and says which answers left too early."""

    def __init__(self):
        self.written = {}      # Segment to the ends of its writes that no sync covers yet.
        self.durable_from = {} # Key to where the sync ended that covers its record.
        self.requests = {}     # Connection to keys asked for and not answered.
        self.incoming, self.outgoing = {}, {}
        self.answers, self.violations = 0, []

    def walk(self, trace, keys):
        for call in trace:
            if call.result < 0:
                continue
            if "/log/" in call.target:
                self._log(call, keys)
            elif call.target.startswith(("socket:", "TCP:")):
                self._connection(call, keys)

    def _log(self, call, keys):
        pending = self.written.setdefault(call.target, [])
        if call.name in system_calls.WRITES:
            pending.extend((call.end, key) for key in keys(call.data))
        elif call.name in system_calls.SYNCS and call.result == 0:
            for end, key in pending:
                if end < call.begin:
                    self.durable_from.setdefault(key, call.end)
            pending[:] = [(end, key) for end, key in pending if end >= call.begin]

    def _connection(self, call, keys):
        waiting = self.requests.setdefault(call.target, [])
        if call.name in system_calls.RECEIVES:
            frames = self.incoming.setdefault(call.target, system_calls.Frames())
            for kind, payload in frames.feed(call.data):
                if kind == frames.DATA and payload:
                    waiting.append(next(iter(keys(payload)), None))
        elif call.name in system_calls.SENDS:
            frames = self.outgoing.setdefault(call.target, system_calls.Frames())
            for kind, payload in frames.feed(call.data):
                if kind == frames.DATA and payload and waiting:
                    self._answer(waiting.pop(0), call)

    def _answer(self, key, call):
        if key is None:
            return
        self.answers += 1
        if self.durable_from.get(key, call.begin + 1) > call.begin:
            self.violations.append(f"the answer for {key} left at line {call.begin} of the trace, "
                                   f"its sync ended at {self.durable_from.get(key, 'no line')}")


def keys_named(name):
    """Finds the keys that `write_together` made up, in bytes of any kind."""
    def find(data):
        start = data.find(b"<" + name)
        while start >= 0:
            end = data.index(b">", start)
            yield data[start:end + 1]
            start = data.find(b"<" + name, end)
    return find


def order_of_answers(programs, modules, count, flags=()):
    trace = server.scratch_folder() / "trace"
    prefix = [*system_calls.COMMAND, str(trace)]
    database = server.Server(programs, flags=flags, prefix=prefix).start()
    acknowledged = write_together(database, modules, b"order", count)
    database.stop()
    assert len(acknowledged) == WRITERS * count, "a write failed"
    order = Order()
    order.walk(system_calls.calls(trace), keys_named(b"order"))
    assert order.answers == len(acknowledged), (
        f"{order.answers} answers in the trace, {len(acknowledged)} received")
    return order


def answers_follow_syncs(programs, modules, count):
    order = order_of_answers(programs, modules, count)
    assert not order.violations, "\n".join(order.violations[:5])
    print(f"{order.answers} answers, each after the sync of its record", flush=True)
    early = order_of_answers(programs, modules, 10, ["--durability=written"]).violations
    assert early, "answers that wait for no sync were not noticed"
    print(f"with --durability=written {len(early)} answers were early, and noticed", flush=True)


def recovery_syncs_first(programs, modules, data):
    """Kills a server under load and watches the next one start on its folder."""
    first = server.Server(programs, data=data).start()
    acknowledged = write_together(first, modules, b"tail", 100_000, kill_after=1.5)
    assert acknowledged, "nothing was written before the kill"
    trace = server.scratch_folder() / "trace"
    prefix = [*system_calls.COMMAND, str(trace)]
    database = server.Server(programs, data=data, prefix=prefix).start()
    session = wire.Session(database.target, modules)
    newest = session.call("CurrentRoot").payload
    for index, key in sorted(acknowledged)[-100:]:
        assert session.call("ByIndex", session.schema.Index(index=index)).key == key
    key = session.call("ByIndex", session.schema.Index(index=newest.index)).key
    session.close()
    database.stop()
    synced = sent = None
    order = Order()
    for call in system_calls.calls(trace):
        order.walk([call], keys_named(b"tail"))
        if sent is None and newest.root in call.data and call.name in system_calls.SENDS \
                and call.target.startswith(("socket:", "TCP:")):
            sent = call.begin
    synced = order.durable_from.get(key)
    assert sent is not None, "the answer with the root is not in the trace"
    assert synced is not None and synced < sent, (
        f"the root left at line {sent}; the newest entry was synced at {synced or 'no line'}")
    print(f"recovery synced entry {newest.index} before its root left", flush=True)


def all_proofs(database, modules):
    session = wire.Session(database.target, modules)
    schema = session.schema
    root = session.call("CurrentRoot").payload
    proofs = [session.call("BySafeIndex", schema.SafeIndexOptions(index=index)).SerializeToString()
              for index in range(PROOFS)]
    session.close()
    return root.SerializeToString(), proofs


def derived_files_are_rebuilt(programs, modules, data):
    database = server.Server(programs, data=data).start()
    session = wire.Session(database.target, modules)
    schema, size = session.schema, session.call("CurrentRoot").payload.index + 1
    while size < PROOFS:
        pairs = [schema.KeyValue(key=b"fill %d" % (size + n), value=b"%d" % n)
                 for n in range(BATCH_ENTRIES)]
        size = session.call("SetBatch", schema.KVList(KVs=pairs)).index + 1
    newest = session.call("ByIndex", schema.Index(index=size - 1)).key
    session.close()
    before = all_proofs(database, modules)
    database.stop()
    folder = data / "defaultdb"
    for names in (["tree", "offsets", "index"], ["tree", "offsets", "index", "manifest"]):
        for name in names:
            path = folder / name
            assert path.exists(), f"{path} is not there to be deleted"
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        database.start()
        after = all_proofs(database, modules)
        session = wire.Session(database.target, modules)
        assert session.call("Get", schema.Key(key=newest)).index == size - 1
        session.close()
        database.stop()
        assert after == before, f"other proofs without {', '.join(names)}"
        print(f"without {', '.join(names)}: the same {PROOFS} proofs", flush=True)


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--writes", type=int, default=100, help="of each writer, under strace")
    options = parser.parse_args()
    programs, modules = server.bin_dir(options), wire.generated_modules()
    answers_follow_syncs(programs, modules, options.writes)
    data = server.scratch_folder() / "data"
    recovery_syncs_first(programs, modules, data)
    derived_files_are_rebuilt(programs, modules, data)


if __name__ == "__main__":
    server.run(main)
