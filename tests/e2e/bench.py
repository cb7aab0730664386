#!/usr/bin/env python3
"""The programs that measure: all rows that were asked for come, and what was counted is there."""
import json
import pathlib
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server

CALLS = ("Get", "Set", "SafeGet", "SafeSet", "SetBatch of 100")
BATCH = {"Set": 1, "SafeSet": 1, "SetBatch of 100": 100}
SECONDS = 200


def measure(program, *arguments):
    """What the program wrote as JSON, by the names of the rows."""
    folder = server.scratch_folder()
    lines = folder / "rows"
    done = subprocess.run(
        [str(program), "--dir", str(folder / "work"), "--json", str(lines), "--seconds", "0.1",
         *arguments], capture_output=True, text=True, timeout=SECONDS)
    if done.returncode != 0:
        raise AssertionError(f"it ended with {done.returncode}: {done.stdout}{done.stderr}")
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    for row in rows:
        if f"| {row['row']} " not in done.stdout:
            raise AssertionError(f"{row['row']} is not in the table:\n{done.stdout}")
    return {row["row"]: row for row in rows}


def check_calls(rows, load, subject):
    for call in CALLS:
        row = rows[f"{call}, {load}, {subject}"]
        if row["calls"] <= 0 or row["entries"] != row["calls"] * BATCH.get(call, 0):
            raise AssertionError(f"calls and entries do not fit: {row}")
        if not 0 < row["p50_us"] <= row["p99_us"] <= row["p999_us"] <= row["max_us"]:
            raise AssertionError(f"times are not in order: {row}")
        if row["cpu_us"] <= 0:
            raise AssertionError(f"no CPU time: {row}")


def metric(page, name, label):
    [line] = [line for line in page.splitlines()
              if line.startswith(name + "{") and label in line.split("} ")[0]]
    return float(line.split("} ")[1])


def check_server_at_an_address(programs):
    metrics_port = server.free_port()
    database = server.Server(programs, flags=["--metrics-port", str(metrics_port)]).start()
    rows = measure(programs / "immudb_load", "--address", database.target, "--metrics",
                   str(metrics_port), "128 in flight, 4 connections")
    check_calls(rows, "128 in flight, 4 connections", f"at {database.target}")
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics") as reply:
        entries = metric(reply.read().decode(), "immudb_entries", "/defaultdb")
    told = rows[f"after the calls, at {database.target}"]["entries_written"]
    if entries != told:
        raise AssertionError(f"the server has {entries} entries, {told} were told")
    database.stop()


def check_own_server(programs):
    rows = measure(programs / "immudb_load", "16 in flight, 1 connection, durable",
                   "one durable call", "mixed")
    check_calls(rows, "16 in flight, 1 connection", "durable")
    lone = rows["one durable call in flight"]
    allowed = lone["compared"]["p50_us"]["target"]
    if abs(allowed - lone["echo_p50_us"] - lone["fdatasync_p50_us"] - 60) > 1e-6:
        raise AssertionError(f"not the target that was measured: {lone}")
    mixed = rows["mixed load, 16 in flight, 4 connections, durable"]
    parts = [rows[f"of the mixed load: {call}, durable"]["calls"] for call in CALLS]
    if sum(parts) != mixed["calls"] or min(parts) <= 0:
        raise AssertionError(f"{parts} are not {mixed['calls']} calls")
    entries = sum(count * BATCH.get(call, 0) for call, count in zip(CALLS, parts))
    if entries != mixed["entries"]:
        raise AssertionError(f"{entries} entries by call, {mixed['entries']} in all")


def check_wrong_password(programs):
    database = server.Server(programs).start()
    done = subprocess.run(
        [str(programs / "immudb_load"), "--address", database.target, "--password", "wrong"],
        capture_output=True, text=True, timeout=SECONDS, cwd=server.scratch_folder())
    if done.returncode != 1 or "Login: " not in done.stderr:
        raise AssertionError(f"a refused login gave {done.returncode}: {done.stderr}")
    database.stop()


def check_engine(programs):
    rows = measure(programs / "engine_bench", "--entries", "20000", "sustained", "get with",
                   "scan, keys only", "async set, 16 in flight, durable")
    expected = {"sustained, 20000 random keys, merges finished, written",
                "sustained, 20000 random keys, merges finished, durable",
                "async set, 16 in flight, durable", "get with its log read, 1 thread, written",
                "scan, keys only, written", "scan, keys only, backwards, written"}
    if set(rows) != expected:
        raise AssertionError(f"other rows than asked for: {sorted(rows)}")
    for row in rows.values():
        if row["per_second"] <= 0 or row["cpu_ns"] <= 0:
            raise AssertionError(f"nothing was measured: {row}")
    grown = rows["sustained, 20000 random keys, merges finished, durable"]
    if grown["resident_mib"] <= 0 or grown["bytes_per_entry"] < 80:
        raise AssertionError(f"less than what was written: {grown}")


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args())
    check_engine(programs)
    check_own_server(programs)
    check_server_at_an_address(programs)
    check_wrong_password(programs)


if __name__ == "__main__":
    server.run(main)
