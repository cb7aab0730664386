#!/usr/bin/env python3
"""Changes acknowledged entries on the disk, behind the server's back, and looks for what it says.

1. A changed byte: whoever reads the entry is told of damage; from then on, over restarts too, the
   database gives no roots and proofs and takes no writes, but intact entries are still read, those
   of the same record too. Stopping such a server is no failure.
2. A forged entry, with all checksums made right: a client that verifies does not accept it.
3. The same forgery, and the tree deleted so that it is built anew: the new root is not the recorded
   one, and the server says so instead of giving it out.

Run it with the Python of .venv/grpc.
"""
import pathlib
import shutil
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import proof
import server
import wire

BATCHES, BATCH_ENTRIES = 3, 100
VICTIM, LAST_VICTIM = 137, 237  # In the middle of the log, and in its last record with entries.
OTHERS = (36, 136, 236)         # One entry of each batch; a batch is a record.
TEXT = "the database should be checked manually as we detected possible tampering"
ENTRY_HEADER_BYTES = 20  # docs/formats/log.md
POLYNOMIAL = 0x82F63B78


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def key_of(number):
    return b"key %d" % number


def value_of(number):
    return b"the value of entry %d." % number


class Database:
    """A server with some batches of entries, whose files can be changed while it is stopped."""

    def __init__(self, programs, modules, victim=VICTIM):
        self.victim = victim
        self.modules, self.schema = modules, modules[0]
        self.server = server.Server(programs).start()
        self.session = wire.Session(self.server.target, modules)
        for first in range(0, BATCHES * BATCH_ENTRIES, BATCH_ENTRIES):
            pairs = [self.schema.KeyValue(key=key_of(n), value=value_of(n))
                     for n in range(first, first + BATCH_ENTRIES)]
            last = self.call("SetBatch", self.schema.KVList(KVs=pairs)).index
            assert last == first + BATCH_ENTRIES - 1
        root = self.call("CurrentRoot").payload
        self.trusted = (root.index + 1, root.root)

    def call(self, method, request=None):
        return self.session.call(method, request)

    def stop(self):
        self.session.close()
        self.server.stop()

    def start(self):
        self.server.start()
        self.session = wire.Session(self.server.target, self.modules)

    def folder(self):
        return self.server.data / "defaultdb"

    def change(self, edit):
        """Replaces the bytes of the victim's entry by what `edit` makes of header, key, value."""
        key, value = key_of(self.victim), value_of(self.victim)
        for segment in sorted((self.folder() / "log").glob("*.seg")):
            data = segment.read_bytes()
            at = data.find(key + value) - ENTRY_HEADER_BYTES
            if at >= 0:
                changed = edit(data[at:at + ENTRY_HEADER_BYTES], key, value)
                segment.write_bytes(data[:at] + changed + data[at + len(changed):])
                return
        raise AssertionError("the entry is not in the log as docs/formats/log.md has it")

    def expect_damage(self, method, request=None):
        try:
            self.call(method, request)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.DATA_LOSS and error.details() == TEXT, (
                f"{method}: {error.code()} {error.details()!r}")
            return
        raise AssertionError(f"{method} was answered in spite of the damage")

    def expect_refusals(self):
        """What a damaged database does not do, and what it still does."""
        schema = self.schema
        self.expect_damage("CurrentRoot")
        self.expect_damage("Set", schema.KeyValue(key=b"new", value=b"entry"))
        self.expect_damage("SafeGet", schema.SafeGetOptions(key=key_of(OTHERS[0])))
        self.expect_damage("Inclusion", schema.Index(index=0))
        for number in OTHERS:
            item = self.call("Get", schema.Key(key=key_of(number)))
            assert (item.value, item.index) == (value_of(number), number)


def changed_byte(header, key, value):
    return header + key + bytes([value[0] ^ 1]) + value[1:]


def forged(header, key, value):
    """Another value of the same length, under checksums that hold."""
    value = value.replace(b"the", b"THE")
    header = header[:12] + struct.pack("<I", crc32c(value))
    own = crc32c(struct.pack("<Q", VICTIM) + header + key)
    return header + struct.pack("<I", own) + key + value


def a_changed_byte_is_damage(programs, modules, victim):
    database = Database(programs, modules, victim)
    database.stop()
    database.change(changed_byte)
    database.start()
    database.expect_damage("Get", database.schema.Key(key=key_of(victim)))
    database.expect_refusals()
    database.stop()
    database.start()
    database.expect_refusals()
    database.stop()
    for name in ("tree", "offsets", "manifest"):
        (database.folder() / name).unlink()
    database.start()  # Everything is read from the log, the damaged record too.
    database.expect_refusals()
    database.expect_damage("Get", database.schema.Key(key=key_of(victim)))
    database.stop()
    print("a changed byte is damage, also after restarts, and costs one entry", flush=True)


def a_forged_entry_convinces_no_client(programs, modules):
    database = Database(programs, modules)
    database.stop()
    database.change(forged)
    database.start()
    options = database.schema.SafeGetOptions(
        key=key_of(VICTIM), rootIndex=database.schema.Index(index=database.trusted[0] - 1))
    try:
        reply = database.call("SafeGet", options)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DATA_LOSS
        database.stop()
        print("a forged entry is refused by the server", flush=True)
        return
    found, size = reply.proof, reply.proof.at + 1
    digest = proof.entry_digest(VICTIM, reply.item.key, reply.item.value)
    holds = proof.inclusion_holds(digest, VICTIM, size, list(found.inclusionPath), found.root)
    extends = proof.consistency_holds(*database.trusted, size, found.root,
                                      list(found.consistencyPath))
    assert reply.item.value != value_of(VICTIM), "the forgery is not in the log"
    assert not (holds and extends), "a forged entry was verified"
    database.stop()
    print("a forged entry is verified by no client", flush=True)


def a_tree_built_from_a_forgery_is_not_given_out(programs, modules):
    database = Database(programs, modules)
    database.stop()
    database.change(forged)
    log = sorted((path.name, path.read_bytes())
                 for path in (database.folder() / "log").glob("*.seg"))
    for name in ("tree", "offsets"):
        (database.folder() / name).unlink()
    shutil.rmtree(database.folder() / "index")
    database.start()
    database.expect_refusals()
    database.stop()
    kept = dict((path.name, path.read_bytes())
                for path in (database.folder() / "log").glob("*.seg"))
    for name, data in log:
        assert kept.get(name) == data, f"{name} was changed, and it is the evidence"
    database.start()
    database.expect_refusals()
    database.stop()
    print("a tree built from a forged log is not given out, and the log is kept", flush=True)


def main():
    assert crc32c(b"123456789") == 0xE3069283
    options = server.arguments(__doc__).parse_args()
    programs, modules = server.bin_dir(options), wire.generated_modules()
    for victim in (VICTIM, LAST_VICTIM):
        a_changed_byte_is_damage(programs, modules, victim)
    a_forged_entry_convinces_no_client(programs, modules)
    a_tree_built_from_a_forgery_is_not_given_out(programs, modules)


if __name__ == "__main__":
    server.run(main)
