#!/usr/bin/env python3
"""immuadmin beside the recorded sessions (tests/compat): what is ours alone.

1. Passwords come through pipes, files and variables; a file that others can read is refused.
2. JSON is one object a line.
3. Failures end with the documented exit codes, on standard error alone.
4. Settings reach the server, and the tree is shown.
5. A dump is whole or not there, and holds what was written.
6. The figures are those of the server.
"""
import contextlib
import json
import os
import pathlib
import pty
import socket
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server

SECONDS = 60
FAILURE, USAGE, NOT_FOUND, DENIED, UNREACHABLE = 1, 2, 3, 4, 5


class Tools:
    """Runs the tools with a home of their own."""

    def __init__(self, programs, port):
        self.programs, self.home = programs, server.scratch_folder()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TZ": "UTC",
                            "LANG": "C.UTF-8", "TERM": "xterm", "ASAN_OPTIONS": "detect_leaks=0",
                            "IMMUADMIN_IMMUDB_PORT": str(port),
                            "IMMUCLIENT_IMMUDB_PORT": str(port)}

    def start(self, *words, stdin="", program="immuadmin", **variables):
        return subprocess.run([self.programs / program, *words], cwd=self.home, input=stdin,
                              text=True, capture_output=True, timeout=SECONDS,
                              env={**self.environment, **variables})

    def run(self, *words, **rest):
        """The output of a command that must succeed."""
        done = self.start(*words, **rest)
        assert done.returncode == 0, f"{words}: {done.returncode}, {done.stderr}"
        return done.stdout

    def fails(self, code, text, *words, **rest):
        done = self.start(*words, **rest)
        assert done.returncode == code, f"{words}: {done.returncode}, not {code}: {done.stderr}"
        assert text in done.stderr and not done.stdout, f"{words}: {done}"

    def on_terminal(self, *words):
        """The output of a command at a terminal."""
        terminal, slave = pty.openpty()
        process = subprocess.Popen([self.programs / "immuadmin", *words], cwd=self.home,
                                   env=self.environment, stdin=slave, stdout=slave, stderr=slave,
                                   start_new_session=True)
        os.close(slave)
        output = b""
        with contextlib.suppress(OSError):  # The end of a terminal is an error.
            while part := os.read(terminal, 65536):
                output += part
        os.close(terminal)
        assert process.wait(SECONDS) == 0, output
        return output.decode()


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def check_passwords(tools):
    warned = tools.start("login", "immudb", stdin="immudb\n")
    assert warned.returncode == 0 and "SECURITY WARNING" in warned.stdout, warned
    assert "changepassword" in warned.stderr, warned
    assert stat.S_IMODE((tools.home / "token_admin").stat().st_mode) == 0o600

    tools.run("user", "changepassword", "immudb", stdin="immudb\nFirst-Pass1\n")
    tools.fails(DENIED, "please login", "user", "list")
    secret = tools.home / "secret"
    secret.write_text("First-Pass1\n")
    secret.chmod(0o644)
    tools.fails(DENIED, str(secret), "login", "immudb", "--password-file", str(secret))
    secret.chmod(0o600)
    assert tools.run("login", "immudb", "--password-file", str(secret)) == "logged in\n"
    assert tools.run("login", "immudb", IMMUADMIN_PASSWORD="First-Pass1") == "logged in\n"
    tools.fails(DENIED, "invalid user name or password", "login", "immudb", stdin="wrong\n")
    tools.fails(FAILURE, "no password on standard input", "login", "immudb")

    create = ("user", "create", "alice", "readwrite", "defaultdb")
    tools.fails(FAILURE, "Password does not meet the requirements", *create, stdin="weak\n")
    assert tools.run(*create, IMMUADMIN_NEW_PASSWORD="Alice-Pass1") == "Created user alice"
    tools.run("login", "alice", stdin="Alice-Pass1\n", program="immuclient")


def check_json(tools):
    users = {each["user"]: each for each in lines(tools.run("user", "list", "--output=json"))}
    assert users["alice"]["permissions"] == [
        {"database": "defaultdb", "permission": "Read/Write", "code": 2}], users
    assert users["alice"]["created_by"] == "immudb" and users["alice"]["active"] is True
    assert lines(tools.run("database", "use", "defaultdb", "--output=json")) == [
        {"database": "Now using defaultdb"}]
    tools.run("database", "create", "second")
    assert lines(tools.run("database", "list", "--output=json")) == [
        {"database": "defaultdb", "current": True}, {"database": "second", "current": False}]
    assert tools.run("status", IMMUADMIN_OUTPUT="json").startswith('{"status":"OK')


def check_failures(tools):
    tools.fails(USAGE, 'unknown command "nosuch" for "immuadmin user"', "user", "nosuch")
    tools.fails(USAGE, "accepts 4 arg(s)", "user", "permission", "grant")
    tools.fails(USAGE, "unknown flag: --new-password-file", "status", "--new-password-file", "x")
    tools.fails(USAGE, "only none and password", "set", "auth", "cryptosig")
    tools.fails(USAGE, "true or false", "set", "mtls", "perhaps")
    tools.fails(USAGE, "auth or mtls", "set", "colour", "red")
    tools.fails(NOT_FOUND, "nobody", "user", "permission", "grant", "nobody", "read", "defaultdb")
    tools.fails(UNREACHABLE, "cannot reach immudb", "status", "-p", str(server.free_port()))
    tools.fails(DENIED, "please login first", "set", "mtls", "false", "--tokenfile=other")


def check_server(tools, config):
    tools.run("set", "mtls", "false")
    assert "mtls = false" in config.read_text(), config.read_text()
    tools.run("set", "auth", "password")

    tools.run("database", "use", "second")
    tools.run("login", "immudb", stdin="First-Pass1\n", program="immuclient")
    tools.run("use", "second", program="immuclient")
    for number in range(3):
        tools.run("set", f"key{number}", "value", program="immuclient")
    text = tools.run("print")
    assert "Immudb Merkle Tree" in text and "\x1b" not in text, text
    assert text.count("\nLayer ") == 3 and "[0 1 0 0 0 0 0 0 0 0]" in text, text
    nodes = lines(tools.run("print", "--output", "json"))
    assert [node["layer"] for node in nodes].count(0) == 3, nodes
    assert sum(node["root"] for node in nodes) == 1, nodes


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 128:
            return value, at


def fields(record):
    """The fields of a protobuf message, by number."""
    found, at = {}, 0
    while at < len(record):
        tag, at = varint(record, at)
        value, at = varint(record, at)
        if tag & 7 == 2:
            value, at = record[at:at + value], at + value
        found[tag >> 3] = value
    return found


def records(dump):
    """Key and value of each record of a dump file."""
    found, at = {}, 0
    while at < len(dump):
        size = int.from_bytes(dump[at:at + 4], "little")
        each = fields(dump[at + 4:at + 4 + size])
        found[each[1]] = each.get(2, b"")
        at += 4 + size
    assert at == len(dump), "the last record is cut"
    return found


def check_dump(tools):
    tools.run("database", "use", "second")
    said = tools.run("dump", "second.bkp")
    path = tools.home / "second.bkp"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = records(path.read_bytes())
    assert said == f"SUCCESS: {len(found)} key-value entries were backed-up to file second.bkp\n"
    for number in range(3):
        assert found[b"key%d" % number].endswith(b"value"), found
    tools.fails(FAILURE, "second.bkp exists already", "dump", "second.bkp")

    done = subprocess.run([tools.programs / "immuadmin", "dump", "-"], capture_output=True,
                          env=tools.environment, cwd=tools.home, timeout=SECONDS)
    assert done.returncode == 0 and done.stdout == path.read_bytes(), done.stderr
    assert b"SUCCESS" in done.stderr, done.stderr

    tools.run("dump")
    assert len(list(tools.home.glob("immudb_*.bkp"))) == 1
    tools.run("database", "create", "nothing")
    tools.run("database", "use", "nothing")
    assert tools.run("dump", "nothing.bkp") == "Database is empty.\n"
    tools.fails(DENIED, "please login first", "dump", "x", "--tokenfile=other")
    left = [each.name for each in tools.home.iterdir() if "partial" in each.name]
    assert not left and not (tools.home / "nothing.bkp").exists(), left


def check_stats(tools):
    text = tools.run("stats")
    assert "\nNumber of clients          :\t1\n" in text and "   Set (3)" in text, text
    assert tools.run("stats", "--text").startswith("Database path")
    figures = json.loads(tools.run("stats", "--output=json"))
    entries = {each["path"].rsplit("/", 1)[1]: each["entries"] for each in figures["databases"]}
    assert entries["second"] == 3 and entries["defaultdb"] == 0, figures
    assert "# TYPE immudb_uptime_hours counter\n" in tools.run("stats", "-r")
    port = str(server.free_port())
    tools.fails(UNREACHABLE, f"http://127.0.0.1:{port}/metrics: Connection refused", "stats",
                "--metrics-port", port)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        tools.fails(UNREACHABLE, "no answer in time", "stats", "--timeout=500ms",
                    IMMUADMIN_METRICS_PORT=str(silent.getsockname()[1]))


def check_terminal(tools):
    shown = tools.on_terminal("user", "deactivate", "alice")
    assert shown == "User status changed successfully\r\n", repr(shown)
    assert "\x1b[33mLayer 0" in tools.on_terminal("print")
    tools.environment["NO_COLOR"] = "1"
    assert "\x1b" not in tools.on_terminal("print")


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args())
    database = server.Server(programs)
    config = database.folder / "immudb.toml"
    config.write_text("mtls = false\n")
    config.chmod(0o600)
    metrics_port = str(server.free_port())
    database.flags = ["--metrics-port", metrics_port, "--config", str(config)]
    database.start()
    tools = Tools(programs, database.port)
    tools.environment["IMMUADMIN_METRICS_PORT"] = metrics_port
    check_passwords(tools)
    check_json(tools)
    check_failures(tools)
    check_server(tools, config)
    check_stats(tools)
    check_dump(tools)
    tools.run("database", "use", "second")
    check_terminal(tools)
    database.stop()


if __name__ == "__main__":
    server.run(main)
