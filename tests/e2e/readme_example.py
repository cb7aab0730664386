#!/usr/bin/env python3
"""Runs the Python example of README.md as it stands, with the official package, against the server.

Only the port is another one. Run it with the Python of .venv/sdk.
"""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server

EXAMPLE_SECONDS = 60


def main():
    options = server.arguments(__doc__).parse_args()
    page = (server.ROOT / "README.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 1, f"README.md has {len(examples)} Python examples"
    database = server.Server(server.bin_dir(options)).start()
    program = examples[0].replace("localhost:3322", database.target)
    assert program != examples[0], "the example does not name localhost:3322"
    done = subprocess.run([sys.executable, "-c", program], cwd=server.scratch_folder(), text=True,
                          capture_output=True, timeout=EXAMPLE_SECONDS)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, f"the example ended with {done.returncode}"
    assert re.fullmatch(r"100 EUR is entry \d+, and the proof holds: True\n", done.stdout)
    database.stop()


if __name__ == "__main__":
    server.run(main)
