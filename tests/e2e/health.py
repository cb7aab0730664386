#!/usr/bin/env python3
"""grpc.health.v1 with today's grpcio and the real server: Check, and Watch until the server stops.

Who watches learns of the stop before the connection goes, and does not hold it up.

Run it with the Python of .venv/grpc.
"""
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import server

SECONDS = 30.0
# Less than the server gives to calls that do not end by themselves.
STOP_SECONDS = 8.0
SERVING, NOT_SERVING, UNKNOWN = b"\x08\x01", b"\x08\x02", b"\x08\x03"
OWN, OTHER = b"\x0a\x19immudb.schema.ImmuService", b"\x0a\x01x"


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args())
    process = server.Server(programs).start()
    channel = grpc.insecure_channel(process.target)
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    watch = channel.unary_stream("/grpc.health.v1.Health/Watch")
    assert check(b"", timeout=SECONDS) == check(OWN, timeout=SECONDS) == SERVING
    try:
        check(OTHER, timeout=SECONDS)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
    else:
        raise AssertionError("a service that there is not is healthy")

    gone = watch(OWN)
    assert next(gone) == SERVING
    gone.cancel()
    stranger = watch(OTHER)
    assert next(stranger) == UNKNOWN
    watcher = watch(b"")
    assert next(watcher) == SERVING
    told, codes = [], []

    def follow(stream):
        try:
            for message in stream:
                told.append(message)
        except grpc.RpcError as error:
            codes.append(error.code())

    followers = [threading.Thread(target=follow, args=(each,)) for each in (watcher, stranger)]
    for follower in followers:
        follower.start()
    began = time.monotonic()
    process.stop()
    took = time.monotonic() - began
    for follower in followers:
        follower.join(SECONDS)
    assert took < STOP_SECONDS, f"the stop took {took:.1f} s"
    assert told == [NOT_SERVING], told
    assert codes == [grpc.StatusCode.UNAVAILABLE] * 2, codes
    channel.close()


if __name__ == "__main__":
    server.run(main)
