#!/usr/bin/env python3
"""The server as a process: options, start, signals, files, and each reason not to start.

Needs nothing but Python's standard library.
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server

READY = "You can now use immuadmin and immuclient CLIs"
EXIT_SECONDS = 60
POLL_SECONDS = 0.01
NOBODY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")


class Process:
    """One run of the program, in an empty environment and a folder of its own."""

    def __init__(self, program, *words, variables=None, prefix=()):
        self.folder = server.scratch_folder()
        environment = {"HOME": str(self.folder), "PATH": os.environ["PATH"], **(variables or {})}
        # What sanitizers need to know, where the program was built with one.
        environment |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
        self.errors = self.folder / "stderr"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [*server.DIE_WITH_PARENT, *prefix, str(program), *map(str, words)], text=True,
                cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors)
        self.output = ""

    def error_text(self):
        return self.errors.read_text(errors="replace")

    def await_ready(self):
        for line in self.process.stdout:
            self.output += line
            if READY in line:
                return self
        self.process.wait(EXIT_SECONDS)
        raise AssertionError(f"ended with {self.process.returncode}: {self.error_text()}")

    def await_exit(self):
        rest, _ = self.process.communicate(timeout=EXIT_SECONDS)
        self.output += rest
        return self.process.returncode

    def await_true(self, condition):
        for _ in range(int(EXIT_SECONDS / POLL_SECONDS)):
            if condition():
                return
            try:
                self.process.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"ended with {self.process.returncode}: {self.error_text()}")
        raise AssertionError("waited in vain")

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.await_exit()
        assert code == 0, f"{number.name} ended it with {code}: {self.error_text()}"
        return self


class Lifecycle:
    def __init__(self, program):
        self.program = program

    def run(self, *words, **how):
        return Process(self.program, *words, **how)

    def serve(self, data, *words, **how):
        return self.run("--dir", data, "--address", "127.0.0.1", "--port", "0", *words, **how)

    def assert_refused(self, process, *texts):
        """It must end with 1 and one message that holds `texts`, and say nothing of readiness."""
        code = process.await_exit()
        errors = process.error_text()
        assert code == 1, f"exit code {code} instead of 1: {errors}"
        assert READY not in process.output
        message = [line for line in errors.splitlines() if line.startswith("Error: ")]
        assert len(message) == 1, f"not one message: {errors}"
        for text in texts:
            assert text in message[0], f"{text!r} is not in {message[0]!r}"

    @staticmethod
    def await_true(condition):
        deadline = time.monotonic() + EXIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(POLL_SECONDS)

    def check_informs(self):
        version = self.run("version")
        assert version.await_exit() == 0
        assert re.match(r"immudb \d+\.\d+\.\d+\n", version.output), version.output
        for words in (["help"], ["--help"], ["-h"], ["version", "--help"]):
            usage = self.run(*words)
            assert usage.await_exit() == 0
            assert "--admin-password" in usage.output and "IMMUDB_PORT" in usage.output
            assert not (usage.folder / "data").exists()

    def check_refuses_bad_options(self):
        folder = server.scratch_folder()
        wrong_key = folder / "key.toml"
        wrong_key.write_text("port = 0\n\nprot = 1\n")
        wrong_value = folder / "value.toml"
        wrong_value.write_text("auth = \"yes\"\n")
        wrong_format = folder / "immudb.yaml"
        wrong_format.write_text("port: 1\n")
        cases = [
            (["--prot=1"], {}, ["unknown flag: --prot"]),
            (["serve"], {}, ["unknown command \"serve\""]),
            (["--port"], {}, ["flag needs an argument: --port"]),
            (["--port=65536"], {}, ["flag --port", "\"65536\""]),
            ([], {"IMMUDB_AUTH": "yes"}, ["environment variable IMMUDB_AUTH", "\"yes\""]),
            ([], {"IMMUDB_MAX_RECV_MSG_SIZE": "4M"}, ["IMMUDB_MAX_RECV_MSG_SIZE"]),
            (["--admin-password=enc:?"], {}, ["error decoding password from base64 string"]),
            ([], {"IMMUDB_ADMIN_PASSWORD": "  "}, ["Admin password cannot be empty"]),
            (["--config", wrong_key], {}, [f"{wrong_key}:3: key \"prot\""]),
            (["--config", wrong_value], {}, [f"{wrong_value}:1: key \"auth\""]),
            (["--config", wrong_format], {}, [f"{wrong_format}: only TOML"]),
            (["--config", folder / "none.toml"], {}, [f"{folder}/none.toml"]),
            (["--logfile", folder], {}, [f"log file {folder}"]),
        ]
        for words, variables, texts in cases:
            process = self.run(*words, variables=variables)
            self.assert_refused(process, *texts)
            assert not (process.folder / "data").exists(), words
        unknown = self.run("serve")
        unknown.await_exit()
        assert "Run 'immudb --help' for usage." in unknown.error_text()

    def check_starts_and_stops(self):
        folder = server.scratch_folder()
        data, pid_file = folder / "data", folder / "run" / "immudb.pid"
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process = self.serve(data, "--pidfile", pid_file).await_ready()
            assert pid_file.read_text() == str(process.process.pid)
            assert stat.S_IMODE(pid_file.stat().st_mode) == 0o644
            port = int(re.search(r"Listening on 127.0.0.1:(\d+)", process.error_text()).group(1))
            socket.create_connection(("127.0.0.1", port), EXIT_SECONDS).close()
            process.stop(number)
            assert f"Caught {number.name}" in process.error_text()
            assert "Shutdown completed" in process.error_text()
            assert not pid_file.exists()
        assert "successfully created" not in process.error_text()
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        for path in data.rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, f"others may use {path}"

    def check_reads_every_source(self):
        folder = server.scratch_folder()
        config = folder / "immudb.toml"
        config.write_text(f"dir = \"{folder}/data\"\naddress = \"127.0.0.1\"\nport = 0\n"
                          "consistency-check = false\nnetwork = \"udp\"\n")
        process = self.run(f"--config={config}", variables={"IMMUDB_DURABILITY": "written"})
        process.await_ready().stop()
        assert f"Config file      : {config}\n" in process.output
        assert f"Data dir         : {folder}/data\n" in process.output
        assert "WRITTEN" in process.output
        assert "a power loss may take acknowledged writes" in process.error_text()
        assert f"{config}:5: key \"network\": has no effect" in process.error_text()
        assert not (process.folder / "data").exists()

    def check_hides_the_password(self):
        data = server.scratch_folder() / "data"
        process = self.serve(data, "--admin-password", "Hidden-123").await_ready()
        command_line = pathlib.Path(f"/proc/{process.process.pid}/cmdline").read_bytes()
        assert b"--admin-password" in command_line and b"Hidden" not in command_line
        process.stop()
        assert "Hidden" not in process.output + process.error_text()
        search = ["grep", "-rl", "Hidden-123", data]
        found = subprocess.run(search, capture_output=True, check=False)
        assert found.returncode == 1, f"the password is in {found.stdout}"
        again = self.serve(data, "--admin-password", "Other-456").await_ready().stop()
        assert "admin-password was not used" in again.error_text()

    def check_moves_its_log(self):
        folder = server.scratch_folder()
        log = folder / "log" / "immudb.log"
        process = self.serve(folder / "data", "--logfile", log).await_ready()
        assert process.error_text() == ""
        line = r"(?m)^immudb \d{4}/\d\d/\d\d \d\d:\d\d:\d\d INFO: Listening"
        assert re.search(line, log.read_text())
        log.rename(log.with_suffix(".1"))
        process.process.send_signal(signal.SIGHUP)
        process.await_true(log.exists)
        process.stop()
        assert "Shutdown completed" in log.read_text()
        occupied = folder / "file"
        occupied.write_text("")
        self.assert_refused(self.serve(occupied, "--logfile", log), str(occupied))
        assert "ERROR: " in log.read_text()

    def check_goes_on_in_the_background(self):
        folder = server.scratch_folder()
        data, pid_file = folder / "data", folder / "pid"
        for how in (["-d"], ["--detached=true"]):
            began = time.monotonic()
            # Ends only because the server has let go of the pipes.
            started = self.serve(data, *how, "--pidfile", pid_file)
            assert started.await_exit() == 0, started.error_text()
            pid = int(pid_file.read_text())
            try:
                assert f"immudb has been started with PID {pid}\n" in started.output
                assert f"Log file: {data}/immudb.log\n" in started.output
                assert READY in started.output
                assert os.getsid(pid) == pid and time.monotonic() - began < EXIT_SECONDS
                for number in range(3):
                    assert os.readlink(f"/proc/{pid}/fd/{number}") == "/dev/null"
                port = re.search(r"Listening on 127.0.0.1:(\d+)", started.error_text()).group(1)
                socket.create_connection(("127.0.0.1", int(port)), EXIT_SECONDS).close()
                again = self.serve(data, "-d")
                self.assert_refused(again, str(data))
                log = data / "immudb.log"
                log.rename(folder / "moved.log")
                os.kill(pid, signal.SIGHUP)
                self.await_true(log.exists)
            finally:
                os.kill(pid, signal.SIGTERM)
            self.await_true(lambda number=pid: not pathlib.Path(f"/proc/{number}").exists())
            assert "Shutdown completed" in log.read_text()
            assert not pid_file.exists()
        detached = self.run("--dir", data, "--address", "127.0.0.1", "--port", "0",
                            "--logfile", folder / "own.log", variables={"IMMUDB_DETACHED": "1"})
        assert detached.await_exit() == 0, detached.error_text()
        os.kill(int(re.search(r"PID (\d+)", detached.output).group(1)), signal.SIGTERM)
        self.await_true(lambda: "Shutdown completed" in (folder / "own.log").read_text())

    def check_tells_the_service_manager(self):
        folder = server.scratch_folder()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(folder / "notify"))
            manager.settimeout(EXIT_SECONDS)
            process = self.serve(folder / "data", variables={"NOTIFY_SOCKET": folder / "notify"})
            assert manager.recv(64) == b"READY=1"
            process.await_ready().stop()
            assert manager.recv(64) == b"STOPPING=1"

    def check_refuses_what_is_not_its_own(self):
        folder = server.scratch_folder()
        data = folder / "data"
        first = self.serve(data, "--pidfile", folder / "pid").await_ready()
        self.assert_refused(self.serve(data), str(data))
        self.assert_refused(self.serve(folder / "other", "--pidfile", folder / "pid"), "pid file")
        port = re.search(r"Listening on 127.0.0.1:(\d+)", first.error_text()).group(1)
        third = folder / "third"
        self.assert_refused(self.serve(third, "--port", port), port)
        first.stop()
        self.serve(third).await_ready().stop()  # The failed start left it whole.

    def check_refuses_a_folder_of_the_original(self):
        data = server.scratch_folder() / "data"
        database = data / "defaultdb"
        database.mkdir(parents=True)
        files = {"MANIFEST": b"Bdgr", "000000.vlog": b"\0" * 64, "KEYREGISTRY": b"Hello Badger"}
        for name, content in files.items():
            (database / name).write_bytes(content)
        self.assert_refused(self.serve(data), str(data), "immudb")
        assert {p.name: p.read_bytes() for p in database.iterdir()} == files
        assert [p.name for p in data.iterdir()] == ["defaultdb"]

    def check_refuses_an_unwritable_folder(self):
        folder = server.scratch_folder()
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir()
        data.chmod(0o555)
        other = self
        if os.geteuid() == 0:  # Root may write everywhere. Nobody may not even reach the build.
            other = Lifecycle(shutil.copy(self.program, folder))
        process = other.serve(data, prefix=NOBODY if other is not self else ())
        self.assert_refused(process, str(data))
        assert list(data.iterdir()) == []


def main():
    options = server.arguments(__doc__).parse_args()
    lifecycle = Lifecycle(server.bin_dir(options).resolve() / "immudb")
    for name in sorted(vars(Lifecycle)):
        if name.startswith("check_"):
            print(name, flush=True)
            getattr(lifecycle, name)()


if __name__ == "__main__":
    server.run(main)
