#!/usr/bin/env python3
"""Metrics and health over HTTP, with the real server.

1. Every family of 0.8.1 is there with its type and labels, but for those that docs/compatibility.md
   names; the memory figures that immuadmin needs too.
2. What is counted is what was done.
3. /healthz and /readyz answer; nothing tells the command line.
4. A taken port costs the metrics, not the service.
5. The dashboard and the alerts ask for families and labels that there are; promtool accepts the
   alerts, where there is one.

Run it with the Python of .venv/grpc.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import server
import wire

NAMES = server.ROOT / "tests" / "data" / "metrics-0.8.1.txt"
LEFT_OUT = {"immudb_blocked_puts_total", "immudb_disk_reads_total", "immudb_disk_writes_total",
            "immudb_gets_total", "immudb_memtable_gets_total", "immudb_lsm_bloom_hits_total",
            "immudb_lsm_level_gets_total", "promhttp_metric_handler_requests_in_flight",
            "promhttp_metric_handler_requests_total"}
MEMORY = ("sys", "heap_alloc", "heap_idle", "heap_inuse", "stack_inuse")
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
MONITORING = server.ROOT / "packaging" / "monitoring"
ALERTS, DASHBOARD = MONITORING / "immudb-alerts.yml", MONITORING / "immudb-dashboard.json"
USE = re.compile(r"\b((?:immudb|grpc_server|process)_\w+)(?:\{([^}]*)\})?")
OF_PROMETHEUS = {"job", "instance"}
SECONDS = 10.0


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=SECONDS) as answer:
        return answer.read().decode(), answer.headers["Content-Type"]


class Page:
    """A page of metrics: types by family, values by name and labels."""

    def __init__(self, port):
        text, kind = fetch(port, "/metrics")
        assert kind.startswith("text/plain; version=0.0.4"), kind
        self.types, self.values = {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                assert name not in self.types, f"{name} begins twice"
                self.types[name] = kind
            elif not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                key = (name, frozenset(LABEL.findall(labels or "")))
                assert key not in self.values, f"{line} is there twice"
                self.values[key] = float(value)

    def value(self, name, **labels):
        return self.values[name, frozenset(labels.items())]

    def labels_of(self, family):
        names = (family, family + "_bucket")
        return [{label for label, _ in labels} - {"le"}
                for name, labels in self.values if name in names]

    def calls(self, name, method, **labels):
        return self.value(name, grpc_method=method, grpc_service="immudb.schema.ImmuService",
                          grpc_type="unary", **labels)


def await_text(process, pattern):
    deadline = time.monotonic() + SECONDS
    while True:
        found = re.search(pattern, process.text())
        if found:
            return found
        assert time.monotonic() < deadline, process.text()


def check_families(page):
    for line in NAMES.read_text().splitlines():
        if line.startswith("#"):
            continue
        name, kind, labels = line.split()
        if name in LEFT_OUT:
            assert name not in page.types, f"{name} is there: take it out of the list"
            continue
        assert page.types.get(name) == kind, f"{name} is {page.types.get(name)}, not {kind}"
        wanted = set() if labels == "-" else set(labels.split(","))
        found = page.labels_of(name)
        assert found and all(each == wanted for each in found), f"{name}: {found[:2]}"
    for name in MEMORY:
        assert page.types[f"go_memstats_{name}_bytes"] == "gauge"


def check_counts(port, session, data):
    before = Page(port)
    schema = session.schema
    for number in range(5):
        session.call("Set", schema.KeyValue(key=b"k%d" % number, value=b"v"))
    try:
        session.call("Get", schema.Key(key=b"none"))
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND
    page = Page(port)
    assert page.calls("grpc_server_started_total", "Set") == 5
    assert page.calls("grpc_server_handled_total", "Set", grpc_code="OK") == 5
    assert page.calls("grpc_server_handled_total", "Get", grpc_code="NotFound") == 1
    assert page.calls("grpc_server_handled_total", "Get", grpc_code="OK") == 0
    assert page.calls("grpc_server_handling_seconds_count", "Set") == 5
    assert page.calls("grpc_server_msg_sent_total", "Set") == 5
    assert page.value("immudb_number_of_stored_entries") == 5
    assert page.value("immudb_entries", database=f"{data}/defaultdb") == 5
    assert page.value("immudb_number_of_rpcs_per_client", ip="127.0.0.1") >= 7
    assert page.value("immudb_connections") >= 1
    assert page.value("immudb_damaged_databases") == 0
    assert page.value("immudb_uptime_hours") >= before.value("immudb_uptime_hours") > 0


def check_pages(port):
    assert fetch(port, "/healthz")[0] == fetch(port, "/readyz")[0] == "ok\n"
    for path in ("/", "/debug/vars", "/debug/pprof"):
        try:
            fetch(port, path)
        except urllib.error.HTTPError as error:
            assert error.code == 404, path
        else:
            raise AssertionError(f"{path} is served")


def check_monitoring(page):
    dashboard = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += re.findall(r"^ *expr: (.+)$", ALERTS.read_text(), re.MULTILINE)
    assert len(queries) > 30
    for query in queries:
        for name, labels in USE.findall(query):
            family = name.removesuffix("_bucket")
            assert family in page.types, f"{family} is not there: {query}"
            wanted = set(re.findall(r"(\w+)\s*[=!]~?\"", labels)) - OF_PROMETHEUS
            found = page.labels_of(family)
            assert all(wanted <= each for each in found), f"{wanted} not in {found[:1]}: {query}"
    tool = shutil.which("promtool")
    if tool is None:
        print("no promtool: the rules were not given to it")
        return
    subprocess.run([tool, "check", "rules", ALERTS], check=True, stdout=subprocess.DEVNULL)


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args())
    modules = wire.generated_modules()
    process = server.Server(programs, flags=["--metrics-port=0"]).start()
    port = int(await_text(process, r"Metrics and health on port (\d+)").group(1))
    session = wire.Session(process.target, modules)
    check_counts(port, session, process.data)
    check_families(Page(port))
    check_pages(port)
    check_monitoring(Page(port))
    plain = server.Server(programs, flags=[f"--metrics-port={port}", "--no-histograms"]).start()
    await_text(plain, "Metrics error: cannot listen")
    wire.Session(plain.target, modules).close()
    plain.stop()
    session.close()
    process.stop()


if __name__ == "__main__":
    server.run(main)
