"""What the scripts of this folder share: h2load (Debian's nghttp2-client), which sends one prepared
request over and over, and the memory of the server."""
import os
import pathlib
import re
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "harness"))

import server


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


def run(target, method, body, token, in_flight, connections, calls):
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
