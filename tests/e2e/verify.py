#!/usr/bin/env python3
"""immudb verify: what it says of a data folder, that it changes nothing in it, and its exit codes.

Run it with the Python of .venv/grpc.
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import damage
import server
import wire

WHOLE, FAILED, USAGE, DAMAGED = 0, 1, 2, 6
OTHER = "other"


def state_of(folder):
    """Everything that is there: names, sizes, times of change, contents."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns, content)
    return found


class Verifier:
    """Runs the command on one folder, and sees that it changes nothing there."""

    def __init__(self, programs, folder):
        self.program, self.folder = pathlib.Path(programs) / "immudb", folder

    def run(self, *flags, folder=None):
        folder = folder or self.folder
        before = state_of(folder)
        environment = {"HOME": "/nonexistent", "PATH": os.environ["PATH"]}
        environment |= {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
        done = subprocess.run([str(self.program), "verify", "--dir", str(folder), *flags],
                              capture_output=True, text=True, timeout=60, env=environment)
        assert state_of(folder) == before, "the data folder was changed"
        return done

    def expect(self, code, *flags, text="", folder=None):
        done = self.run(*flags, folder=folder)
        assert done.returncode == code, (f"{flags}: {done.returncode} instead of {code}: "
                                         f"{done.stdout} {done.stderr}")
        assert text in done.stdout + done.stderr, f"{flags}: {done.stdout} {done.stderr}"
        return done

    def json(self, code, *flags):
        done = self.expect(code, "--output", "json", *flags)
        found = json.loads(done.stdout)
        assert found["whole"] == (code == WHOLE)
        return {database["name"]: database for database in found["databases"]}


def verifying_a_whole_folder(verifier, head):
    size, root = head
    found = verifier.json(WHOLE)
    assert list(found) == ["defaultdb", OTHER, "systemdb"], found
    assert found["defaultdb"]["size"] == size and found["defaultdb"]["root"] == root
    assert found["defaultdb"]["index_versions"] == size == found["defaultdb"]["compared_size"]
    assert found[OTHER]["size"] == 1 and found["systemdb"]["size"] > 0
    done = verifier.expect(WHOLE)
    assert f"{size} entries, root {root}@{size}" in done.stdout and "MB/s" in done.stdout
    verifier.expect(WHOLE, "--database", OTHER, text=f"database {OTHER}: whole")
    print("a whole folder is found whole, and nothing in it is changed", flush=True)


def expecting_roots(verifier, head):
    size, root = head
    found = verifier.json(WHOLE, "--expect", f"defaultdb={root}@{size}")
    agreed = {"recorder": "--expect", "size": size, "root": root}
    assert agreed in found["defaultdb"]["agreed_roots"]
    verifier.expect(WHOLE, "--database", "defaultdb", "--expect", f"{root}@{size}")
    wrong = root[:-1] + ("0" if root[-1] != "0" else "1")
    verifier.expect(DAMAGED, "--expect", f"defaultdb={wrong}@{size}", text="--expect says")
    verifier.expect(DAMAGED, "--expect", f"defaultdb={root}@{size - 1}", text="--expect says")
    verifier.expect(DAMAGED, "--expect", f"defaultdb={root}@{size + 1}", text="has recorded a root")
    print("a root that is expected must be there, at its size", flush=True)


def wrong_calls(verifier):
    verifier.expect(USAGE, "--expect", "ab@1", text="is not ROOT@SIZE")
    verifier.expect(USAGE, "--expect", "0" * 64 + "@1", text="several databases")
    verifier.expect(USAGE, "--expect", "none=" + "0" * 64 + "@1", text="not looked at")
    verifier.expect(USAGE, "--no-such-flag", text="unknown flag")
    verifier.expect(USAGE, "--output", "xml", text="none of text, json")
    verifier.expect(USAGE, "word", text="unexpected argument")
    verifier.expect(FAILED, "--database", "none", text="there is no database none")
    empty = server.scratch_folder()
    verifier.expect(FAILED, folder=empty, text="is no data directory")
    verifier.expect(FAILED, folder=empty / "missing", text="there is no data directory")
    print("what cannot be verified is said, with the exit code for it", flush=True)


def finding_damage(verifier, database):
    folder = database.folder()

    def with_files_kept(edit):
        kept = server.scratch_folder() / "kept"
        shutil.copytree(folder, kept)
        edit()
        yield
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        yield

    def remove(*names):
        return lambda: [(folder / name).unlink() for name in names]

    def forge():
        database.change(damage.forged)
        remove("tree", "offsets", "manifest")()
        shutil.rmtree(folder / "index")

    def flip_in_tree():
        data = bytearray((folder / "tree").read_bytes())
        data[5000] ^= 1
        (folder / "tree").write_bytes(data)

    for edit, parts, is_damage in (
            (lambda: database.change(damage.changed_byte), {"log"}, True),
            (forge, {"root"}, True),
            (flip_in_tree, {"tree"}, False),
            (remove("tree"), {"tree"}, False),
            (remove("meta"), {"meta"}, True),
            (lambda: (folder / "damaged").write_text("so it is"), {"damage mark"}, True),
            (lambda: next((folder / "index").iterdir()).unlink(), {"index"}, False)):
        steps = with_files_kept(edit)
        next(steps)
        found = verifier.json(DAMAGED)
        told = {finding["part"] for finding in found["defaultdb"]["findings"]}
        assert told >= parts and (is_damage or told == parts), (parts, told)
        assert found["defaultdb"]["damaged"] == is_damage and found[OTHER]["whole"]
        verifier.expect(DAMAGED, text="NOT WHOLE")
        next(steps)
    shutil.rmtree(folder)
    verifier.expect(DAMAGED, text="DAMAGED")
    print("each kind of damage is found, in its database", flush=True)


def main():
    options = server.arguments(__doc__).parse_args()
    programs, modules = server.bin_dir(options), wire.generated_modules()
    database = damage.Database(programs, modules)
    verifier = Verifier(programs, database.server.data)
    schema = database.schema
    database.call("CreateDatabase", schema.Database(databasename=OTHER))
    token = database.call("UseDatabase", schema.Database(databasename=OTHER)).token
    database.session.metadata = (("authorization", "Bearer " + token),)
    database.call("Set", schema.KeyValue(key=b"key", value=b"value"))
    done = subprocess.run([str(verifier.program), "verify", "--dir", str(verifier.folder)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == FAILED and "in use by another process" in done.stderr, done
    database.stop()

    size, root = database.trusted[0], database.trusted[1].hex()
    verifying_a_whole_folder(verifier, (size, root))
    expecting_roots(verifier, (size, root))
    wrong_calls(verifier)
    finding_damage(verifier, database)


if __name__ == "__main__":
    server.run(main)
