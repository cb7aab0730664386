#!/usr/bin/env python3
"""immudb.admin.v1 with today's grpcio and the real server.

1. States and the audit trail tell what was done, the audit trail page by page.
2. A snapshot taken while clients write holds the root that the server proves for its size.
3. Nobody but the superadmin gets any of it.

Run it with the Python of .venv/grpc.
"""
import importlib
import json
import pathlib
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import proof
import server
import wire

SECONDS = 30.0
PASSWORD = b"Reader-12345"
PIECE_BYTES = 1 << 20


class Admin:
    """The calls of the service, with the token of a session."""

    def __init__(self, session):
        self.messages = importlib.import_module("admin_pb2")
        self.stub = importlib.import_module("admin_pb2_grpc").AdminServiceStub(session.channel)
        self.metadata = session.metadata

    def databases(self):
        empty = importlib.import_module("google.protobuf.empty_pb2").Empty()
        return self.stub.Databases(empty, timeout=SECONDS, metadata=self.metadata).databases

    def audit(self, first, limit):
        return self.stub.AuditTrail(self.messages.AuditRange(first=first, limit=limit),
                                    timeout=SECONDS, metadata=self.metadata)

    def snapshot(self, database=""):
        stream = self.stub.Snapshot(self.messages.SnapshotRequest(database=database),
                                    timeout=SECONDS, metadata=self.metadata)
        return [piece.data for piece in stream]


def check_snapshot(session, admin):
    """Bytes by docs/formats/snapshot.md."""
    stop = threading.Event()
    schema = session.schema

    def write():
        number = 0
        while not stop.is_set():
            session.call("Set", schema.KeyValue(key=b"busy%d" % number, value=b"v" * 1000))
            number += 1

    session.call("SetBatch", schema.KVList(KVs=[
        schema.KeyValue(key=b"k%05d" % n, value=b"v" * 500) for n in range(5000)]))
    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    pieces = admin.snapshot()
    stop.set()
    for writer in writers:
        writer.join()
    assert all(0 < len(piece) <= PIECE_BYTES for piece in pieces) and len(pieces) > 2
    whole = b"".join(pieces)
    manifest_bytes = struct.unpack_from("<I", whole, 24)[0]
    assert whole[:8] == b"immuSNAP" and len(pieces[0]) == manifest_bytes
    size, = struct.unpack_from("<Q", whole, 32)
    root = whole[40:72]
    log_bytes, = struct.unpack_from("<Q", whole, 72)
    assert len(whole) == manifest_bytes + log_bytes
    now = session.call("CurrentRoot").payload.index + 1
    assert 5000 <= size < now, f"{size} of {now}: the writers did not go on"
    proven = session.call("Consistency", schema.Index(index=size - 1))
    holds = [proof.consistency_holds(size, claimed, proven.second + 1, proven.secondRoot,
                                     list(proven.path)) for claimed in (root, bytes(32))]
    assert proven.first == size - 1 and holds == [True, False]


def check_states(session, admin):
    states = {state.name: state for state in admin.databases()}
    assert list(states)[-1] == "systemdb" and states["defaultdb"].is_open
    state, current = states["defaultdb"], session.call("CurrentRoot").payload
    assert (state.size, state.root) == (current.index + 1, current.root)
    assert state.accepts_writes and not state.damaged and state.log_bytes > 0


def check_audit_trail(admin):
    whole = admin.audit(0, 0)
    assert len(whole.entries) == whole.size and len(whole.root) == 32
    paged = []
    while len(paged) < whole.size:
        page = admin.audit(len(paged), 2).entries
        assert 0 < len(page) <= 2
        paged += page
    assert paged == list(whole.entries)
    assert [entry.index for entry in paged] == list(range(len(paged)))
    acts = [json.loads(entry.value) for entry in paged]
    assert any("snapshot" in json.dumps(act).lower() for act in acts), acts
    assert PASSWORD not in b"".join(entry.value for entry in paged)


def check_rights(process, modules, session):
    schema = session.schema
    session.call("CreateUser", schema.CreateUserRequest(
        user=b"reader", password=PASSWORD, permission=254, database="defaultdb"))
    other = wire.Session(process.target, modules, login=False)
    reply = other.call("Login", schema.LoginRequest(user=b"reader", password=PASSWORD))
    for metadata in ((), (("authorization", "Bearer " + reply.token),)):
        other.metadata = metadata
        admin = Admin(other)
        for call in (admin.databases, lambda admin=admin: admin.audit(0, 1), admin.snapshot):
            try:
                call()
            except grpc.RpcError as error:
                allowed = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
                assert error.code() in allowed, error
            else:
                raise AssertionError("somebody else was served")
    other.close()


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args())
    modules = wire.generated_modules()
    process = server.Server(programs).start()
    session = wire.Session(process.target, modules)
    admin = Admin(session)
    check_rights(process, modules, session)
    check_snapshot(session, admin)
    check_states(session, admin)
    check_audit_trail(admin)
    session.close()
    process.stop()


if __name__ == "__main__":
    server.run(main)
