#!/usr/bin/env python3
"""Runs the commands of README.md's section "See it caught" as they stand, line by line.

Only the folder of the programs and the port are others.
"""
import atexit
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server

SECONDS = 60
PROMISED = re.compile(r"# exit code (\d+)")


def end(pid_file):
    """Where the commands did not come to their last one, a server is left."""
    with contextlib.suppress(OSError, ValueError):
        os.kill(int(pid_file.read_text()), signal.SIGKILL)


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args()).resolve()
    page = (server.ROOT / "README.md").read_text()
    section = page.split("## See it caught", 1)[1].split("\n## ", 1)[0]
    lines = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1].splitlines()
    port = server.free_port()
    script = "".join(f"{line}\necho \"ended with $?\"\n" for line in lines)
    script = script.replace("bin=build/release/bin", f"bin={programs}").replace("3399", str(port))
    folder = server.scratch_folder()
    atexit.register(end, folder / "trial.pid")
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, text=True, timeout=SECONDS, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={"HOME": str(folder), "PATH": os.environ["PATH"]})
    print(done.stdout)
    ends = [int(code) for code in re.findall(r"^ended with (\d+)$", done.stdout, re.MULTILINE)]
    assert len(ends) == len(lines)
    for line, code in zip(lines, ends):
        promised = PROMISED.search(line)
        wanted = int(promised[1]) if promised else 1 if "# refused" in line else 0
        assert code == wanted, f"{line!r} ended with {code}, not {wanted}"
    texts = re.split(r"ended with \d+\n", done.stdout)
    said = dict(zip(lines, texts))
    for line, text in said.items():
        if "verified: true" in line:
            assert re.search(r"verified:\s+true", text), text
        if "exit code 6" in line:
            assert "entry 0" in text, text
        if "# refused" in line:
            assert "tampering" in text, text


if __name__ == "__main__":
    server.run(main)
