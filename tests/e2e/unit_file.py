#!/usr/bin/env python3
"""The unit of systemd: it is well formed, lets the server touch little, and its settings are read.

Needs systemd-analyze, which needs no running systemd. Ends with 77 where there is none.
"""
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server

PACKAGING = server.ROOT / "packaging" / "systemd"
UNIT, SETTINGS = PACKAGING / "immudb.service", PACKAGING / "immudb.toml"
EXPOSURE_MAX = 20  # Tenths: 0 is none, 10.0 is all.


def check_form(program, folder):
    """The installed paths are not on this machine, so the copy names those that are."""
    copy = folder / UNIT.name
    text = UNIT.read_text()
    assert "/usr/sbin/immudb" in text and "Documentation=" in text
    lines = [line for line in text.splitlines() if not line.startswith("Documentation=")]
    copy.write_text("\n".join(lines).replace("/usr/sbin/immudb", str(program)) + "\n")
    verified = subprocess.run(["systemd-analyze", "verify", copy], check=False,
                              capture_output=True, text=True)
    assert verified.returncode == 0 and not verified.stderr, verified.stderr


def check_exposure():
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", UNIT],
        check=False, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout[-300:] + judged.stderr
    print(judged.stdout.splitlines()[-1])


def check_settings(programs, folder):
    """The sample with its folders moved here, commented lines included."""
    lines = SETTINGS.read_text().replace("/var/", f"{folder}/").replace("3322", "0")
    config = folder / "immudb.toml"
    config.write_text(lines)
    config.chmod(0o600)
    database = server.Server(programs, data=folder / "data", flags=["--config", str(config)])
    database.start().stop()
    assert (folder / "log" / "immudb" / "immudb.log").exists()
    named = [line.lstrip("# ").split(" = ")[0] for line in lines.splitlines() if " = " in line]
    usage = subprocess.run([programs / "immudb", "--help"], check=True, capture_output=True,
                           text=True).stdout
    for name in named:
        assert f"--{name} " in usage, f"{name} is no option"


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args()).resolve()
    folder = server.scratch_folder()
    check_settings(programs, folder)
    if shutil.which("systemd-analyze") is None:
        print("skipped: no systemd-analyze")
        sys.exit(77)
    check_form(programs / "immudb", folder)
    check_exposure()


if __name__ == "__main__":
    server.run(main)
