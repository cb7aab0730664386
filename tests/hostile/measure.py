"""Runs an attack against a real server beside an honest client, and judges what it cost.

Memory and liveness are asserted: the server lives, stays within its bounds, and serves the honest
client throughout. Rates and latencies are printed; only absurd ones fail, for machines are noisy.
"""
import multiprocessing
import os
import pathlib
import resource
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import http2
from server import Server, arguments, bin_dir

MIB = 1 << 20
MEMORY_MIB = 48  # Above the idle server,
LEDGER_MIB = 32  # and for each ledger of bytes that the attack may fill.
IDLE_SECONDS = 1.0
BACK_SECONDS = 1.0
# Calls a second that are life. The aim is a quarter of the idle rate, but the attacker and the
# client share the processors with the server, and with whatever else runs.
RATE_MIN = 2.0
LATENCY_MAX_SECONDS = 8.0
POLL_SECONDS = 0.02


def seconds():
    return float(os.environ.get("IMMUDB_HOSTILE_SECONDS") or 2.0)


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def honest(port, token, report, stop):
    """Gets a small value again and again; sends (calls, slowest, failures) for each phase."""
    client = http2.Client(port)
    calls = failures = 0
    slowest = 0.0
    last = ""
    while True:
        if stop.poll():
            if stop.recv() == "end":
                return
            report.send((calls, slowest, failures, last))
            calls, slowest, failures, last = 0, 0.0, 0, ""
        began = time.monotonic()
        try:
            client.call("Get", http2.key_only(b"small"), token)
            calls += 1
        except (OSError, http2.Failed) as error:
            failures += 1
            last = repr(error)
            client.close()
            time.sleep(POLL_SECONDS)
            try:
                client = http2.Client(port)
            except OSError:
                pass
        slowest = max(slowest, time.monotonic() - began)


class Honest:
    def __init__(self, port, token):
        self.report, child_report = multiprocessing.Pipe()
        child_stop, self.stop = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=honest, args=(port, token, child_report, child_stop), daemon=True)
        self.process.start()

    def phase(self):
        """What happened since the last phase."""
        self.stop.send("report")
        if not self.report.poll(60):
            raise AssertionError("the honest client hangs")
        return self.report.recv()

    def end(self):
        self.stop.send("end")
        self.process.join(60)


class Watch:
    """The most memory the server had."""

    def __init__(self, pid):
        self.pid, self.most, self.ended = pid, 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended:
            try:
                self.most = max(self.most, resident_bytes(self.pid))
            except OSError:
                return
            time.sleep(POLL_SECONDS)

    def end(self):
        self.ended = True
        self.thread.join()
        return self.most


class Target:
    """What an attack works on: where the server is, and a session that is allowed to be there."""

    def __init__(self, port, token):
        self.port, self.token = port, token
        self.until = time.monotonic() + seconds()
        self.connections = self.refused = 0

    def going_on(self):
        return time.monotonic() < self.until

    def connect(self, **options):
        """A new connection, or None after a pause if the server wants none."""
        try:
            sock = http2.connect(self.port, **options)
            self.connections += 1
            return sock
        except OSError:
            self.refused += 1
            time.sleep(POLL_SECONDS)
            return None


def is_sanitized(program):
    return b"__asan_init" in pathlib.Path(program).read_bytes()


def run_attack(name, attack, ledgers=0):
    """Starts a server, lets `attack(target)` at it, and raises AssertionError if it shows."""
    options = arguments(attack.__doc__).parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = Server(bin_dir(options)).start()
    admin = http2.Client(server.port)
    token = admin.login()
    admin.call("Set", http2.key_value(b"small", b"value"), token)
    admin.call("Set", http2.key_value(b"large", b"v" * (4 * MIB - 100)), token)
    client = Honest(server.port, token)
    time.sleep(IDLE_SECONDS)
    client.phase()
    idle_began = time.monotonic()
    time.sleep(IDLE_SECONDS)
    idle_calls, _, failures, last = client.phase()
    idle_rate = idle_calls / (time.monotonic() - idle_began)
    assert failures == 0, f"the honest client failed before the attack: {last}"
    idle_bytes = resident_bytes(server.pid())

    watch = Watch(server.pid())
    used = processor_seconds(server.pid())
    began = time.monotonic()
    target = Target(server.port, token)
    kept = attack(target)
    calls, slowest, failures, last = client.phase()
    took = time.monotonic() - began
    most = watch.end()
    used = processor_seconds(server.pid()) - used
    del kept
    time.sleep(BACK_SECONDS)
    client.phase()
    back_began = time.monotonic()
    time.sleep(IDLE_SECONDS)
    back_calls, _, back_failures, _ = client.phase()
    back_rate = back_calls / (time.monotonic() - back_began)
    client.end()

    grown_mib = (most - idle_bytes) / MIB
    allowed_mib = MEMORY_MIB + ledgers * LEDGER_MIB
    rate = calls / took
    print(f"{name}: idle {idle_bytes / MIB:.0f} MiB, +{grown_mib:.0f} of {allowed_mib} allowed; "
          f"honest {idle_rate:.0f}/s idle, {rate:.0f}/s ({rate / idle_rate:.0%}) under attack, "
          f"slowest {slowest * 1000:.0f} ms, {back_rate:.0f}/s after; "
          f"{target.connections} connections, {target.refused} refused; "
          f"server {used / took:.0%} of a processor, load {os.getloadavg()[0]:.0f}", flush=True)
    assert server.process.poll() is None, f"the server has ended: {server.text()[-2000:]}"
    assert failures == 0 and back_failures == 0, f"{failures} honest calls failed: {last}"
    assert rate > RATE_MIN, "the honest client starved"
    assert slowest < LATENCY_MAX_SECONDS, "an honest call took too long"
    assert back_rate > RATE_MIN, "the server did not come back"
    assert is_sanitized(server.program) or grown_mib <= allowed_mib, "too much memory"
    admin.close()
    server.stop()
