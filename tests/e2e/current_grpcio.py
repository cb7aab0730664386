#!/usr/bin/env python3
"""Writes and reads with stubs generated from proto/ and today's gRPC, and verifies each proof.

tests/clients calls every method; this is about what proofs show. Run it with the Python of
.venv/grpc.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import proof
import server
import wire

WRONG_PASSWORD = b"not the password"


def check_entry_proof(found, index, key, value, trusted):
    """`found` is a Proof; `trusted` the tree size and root that it must extend."""
    assert found.index == index, f"proof of entry {found.index}, not {index}"
    assert found.leaf == proof.entry_digest(index, key, value), "the leaf is not the entry's"
    size = found.at + 1
    assert proof.inclusion_holds(found.leaf, index, size, list(found.inclusionPath), found.root)
    if trusted is not None:
        old_size, old_root = trusted
        assert proof.consistency_holds(old_size, old_root, size, found.root,
                                       list(found.consistencyPath))
    return size, found.root


class Calls:
    """One call per method. Each returns nothing and asserts what the answer must be."""

    def __init__(self, session):
        self.session, self.schema = session, session.schema
        self.trusted = None  # Tree size and root verified before.
        self.roots = {}      # All of them.
        self.written = {}    # Key to value and index.

    def index(self, number):
        return self.schema.Index(index=number)

    def trusted_index(self):
        return None if self.trusted is None else self.index(self.trusted[0] - 1)

    def content(self, payload):
        return self.schema.Content(timestamp=1600000000, payload=payload)

    def note(self, key, value, index):
        self.written[key] = (value, index)

    def trust(self, found, index, key, value):
        self.trusted = check_entry_proof(found, index, key, value, self.trusted)
        self.roots[self.trusted[0]] = self.trusted[1]

    def safely_written(self, found, key, value):
        assert found.at == found.index, "a write is proven in the tree that it completes"
        self.trust(found, found.index, key, value)
        self.note(key, value, found.index)

    def safely_read(self, item, found, key, value):
        assert (item.key, item.index) == (key, self.written[key][1])
        self.trust(found, item.index, key, value)

    def health(self):
        reply = self.session.call("Health")
        assert reply.status and reply.version

    def login(self):
        request = self.schema.LoginRequest(user=wire.USER, password=WRONG_PASSWORD)
        try:
            self.session.call("Login", request)
        except grpc.RpcError as error:
            assert error.code() != grpc.StatusCode.OK
            return
        raise AssertionError("a wrong password was accepted")

    def use_database(self):
        request = self.schema.Database(databasename="defaultdb")
        assert self.session.call("UseDatabase", request).token

    def set(self):
        reply = self.session.call("Set", self.schema.KeyValue(key=b"a", value=b"1"))
        self.note(b"a", b"1", reply.index)

    def get(self):
        item = self.session.call("Get", self.schema.Key(key=b"a"))
        assert (item.key, item.value, item.index) == (b"a", *self.written[b"a"])

    def safe_set(self):
        for number in range(5):
            key, value = f"safe {number}".encode(), b"\0\xff" * number
            request = self.schema.SafeSetOptions(kv=self.schema.KeyValue(key=key, value=value),
                                                 rootIndex=self.trusted_index())
            self.safely_written(self.session.call("SafeSet", request), key, value)

    def safe_get(self):
        request = self.schema.SafeGetOptions(key=b"safe 3", rootIndex=self.trusted_index())
        reply = self.session.call("SafeGet", request)
        assert reply.item.value == self.written[b"safe 3"][0]
        self.safely_read(reply.item, reply.proof, b"safe 3", reply.item.value)

    def set_batch(self):
        pairs = [self.schema.KeyValue(key=b"batch %d" % n, value=b"%d" % n) for n in range(20)]
        last = self.session.call("SetBatch", self.schema.KVList(KVs=pairs)).index
        for number, pair in enumerate(pairs):
            self.note(pair.key, pair.value, last - len(pairs) + 1 + number)

    def get_batch(self):
        keys = [b"batch 3", b"batch 19", b"a"]
        request = self.schema.KeyList(keys=[self.schema.Key(key=key) for key in keys])
        items = self.session.call("GetBatch", request).items
        assert [(i.key, (i.value, i.index)) for i in items] == [(k, self.written[k]) for k in keys]

    def by_index(self):
        for key, (value, index) in self.written.items():
            item = self.session.call("ByIndex", self.index(index))
            assert (item.key, item.value, item.index) == (key, value, index)

    def by_safe_index(self):
        for key, (value, index) in self.written.items():
            request = self.schema.SafeIndexOptions(index=index, rootIndex=self.trusted_index())
            reply = self.session.call("BySafeIndex", request)
            self.safely_read(reply.item, reply.proof, key, value)

    def current_root(self):
        reply = self.session.call("CurrentRoot")
        assert reply.HasField("payload") and reply.HasField("signature")
        assert (reply.payload.index + 1, reply.payload.root) == self.trusted

    def inclusion(self):
        size, root = self.trusted
        for index in range(size):
            reply = self.session.call("Inclusion", self.index(index))
            assert (reply.at, reply.index, reply.root) == (size - 1, index, root)
            assert proof.inclusion_holds(reply.leaf, index, size, list(reply.path), root)

    def consistency(self):
        size, root = self.trusted
        assert len(self.roots) > 5
        for old_size, old_root in self.roots.items():
            reply = self.session.call("Consistency", self.index(old_size - 1))
            assert (reply.first, reply.second, reply.secondRoot) == (old_size - 1, size - 1, root)
            assert proof.consistency_holds(old_size, old_root, size, root, list(reply.path))

    def set_sv(self):
        content = self.content(b"structured")
        reply = self.session.call("SetSV",
                                  self.schema.StructuredKeyValue(key=b"sv", value=content))
        self.note(b"sv", content.SerializeToString(), reply.index)

    def get_sv(self):
        item = self.session.call("GetSV", self.schema.Key(key=b"sv"))
        assert (item.key, item.index) == (b"sv", self.written[b"sv"][1])
        assert item.value == self.content(b"structured")

    def safe_set_sv(self):
        content = self.content(b"structured and proven")
        pair = self.schema.StructuredKeyValue(key=b"safe sv", value=content)
        request = self.schema.SafeSetSVOptions(skv=pair, rootIndex=self.trusted_index())
        reply = self.session.call("SafeSetSV", request)
        self.safely_written(reply, b"safe sv", content.SerializeToString())

    def safe_get_sv(self):
        request = self.schema.SafeGetOptions(key=b"safe sv", rootIndex=self.trusted_index())
        reply = self.session.call("SafeGetSV", request)
        assert reply.item.value == self.content(b"structured and proven")
        self.safely_read(reply.item, reply.proof, b"safe sv", reply.item.value.SerializeToString())

    def set_batch_sv(self):
        pairs = [self.schema.StructuredKeyValue(key=b"svb %d" % n, value=self.content(b"%d" % n))
                 for n in range(3)]
        last = self.session.call("SetBatchSV", self.schema.SKVList(SKVs=pairs)).index
        for number, pair in enumerate(pairs):
            self.note(pair.key, pair.value.SerializeToString(), last - 2 + number)

    def get_batch_sv(self):
        keys = [self.schema.Key(key=b"svb 2"), self.schema.Key(key=b"sv")]
        request = self.schema.KeyList(keys=keys)
        items = self.session.call("GetBatchSV", request).items
        assert [i.key for i in items] == [b"svb 2", b"sv"]
        assert items[0].value == self.content(b"2")

    def logout(self):
        self.session.call("Logout")
        try:
            self.session.call("Get", self.schema.Key(key=b"a"))
        except grpc.RpcError as error:
            refused = (grpc.StatusCode.UNKNOWN, "please login first")
            assert (error.code(), error.details()) == refused, error
            return
        raise AssertionError("a session was usable after Logout")


# In this order: what writes comes first, and the newest root is known when it is asked for.
CALLS = {
    "Health": Calls.health,
    "Login": Calls.login,
    "UseDatabase": Calls.use_database,
    "Set": Calls.set,
    "Get": Calls.get,
    "SafeSet": Calls.safe_set,
    "SafeGet": Calls.safe_get,
    "SetBatch": Calls.set_batch,
    "GetBatch": Calls.get_batch,
    "SetSV": Calls.set_sv,
    "GetSV": Calls.get_sv,
    "SafeSetSV": Calls.safe_set_sv,
    "SafeGetSV": Calls.safe_get_sv,
    "SetBatchSV": Calls.set_batch_sv,
    "GetBatchSV": Calls.get_batch_sv,
    "ByIndex": Calls.by_index,
    "BySafeIndex": Calls.by_safe_index,
    "CurrentRoot": Calls.current_root,
    "Inclusion": Calls.inclusion,
    "Consistency": Calls.consistency,
    "Logout": Calls.logout,
}


def main():
    options = server.arguments(__doc__).parse_args()
    modules = wire.generated_modules()
    database = server.Server(server.bin_dir(options)).start()
    session = wire.Session(database.target, modules)
    calls = Calls(session)
    for name, call in CALLS.items():
        call(calls)
        print(f"{name}: served", flush=True)
    session.close()
    database.stop()
    print(f"{len(CALLS)} methods called, all proofs hold")


if __name__ == "__main__":
    server.run(main)
