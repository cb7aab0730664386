#!/usr/bin/env python3
"""The scrubber of the running server: what was changed on the disk is found within one pass.

1. Two databases under load; a value of one is edited in the log with all checksums made right, and
   its derived files are deleted: that database is named within a pass, in the log, in the metrics
   and in Health; the other goes on, and so does its load.
2. A derived file is wrong: it is rebuilt at the next start, and no entry is concerned.
3. A pass over what is whole finds nothing, and moves its figures on.

Run it with the Python of .venv/grpc.
"""
import pathlib
import shutil
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import damage
import metrics
import server
import wire

FLAGS = ("--metrics-port=0", "--scrub-rate=64", "--scrub-interval=1")
VICTIM, BYSTANDER = "victim", "bystander"
ENTRIES = 300
SECONDS = 60.0


class Load:
    """Writes and reads in one database until it is ended; keeps the first failure."""

    def __init__(self, target, modules, database):
        self.session, schema = wire.Session(target, modules), modules[0]
        token = self.session.call("UseDatabase", schema.Database(databasename=database)).token
        self.session.metadata = (("authorization", "Bearer " + token),)
        self.schema, self.ended, self.failure, self.done = schema, False, None, 0
        self.thread = threading.Thread(target=self.run, daemon=True)

    def fill(self):
        """Batches of entries as damage.py has them, one record each."""
        for first in range(0, ENTRIES, 100):
            pairs = [self.schema.KeyValue(key=damage.key_of(n), value=damage.value_of(n))
                     for n in range(first, first + 100)]
            self.session.call("SetBatch", self.schema.KVList(KVs=pairs))

    def run(self):
        while not self.ended and self.failure is None:
            try:
                key = b"load %d" % self.done
                self.session.call("Set", self.schema.KeyValue(key=key, value=b"value"))
                self.session.call("Get", self.schema.Key(key=key))
                self.done += 1
            except grpc.RpcError as error:
                self.failure = error

    def is_healthy(self):
        return self.session.call("Health").status


class World:
    def __init__(self, programs, modules):
        self.modules, self.starts = modules, 0
        self.server = server.Server(programs, flags=FLAGS).start()
        session, schema = wire.Session(self.server.target, modules), modules[0]
        for name in (VICTIM, BYSTANDER):
            session.call("CreateDatabase", schema.Database(databasename=name))
        session.close()
        self.find_port()

    def find_port(self):
        """Of a server that has just been started: each start adds its line to the output."""
        self.starts += 1
        line = r"Metrics and health on port (\d+)"
        found = metrics.await_text(self.server, rf"(?s)(?:{line}.*?){{{self.starts}}}")
        self.port = int(found.group(1))

    def folder(self, name):
        """Folders are numbered in the order of creation."""
        return self.server.data / f"db-{[VICTIM, BYSTANDER].index(name) + 1:08}"

    def figure(self, name, database=None, **labels):
        if database:
            labels["database"] = f"{self.server.data}/{database}"
        return metrics.Page(self.port).value(name, **labels)

    def await_figure(self, name, reached, **labels):
        deadline = time.monotonic() + SECONDS
        while not reached(self.figure(name, **labels)):
            assert time.monotonic() < deadline, f"{name}: {self.server.text()[-3000:]}"

    def await_passes(self, count):
        """So many passes that begin after now."""
        passes = self.figure("immudb_scrub_passes_total")
        self.await_figure("immudb_scrub_passes_total", lambda value: value > passes + count)

    def load(self, name):
        return Load(self.server.target, self.modules, name)


def edit(folder):
    """Forges an entry and takes everything away that is derived."""
    segment = folder / "log" / "00000000.seg"
    data = segment.read_bytes()
    key, value = damage.key_of(damage.VICTIM), damage.value_of(damage.VICTIM)
    at = data.find(key + value) - damage.ENTRY_HEADER_BYTES
    assert at >= 0
    forged = damage.forged(data[at:at + damage.ENTRY_HEADER_BYTES], key, value)
    with open(segment, "r+b") as file:  # The server appends to it meanwhile.
        file.seek(at)
        file.write(forged)
    for name in ("tree", "offsets", "manifest"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "index")


def whole_databases_are_read_again(world):
    world.await_passes(1)
    assert world.figure("immudb_scrub_entries_total") > 0
    assert world.figure("immudb_scrub_read_bytes_total") > 0
    assert world.figure("immudb_scrub_failures_total") == 0
    assert world.figure("immudb_scrub_last_pass_age_seconds") < SECONDS
    assert world.figure("immudb_scrub_findings_total", kind="damage") == 0
    assert world.figure("immudb_scrub_findings_total", kind="derived") == 0
    print("what is whole is found whole while it is written to", flush=True)


def an_edited_value_is_found_within_a_pass(world, victim, bystander):
    edit(world.folder(VICTIM))
    world.await_figure("immudb_database_damaged", lambda value: value == 1, database=VICTIM)
    assert world.figure("immudb_database_damaged", database=BYSTANDER) == 0
    assert world.figure("immudb_damaged_databases") == 1
    assert world.figure("immudb_scrub_findings_total", kind="damage") >= 1
    assert f"Database {VICTIM}: reading it again found damage" in world.server.text()
    assert f"Database {BYSTANDER}: reading" not in world.server.text()
    assert bystander.is_healthy() and not victim.is_healthy()
    try:
        victim.session.call("CurrentRoot")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DATA_LOSS and error.details() == damage.TEXT
    else:
        raise AssertionError("a damaged database gave a root")
    done = bystander.done
    world.await_passes(1)
    assert bystander.failure is None and bystander.done > done, bystander.failure
    assert world.figure("immudb_database_damaged", database=BYSTANDER) == 0
    print("an edited value is named within a pass; the other database is unaffected", flush=True)


def a_wrong_derived_file_is_rebuilt(world):
    folder = world.folder(BYSTANDER)
    tree = folder / "tree"
    with open(tree, "r+b") as file:
        file.seek(5000)
        byte = file.read(1)[0]
        file.seek(5000)
        file.write(bytes([byte ^ 1]))
    world.await_figure("immudb_scrub_findings_total", lambda value: value > 0, kind="derived")
    assert world.figure("immudb_database_damaged", database=BYSTANDER) == 0
    world.server.stop()
    world.server.start()
    world.find_port()
    load = world.load(BYSTANDER)
    load.session.call("CurrentRoot")
    world.await_passes(1)
    assert world.figure("immudb_database_damaged", database=BYSTANDER) == 0
    assert world.figure("immudb_database_damaged", database=VICTIM) == 1
    print("a wrong derived file is rebuilt at the next start; damage stays", flush=True)


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args())
    world = World(programs, wire.generated_modules())
    victim, bystander = world.load(VICTIM), world.load(BYSTANDER)
    for load in (victim, bystander):
        load.fill()
        load.thread.start()
    whole_databases_are_read_again(world)
    an_edited_value_is_found_within_a_pass(world, victim, bystander)
    for load in (victim, bystander):
        load.ended = True
        load.thread.join(SECONDS)
    assert victim.failure.code() == grpc.StatusCode.DATA_LOSS
    # What the checkpoint of a stop writes is what is then changed.
    world.server.stop()
    world.server.start()
    world.find_port()
    a_wrong_derived_file_is_rebuilt(world)
    world.server.stop()


if __name__ == "__main__":
    server.run(main)
