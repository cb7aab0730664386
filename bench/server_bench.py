#!/usr/bin/env python3
"""Measures the server over gRPC: server CPU and wall time per call, for the calls that matter.

Starts the release server on a folder of its own, logs in with generated stubs, and lets h2load
(Debian's nghttp2-client) send one prepared request over and over: 1, 16 and 128 in flight on one
connection, and 128 on four. h2load spends less CPU per call than any gRPC client and writes larger
bursts, so a grpc client costs the server up to three times as much in its network part. CPU is that
of the whole server process. One line of JSON per row.

    .venv/grpc/bin/python bench/server_bench.py [--bin build/release/bin] [--calls 40000]
"""
import json
import os
import pathlib
import re
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "harness"))

import server
import wire

TICKS = os.sysconf("SC_CLK_TCK")
LOADS = ((1, 1), (16, 1), (128, 1), (128, 4))  # In flight in all, connections.
KEY, VALUE = b"k" * 16, b"v" * 64
SLOW_CALLS = 4000  # Of durable writes with one in flight: each waits for the disk.


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


def requests(schema):
    entry = schema.KeyValue(key=KEY, value=VALUE)
    batch = [schema.KeyValue(key=b"b%015d" % n, value=VALUE) for n in range(100)]
    return {
        "Set": entry,
        "Get": schema.Key(key=KEY),
        "SafeSet": schema.SafeSetOptions(kv=entry),
        "SafeGet": schema.SafeGetOptions(key=KEY),
        "SetBatch": schema.KVList(KVs=batch),
    }


def run_h2load(target, method, body, token, in_flight, connections, calls):
    """Returns calls per second. Fails unless every call was answered with HTTP status 200."""
    frame = server.scratch_folder() / "request"
    message = body.SerializeToString()
    frame.write_bytes(struct.pack(">BI", 0, len(message)) + message)
    output = subprocess.run(
        ["h2load", "-n", str(calls), "-c", str(connections), "-m", str(in_flight // connections),
         "-d", str(frame), "-H", "content-type: application/grpc", "-H", "te: trailers",
         "-H", f"authorization: {token}",
         f"http://{target}/immudb.schema.ImmuService/{method}"],
        check=True, capture_output=True, text=True, timeout=600).stdout
    done = int(re.search(r"(\d+) succeeded", output)[1])
    if done != calls:
        raise AssertionError(f"{done} of {calls} calls were answered:\n{output}")
    return float(re.search(r"([\d.]+) req/s", output)[1])


def measure(database, durability, modules, calls):
    session = wire.Session(database.target, modules)
    token = dict(session.metadata)["authorization"]
    for method, body in requests(session.schema).items():
        session.call(method, body)  # Proves that it is answered well, and warms up.
        for in_flight, connections in LOADS:
            writes = method in ("Set", "SafeSet", "SetBatch")
            count = calls // 10 if method == "SetBatch" else calls
            if writes and durability == "durable":
                count = min(count, SLOW_CALLS if in_flight == 1 else SLOW_CALLS * 5)
            before = cpu_seconds(database.pid())
            rate = run_h2load(database.target, method, body, token, in_flight, connections, count)
            cpu = (cpu_seconds(database.pid()) - before) / count
            print(json.dumps({
                "row": f"{method}, {in_flight} in flight, {connections} connections, {durability}",
                "calls": count, "per_second": round(rate), "cpu_us": round(cpu * 1e6, 2)}),
                flush=True)
    session.close()


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--calls", type=int, default=40_000)
    options = parser.parse_args()
    modules = wire.generated_modules()
    for durability in ("written", "durable"):
        database = server.Server(server.bin_dir(options), flags=["--durability", durability])
        database.start()
        idle = resident_mib(database.pid())
        measure(database, durability, modules, options.calls)
        print(json.dumps({"row": f"resident memory, {durability}", "idle_mib": round(idle, 1),
                          "after_mib": round(resident_mib(database.pid()), 1)}))
        database.stop()


if __name__ == "__main__":
    main()
