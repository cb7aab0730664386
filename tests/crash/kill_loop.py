#!/usr/bin/env python3
"""Kills the server under load again and again, and looks for what an acknowledgement promised.

After each start: every acknowledged entry is there with its value, no batch is there by half, and
each root that any answer ever carried is extended by the newest tree. Proofs are verified here, by
code that the server does not share. Run it with the Python of .venv/grpc.
"""
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import proof
import server
import wire

WRITERS = 6
BATCH_ENTRIES = 16
LOAD_SECONDS_MAX = 1.0
OLD_ROOTS_PER_ROUND = 40


class Ledger:
    """What the answers so far promise."""

    def __init__(self):
        self.lock = threading.Lock()
        self.entries = {}  # Index to key and value: acknowledged.
        self.batches = []  # Keys of every batch sent, acknowledged or not.
        self.roots = {}    # Tree size to root: seen in an answer.

    def acknowledge(self, first, pairs, root=None):
        with self.lock:
            for number, pair in enumerate(pairs, first):
                assert self.entries.setdefault(number, pair) == pair, f"index {number} given twice"
            if root is not None:
                known = self.roots.setdefault(first + len(pairs), root)
                assert known == root, f"two roots for {first + len(pairs)} entries"


class Writer(threading.Thread):
    """Writes until the server is gone: single entries with proofs, and batches in between."""

    def __init__(self, name, target, modules, ledger, killing):
        super().__init__(daemon=True)
        self._prefix, self._ledger, self._killing = name, ledger, killing
        self._session = wire.Session(target, modules)
        self.failure = None

    def run(self):
        try:
            self._write()
        except grpc.RpcError as error:
            if not self._killing.is_set():
                self.failure = f"{error.code()} {error.details()} while the server was running"
        except AssertionError as error:
            self.failure = str(error)
        self._session.close()

    def _write(self):
        schema, number = self._session.schema, 0
        while True:
            if number % 4 == 3:
                pairs = [(f"{self._prefix}/{number}/{n}".encode(), b"%d" % n)
                         for n in range(BATCH_ENTRIES)]
                with self._ledger.lock:
                    self._ledger.batches.append([key for key, _ in pairs])
                request = schema.KVList(KVs=[schema.KeyValue(key=k, value=v) for k, v in pairs])
                last = self._session.call("SetBatch", request).index
                self._ledger.acknowledge(last - BATCH_ENTRIES + 1, pairs)
            else:
                key, value = f"{self._prefix}/{number}".encode(), b"value %d" % number
                pair = schema.KeyValue(key=key, value=value)
                reply = self._session.call("SafeSet", schema.SafeSetOptions(kv=pair))
                assert reply.at == reply.index and proof.inclusion_holds(
                    proof.entry_digest(reply.index, key, value), reply.index, reply.at + 1,
                    list(reply.inclusionPath), reply.root), f"{key}: the proof does not hold"
                self._ledger.acknowledge(reply.index, [(key, value)], reply.root)
            number += 1


def check(session, ledger, since, random):
    """Returns the tree size that is now checked; `since` is that of the round before."""
    schema = session.schema
    head = session.call("CurrentRoot").payload
    size, root = head.index + 1, head.root
    assert len(ledger.entries) <= size, f"{len(ledger.entries)} acknowledged, {size} there"
    fresh = [index for index in ledger.entries if index >= since]
    older = [index for index in ledger.entries if index < since]
    for index in fresh + random.sample(older, min(len(older), OLD_ROOTS_PER_ROUND)):
        assert index < size, f"entry {index} was acknowledged and is gone"
        reply = session.call("BySafeIndex", schema.SafeIndexOptions(index=index))
        key, value = ledger.entries[index]
        assert (reply.item.key, reply.item.value) == (key, value), f"entry {index} has changed"
        leaf, path = proof.entry_digest(index, key, value), list(reply.proof.inclusionPath)
        assert reply.proof.root == root and proof.inclusion_holds(leaf, index, size, path, root)
    fresh = sorted(old_size for old_size in ledger.roots if old_size > since)
    for old_sizes in (fresh, sorted(ledger.roots)):
        for old_size in random.sample(old_sizes, min(len(old_sizes), OLD_ROOTS_PER_ROUND)):
            check_extends(session, old_size, ledger.roots[old_size], size, root)
    check_batches(session, ledger, size)
    return size


def check_extends(session, old_size, old_root, size, root):
    reply = session.call("Consistency", session.schema.Index(index=old_size - 1))
    assert reply.secondRoot == root and proof.consistency_holds(
        old_size, old_root, size, root, list(reply.path)), (
        f"the tree of {size} entries does not extend the root given out at {old_size}")


def check_batches(session, ledger, size):
    """The batches of the last round whose answer never came: whole or absent."""
    schema = session.schema
    acknowledged = {key for key, _ in ledger.entries.values()}
    for keys in ledger.batches:
        if keys[0] in acknowledged:
            continue
        found = 0
        for key in keys:
            try:
                found += session.call("Get", schema.Key(key=key)).index < size
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.NOT_FOUND, f"{key}: {error.details()}"
        assert found in (0, len(keys)), f"{found} of {len(keys)} entries of a batch"
    ledger.batches.clear()


def load_and_kill(database, modules, ledger, name, random):
    killing = threading.Event()
    writers = [Writer(f"{name}/{n}", database.target, modules, ledger, killing)
               for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:  # None ends yet: this is the time of load, of random length.
        writer.join(random.uniform(0.05, LOAD_SECONDS_MAX) / WRITERS)
    killing.set()
    database.kill()
    for writer in writers:
        writer.join(wire.CALL_SECONDS)
        assert not writer.is_alive(), "a writer did not end"
        assert writer.failure is None, writer.failure


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--kills", type=int, default=50)
    options = parser.parse_args()
    random, modules, ledger = server.seeded_random(), wire.generated_modules(), Ledger()
    database = server.Server(server.bin_dir(options))
    size = 0
    for number in range(options.kills + 1):
        database.start()
        session = wire.Session(database.target, modules)
        if ledger.entries:
            size = check(session, ledger, size, random)
        session.close()
        if number < options.kills:
            load_and_kill(database, modules, ledger, f"round {number}", random)
    database.stop()
    print(f"{options.kills} kills, {len(ledger.entries)} entries acknowledged, none lost; "
          f"{len(ledger.roots)} roots given out, each checked one extended")


if __name__ == "__main__":
    server.run(main)
