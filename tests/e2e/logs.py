#!/usr/bin/env python3
"""The log and the metrics of a server at work.

1. With --log-format=json every line of the log is one object with time, level and message, after
   the file was moved away and opened anew at SIGHUP too.
2. A slow call is told with method, user, database, peer, time, status and the name that the client
   gave it; without a usable one the server makes a name.
3. No password, token, key or value stands in a log line, a metric, a command line, or what the
   server prints; no password and no token in any file of the data folder, the audit trail included.

Run it with the Python of .venv/grpc.
"""
import datetime
import json
import os
import pathlib
import re
import signal
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import server
import wire

SECONDS = 20.0
POLL_SECONDS = 0.01
FIRST, SECOND, ALICE, WRONG = b"First-Pass1!", b"Second-Pass2!", b"Alice-Pass3!", b"Wrong-Pass4!"
KEY, VALUE = b"key-of-nobody-else", b"value-of-nobody-else"
ID = "client-trace.42"
MADE = re.compile(r"^[0-9a-f]{6}-[0-9a-f]+$")


def lines_of(path):
    """The lines of a log, each checked to be an object with what every line has."""
    lines = []
    for text in path.read_text().splitlines():
        line = json.loads(text)
        when = datetime.datetime.strptime(line["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
        age = datetime.datetime.utcnow() - when
        assert abs(age) < datetime.timedelta(minutes=10), text
        assert line["level"] in ("debug", "info", "warning", "error") and line["message"], text
        lines.append(line)
    return lines


def await_true(condition, what):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(POLL_SECONDS)


def refused(session, method, request):
    try:
        session.call(method, request)
    except grpc.RpcError as error:
        return error.code()
    raise AssertionError(f"{method} was served")


def do_everything(session, target, modules):
    """Calls that carry secrets, well and badly. Returns the tokens."""
    schema = session.schema
    tokens = []

    def log_in(user, password):
        other = wire.Session(target, modules, login=False)
        reply = other.call("Login", schema.LoginRequest(user=user, password=password))
        tokens.append(reply.token)
        other.metadata = (("authorization", "Bearer " + reply.token), ("x-request-id", ID))
        return other

    admin = log_in(b"immudb", FIRST)
    admin.call("ChangePassword", schema.ChangePasswordRequest(
        user=b"immudb", oldPassword=FIRST, newPassword=SECOND))
    assert refused(session, "Login", schema.LoginRequest(user=b"immudb", password=WRONG))
    assert refused(session, "Login", schema.LoginRequest(user=WRONG, password=WRONG))
    admin = log_in(b"immudb", SECOND)
    admin.call("CreateUser", schema.CreateUserRequest(
        user=b"alice", password=ALICE, permission=2, database="defaultdb"))
    alice = log_in(b"alice", ALICE)
    item = schema.KeyValue(key=KEY, value=VALUE)
    for method, request in (("Set", item), ("SafeSet", schema.SafeSetOptions(kv=item)),
                            ("Get", schema.Key(key=KEY)), ("Scan", schema.ScanOptions(prefix=KEY)),
                            ("ZAdd", schema.ZAddOptions(
                                set=KEY, key=KEY, score=schema.Score(score=1)))):
        alice.call(method, request)
    assert refused(alice, "Get", schema.Key(key=KEY + b"-not-there"))
    assert refused(alice, "Reference", schema.ReferenceOptions(reference=KEY, key=b"\0" + KEY))
    stale = wire.Session(target, modules, login=False)
    stale.metadata = (("authorization", "Bearer x" + tokens[-1]), ("x-request-id", "no name"))
    assert refused(stale, "Get", schema.Key(key=KEY))
    for other in (admin, alice, stale):
        other.close()
    return tokens


def check_slow_calls(lines):
    slow = [line for line in lines if line["message"] == "slow call"]
    logins = [line for line in slow if line["method"].endswith("/Login")]
    assert {line.get("user") for line in logins} == {"immudb", "alice", None}, logins
    assert all(MADE.match(line["request_id"]) for line in logins)
    assert len({line["request_id"] for line in logins}) == len(logins)
    assert {line["status"] for line in logins} == {"OK", "PermissionDenied"}
    own = [line for line in slow if line["method"].endswith("/CreateUser")]
    assert len(own) == 1
    told = {name: own[0][name] for name in ("user", "database", "peer", "status", "request_id")}
    assert told == {"user": "immudb", "database": "defaultdb", "peer": "127.0.0.1",
                    "status": "OK", "request_id": ID}, own
    assert own[0]["duration_ms"] > 1 and own[0]["level"] == "warning"


def check_nothing_leaks(process, metrics, log, tokens):
    shown = {"log": log.read_bytes(), "metrics": metrics, "output": process.output.read_bytes()}
    folder = pathlib.Path(f"/proc/{process.pid()}")
    shown["command line"] = (folder / "cmdline").read_bytes()
    for thread in folder.glob("task/*/comm"):
        shown[f"name of thread {thread.parent.name}"] = thread.read_bytes()
    secrets = [FIRST, SECOND, ALICE, WRONG, *(token.encode() for token in tokens)]
    for place, text in shown.items():
        for secret in [*secrets, KEY, VALUE]:
            assert secret not in text, f"{secret} is in the {place}"
    for path in process.data.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in secrets:
            assert secret not in content, f"{secret} is in {path}"


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args())
    modules = wire.generated_modules()
    folder = server.scratch_folder()
    log = folder / "immudb.log"
    os.environ["LOG_LEVEL"] = "debug"
    process = server.Server(programs, flags=[
        "--metrics-port=0", "--logfile", str(log), "--log-format=json",
        "--slow-call-threshold=1ms", "--admin-password", FIRST.decode()]).start()
    session = wire.Session(process.target, modules, login=False)
    tokens = do_everything(session, process.target, modules)
    lines = lines_of(log)
    port = next(int(line["message"].split()[-1]) for line in lines
                if line["message"].startswith("Metrics and health on port"))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as page:
        metrics = page.read()
    check_slow_calls(lines)
    check_nothing_leaks(process, metrics, log, tokens)
    moved = log.with_suffix(".1")
    log.rename(moved)
    process.process.send_signal(signal.SIGHUP)
    await_true(log.exists, "a new log file")
    session.close()
    process.stop()
    assert lines_of(moved) and lines_of(log)[-1]["message"] == "Shutdown completed"


if __name__ == "__main__":
    server.run(main)
