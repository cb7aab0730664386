#!/usr/bin/env python3
"""immuadmin backup, restore and audit-log with the real server.

1. A backup made while clients write is restored elsewhere: same roots, same entries, same identity,
   as immuclient verifies. As a file, as a folder and through pipes.
2. What is expected from elsewhere is compared: the digest, roots, the key; a backup that was edited
   and made consistent again is found out.
3. A changed byte, a hostile archive, a backup that is cut off: exit code 6, and nothing is there.
4. Killed at any moment: no half backup, no half folder, and the next run works.
5. A folder is replaced only when asked for, never under a server, and kept under another name.
6. The audit trail shows who did what.

Run it with the Python of .venv/grpc.
"""
import io
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import proof
import server
import wire

SECONDS = 120
FAILURE, USAGE, DENIED, UNREACHABLE, TAMPERED = 1, 2, 4, 5, 6
PASSWORD = "Restored-12345!"  # Of the superadmin of restored servers.
ENTRIES = 3000


class Admin:
    """Runs immuadmin, and immuclient, in a folder of their own."""

    def __init__(self, programs, port):
        self.programs, self.home = programs, server.scratch_folder()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TZ": "UTC",
                            "LANG": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0",
                            "IMMUADMIN_IMMUDB_PORT": str(port), "IMMUCLIENT_IMMUDB_PORT": str(port)}

    def start(self, *words, stdin=b"", program="immuadmin", port=None):
        environment = dict(self.environment)
        if port:
            environment.update(IMMUADMIN_IMMUDB_PORT=str(port), IMMUCLIENT_IMMUDB_PORT=str(port))
        return subprocess.run([self.programs / program, *map(str, words)], cwd=self.home,
                              input=stdin, capture_output=True, timeout=SECONDS, env=environment)

    def run(self, *words, **rest):
        done = self.start(*words, **rest)
        assert done.returncode == 0, f"{words}: {done.returncode}, {done.stderr}"
        return done

    def fails(self, code, text, *words, **rest):
        done = self.start(*words, **rest)
        assert done.returncode == code, f"{words}: {done.returncode}, not {code}: {done.stderr}"
        assert text in done.stderr.decode(), f"{words}: {done.stderr}"
        return done

    def backup(self, *words, **rest):
        return json.loads(self.run("backup", *words, "--output", "json", **rest).stdout)

    def restore(self, source, target, *words, **rest):
        """Restores a folder that has no users yet."""
        password = self.home / "password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        done = self.run("restore", source, "--dbdir", target, "--new-password-file", password,
                        "--output", "json", *words, **rest)
        return json.loads(done.stdout)

    def refuses(self, source, target, *words, code=TAMPERED, text="", **rest):
        password = self.home / "password"
        done = self.fails(code, text, "restore", source, "--dbdir", target, "--new-password-file",
                          password, *words, **rest)
        left = [path.name for path in target.parent.iterdir() if path.name.startswith(target.name)]
        assert not left, f"{words}: {left} is left"
        return done


class Writers:
    """Clients that write as long as the block runs."""

    def __init__(self, session):
        self.session, self.stop = session, threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(n,)) for n in range(3)]

    def write(self, writer):
        number, schema = 0, self.session.schema
        while not self.stop.is_set():
            self.session.call("SetBatch", schema.KVList(KVs=[
                schema.KeyValue(key=b"busy%d/%d/%d" % (writer, number, n), value=b"v" * 300)
                for n in range(20)]))
            number += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def databases(report):
    return {entry["database"]: entry for entry in report["databases"]}


def session_of(process, modules, database="defaultdb"):
    """On a restored server, in one of its databases."""
    session = wire.Session(process.target, modules, password=PASSWORD.encode())
    reply = session.call("UseDatabase", session.schema.Database(databasename=database))
    session.metadata = (("authorization", "Bearer " + reply.token),)
    return session


def fill(session):
    schema = session.schema
    session.call("CreateDatabase", schema.Database(databasename="second"))
    session.call("SetBatch", schema.KVList(KVs=[
        schema.KeyValue(key=b"k%05d" % n, value=b"value%d" % n) for n in range(ENTRIES)]))


def check_restored(admin, process, modules, report, folder):
    """The server on a restored folder has what the report of the backup says."""
    other = server.Server(admin.programs, data=folder).start()
    session = session_of(other, modules)
    schema, wanted = session.schema, databases(report)["defaultdb"]
    current = session.call("CurrentRoot").payload
    assert (current.index + 1, current.root.hex()) == (wanted["size"], wanted["root"])
    for n in (0, 17, ENTRIES - 1):
        assert session.call("Get", schema.Key(key=b"k%05d" % n)).value == b"value%d" % n
    identity = "defaultdb/immudb.identifier"
    assert (folder / identity).read_bytes() == (process.data / identity).read_bytes()
    # A client that trusts the backup's root from elsewhere verifies entries of the copy.
    admin.run("login", "immudb", stdin=PASSWORD.encode() + b"\n", program="immuclient",
              port=other.port)
    admin.run("use", "defaultdb", program="immuclient", port=other.port)
    shown = admin.run("rawsafeget", "k00017", "--server-identity", "copy", "--first-contact",
                      "refuse", "--trusted-root", f"{wanted['size'] - 1}:{wanted['root']}",
                      program="immuclient", port=other.port)
    assert b"verified:\ttrue" in shown.stdout, shown
    second = session_of(other, modules, "second")
    assert second.call("Health").status
    admin.run("login", "immudb", stdin=PASSWORD.encode() + b"\n", port=other.port)
    events = admin.run("audit-log", "--event", "backup restored", "--output", "json",
                       port=other.port).stdout.splitlines()
    assert [json.loads(event)["database"] for event in events] == [
        "defaultdb", "second", "systemdb"]
    second.close()
    session.close()
    return other


def check_forms(admin, process, session, modules):
    """Returns the file of a backup, its report, and a folder restored from it."""
    admin.run("login", "immudb", stdin=b"immudb\n")
    place = admin.home / "backups"
    place.mkdir()
    with Writers(session):
        report = admin.backup(place / "one.tar")
    wanted = databases(report)
    now = session.call("CurrentRoot").payload.index + 1
    assert ENTRIES < wanted["defaultdb"]["size"] < now, "the writers did not go on"
    proven = session.call("Consistency",
                          session.schema.Index(index=wanted["defaultdb"]["size"] - 1))
    assert proof.consistency_holds(wanted["defaultdb"]["size"],
                                   bytes.fromhex(wanted["defaultdb"]["root"]), proven.second + 1,
                                   proven.secondRoot, list(proven.path))
    assert [path.name for path in place.iterdir()] == ["one.tar"]
    assert stat.S_IMODE((place / "one.tar").stat().st_mode) == 0o600
    with tarfile.open(place / "one.tar") as archive:
        assert archive.getnames() == ["defaultdb.snapshot", "db-00000001.snapshot",
                                      "systemdb.snapshot", "manifest.json"]
        manifest = json.load(archive.extractfile("manifest.json"))
    assert all(entry["signature"] for entry in manifest["databases"]), "roots are signed"
    target = admin.home / "restored"
    restored = admin.restore(place / "one.tar", target, "--expect", report["digest"])
    assert {entry["state"] for entry in restored["databases"]} == {"as expected"}
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    check_restored(admin, process, modules, report, target).stop()
    admin.run("login", "immudb", stdin=b"immudb\n")
    admin.fails(FAILURE, "exists already", "backup", place / "one.tar")
    folder = admin.backup(place / "folder", "--uncompressed")
    admin.restore(place / "folder", admin.home / "of-folder", "--expect",
                  ",".join(f"{name}={entry['root']}" for name, entry in databases(folder).items()))
    piped = admin.run("backup", "-")
    digest = piped.stderr.decode().split()[1]
    restored = admin.restore("-", admin.home / "of-pipe", "--expect", digest, stdin=piped.stdout)
    assert restored["digest"] == digest
    return place / "one.tar", report


def check_expectations(admin, archive, report, key_print):
    wanted = databases(report)
    target = admin.home / "expected"
    wrong = "00" * 32
    root, size = wanted["defaultdb"]["root"], wanted["defaultdb"]["size"]
    for refused in (wrong, f"defaultdb={wrong}", f"second={root}", f"none={root}",
                    f"defaultdb={wrong}@{size}", f"defaultdb={wrong}@17",
                    f"defaultdb={root}@{size + 1}", f"defaultdb={root},systemdb={wrong}"):
        admin.refuses(archive, target, "--expect", refused, text="VERIFICATION FAILED")
    admin.refuses(archive, target, "--server-key", wrong, text="another key")
    admin.refuses(archive, target, "--expect", "nonsense", code=USAGE)
    states = lambda *words: {entry["database"]: entry["state"] for entry in
                             admin.restore(archive, target, *words)["databases"]}
    for words, states_wanted in (
            (("--expect", f"defaultdb={root}"), ("as expected", "unverified")),
            (("--expect", root), ("as expected", "unverified")),
            (("--server-key", key_print), ("signed with the expected key",) * 2)):
        seen = states(*words)
        assert (seen["defaultdb"], seen["systemdb"]) == states_wanted, seen
        shutil.rmtree(target)
    text = admin.run("restore", archive, "--dbdir", target, "--new-password-file",
                     admin.home / "password").stderr.decode()
    assert "unverified: the backup is whole, and nothing says that it is the right one" in text
    assert key_print in text, text
    shutil.rmtree(target)


def check_consistent_edit(admin, archive, report, modules):
    """Somebody restores a backup, changes it, and makes a whole backup of that."""
    folder, edited = admin.home / "of-pipe", admin.home / "edited.tar"
    other = server.Server(admin.programs, data=folder).start()
    session = session_of(other, modules)
    session.call("Set", session.schema.KeyValue(key=b"k00017", value=b"forged"))
    admin.run("login", "immudb", stdin=PASSWORD.encode() + b"\n", port=other.port)
    admin.backup(edited, port=other.port)
    other.stop()
    target = admin.home / "forged"
    admin.refuses(edited, target, "--expect", report["digest"], text="VERIFICATION FAILED")
    root = databases(report)["defaultdb"]["root"]
    admin.refuses(edited, target, "--expect", f"defaultdb={root}", text="VERIFICATION FAILED")
    assert admin.restore(edited, target)["databases"][0]["state"] == "unverified"
    shutil.rmtree(target)


def check_damage(admin, archive):
    random = server.seeded_random()
    whole = archive.read_bytes()
    broken, target = admin.home / "broken.tar", admin.home / "damaged"
    places = [0, 124, 512, 512 + 40, len(whole) // 2, len(whole) - 1025 - 700]
    for at in places + [random.randrange(len(whole) - 2048) for _ in range(6)]:
        changed = bytearray(whole)
        changed[at] ^= 1 << random.randrange(8)
        broken.write_bytes(changed)
        done = admin.start("restore", broken, "--dbdir", target, "--new-password-file",
                           admin.home / "password")
        if done.returncode == 0:  # Padding of a tar header or of its last block means nothing.
            assert whole[at] == 0, f"byte {at} was changed and nobody noticed"
            shutil.rmtree(target)
            continue
        assert done.returncode == TAMPERED, f"byte {at}: {done}"
        assert not target.exists() and not target.with_name("damaged.restoring").exists()
    for size in (0, 300, 512, 10_000, len(whole) // 2, len(whole) - 1024):
        broken.write_bytes(whole[:size])
        admin.refuses(broken, target)


def hostile_members():
    """Members that unpack to somewhere else, or are something else."""
    for name in ("../escaped", "/tmp/immudb-escaped", "defaultdb.snapshot/../../escaped", "x" * 99):
        member = tarfile.TarInfo(name)
        member.size = 600
        yield member
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE,
                 tarfile.DIRTYPE):
        member = tarfile.TarInfo("defaultdb.snapshot")
        member.type, member.linkname = kind, "/etc/passwd"
        yield member
    for size in (1 << 33, 1 << 62):
        member = tarfile.TarInfo("defaultdb.snapshot")
        member.size = size
        yield member


def check_hostile_archives(admin, archive):
    target, evil = admin.home / "hostile", admin.home / "evil.tar"
    for member in hostile_members():
        content = io.BytesIO(member.tobuf(tarfile.GNU_FORMAT) + b"x" * 4096)
        evil.write_bytes(content.getvalue())
        admin.refuses(evil, target)
    # The right snapshots in another order, and one twice.
    with tarfile.open(archive) as source:
        members = [(member, source.extractfile(member).read()) for member in source.getmembers()]
    for order in ((1, 0, 2, 3), (0, 1, 1, 2, 3), (0, 2, 1, 3), (0, 1, 3), (0, 1, 2), (0, 2, 3),
                  (0, 1, 2, 3, 3)):
        with tarfile.open(evil, "w", format=tarfile.USTAR_FORMAT) as out:
            for place in order:
                out.addfile(members[place][0], io.BytesIO(members[place][1]))
        admin.refuses(evil, target)
    # A folder with links and pipes.
    folder = admin.home / "evil-folder"
    shutil.copytree(admin.home / "backups" / "folder", folder)
    (folder / "systemdb.snapshot").unlink()
    os.mkfifo(folder / "systemdb.snapshot")
    done = admin.start("restore", folder, "--dbdir", target, "--new-password-file",
                       admin.home / "password")
    assert done.returncode != 0 and not target.exists(), done
    for place in (admin.home, admin.home.parent, target.parent, pathlib.Path("/tmp")):
        assert not [path for path in place.iterdir() if "escaped" in path.name], place


def killed_at(admin, words, watched, byte_limit):
    """Starts immuadmin and kills it when what is below `watched` has so many bytes."""
    process = subprocess.Popen([admin.programs / "immuadmin", *map(str, words)], cwd=admin.home,
                               env=admin.environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if size_of(watched) > byte_limit:
            process.kill()
            break
    return process.wait(SECONDS) != 0


def size_of(path):
    """Of a file, or of all below a folder, which may change meanwhile."""
    try:
        parts = [size_of(part) for part in path.iterdir()] if path.is_dir() else []
        return path.stat().st_size + sum(parts)
    except OSError:
        return 0


def check_kills(admin, archive, report):
    whole = archive.stat().st_size
    target = admin.home / "killed"
    for part in (0, whole // 3, whole * 2 // 3, whole - 5000):
        made = admin.home / "killed.tar"
        was_killed = killed_at(admin, ("backup", made), made.with_name("killed.tar.partial"), part)
        assert made.exists() != was_killed, "half a backup has the name of a whole one"
        words = ("restore", archive, "--dbdir", target, "--new-password-file",
                 admin.home / "password")
        was_killed = killed_at(admin, words, target.with_name("killed.restoring"), part)
        assert target.exists() != was_killed, "half a folder has the name of a whole one"
        for path in (made, target):
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
        admin.backup(made)
        admin.restore(archive, target, "--expect", report["digest"])
        made.unlink()
        shutil.rmtree(target)


def check_replacing(admin, process, archive, report):
    """On the folder of the running server, and then of the stopped one."""
    digest = report["digest"]
    words = ("restore", archive, "--dbdir", process.data, "--expect", digest)
    admin.fails(FAILURE, "in use", *words, "--force", "--yes")
    process.stop()
    admin.fails(FAILURE, "--force", *words)
    admin.fails(FAILURE, "Canceled", *words, "--force", stdin=b"n\n")
    admin.fails(TAMPERED, "", *words[:-1], "00" * 32, "--force", "--yes")
    process.start()
    process.stop()
    before = (process.data / "users").read_bytes()
    done = json.loads(admin.run(*words, "--force", "--yes", "--output", "json").stdout)
    kept = pathlib.Path(done["replaced"])
    assert (kept / "defaultdb").is_dir() and (kept / "users").read_bytes() == before
    assert (process.data / "users").read_bytes() == before
    not_ours = admin.home / "not-ours"
    not_ours.mkdir()
    (not_ours / "file").write_text("of somebody")
    admin.fails(3, "no data directory", "restore", archive, "--dbdir", not_ours, "--force", "--yes",
                "--new-password-file", admin.home / "password")
    assert (not_ours / "file").read_text() == "of somebody"


def check_audit_log(admin):
    everything = [json.loads(line) for line in
                  admin.run("audit-log", "--output", "json").stdout.splitlines()]
    assert [event["index"] for event in everything] == list(range(len(everything)))
    taken = admin.run("audit-log", "--event", "snapshot taken", "--database", "systemdb",
                      "--last", "1").stdout.decode()
    assert taken.count("\n") == 1 and "actor=immudb" in taken, taken
    assert not admin.run("audit-log", "--user", "nobody").stdout
    assert not admin.run("audit-log", "--until", "2020-01-01").stdout
    assert admin.run("audit-log", "--since", "1h").stdout.count(b"\n") == len(everything)
    admin.fails(USAGE, "no time", "audit-log", "--since", "yesterday")
    following = subprocess.Popen([admin.programs / "immuadmin", "audit-log", "--follow", "--event",
                                  "logout"], cwd=admin.home, env=admin.environment,
                                 stdout=subprocess.PIPE)
    admin.run("login", "immudb", stdin=b"immudb\n", program="immuclient")
    admin.run("logout", program="immuclient")
    assert b"logout" in following.stdout.readline()
    following.kill()
    following.wait(SECONDS)


def check_denied(admin, session):
    session.call("CreateUser", session.schema.CreateUserRequest(
        user=b"reader", password=PASSWORD.encode(), permission=1, database="defaultdb"))
    admin.fails(DENIED, "login", "backup", admin.home / "denied.tar")
    admin.fails(DENIED, "login", "audit-log")
    admin.fails(UNREACHABLE, "", "backup", admin.home / "denied.tar", port=1)
    assert not list(admin.home.glob("denied*"))


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args())
    modules = wire.generated_modules()
    key = server.scratch_folder() / "key.pem"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key],
                   check=True, capture_output=True)
    key.chmod(0o600)
    process = server.Server(programs, flags=["--signingKey", str(key)]).start()
    session = wire.Session(process.target, modules)
    admin = Admin(programs, process.port)
    check_denied(admin, session)
    fill(session)
    archive, report = check_forms(admin, process, session, modules)
    check_expectations(admin, archive, report, report["signer"])
    check_consistent_edit(admin, archive, report, modules)
    check_damage(admin, archive)
    check_hostile_archives(admin, archive)
    admin.run("login", "immudb", stdin=b"immudb\n")
    check_audit_log(admin)
    check_kills(admin, archive, report)
    session.close()
    check_replacing(admin, process, archive, report)
    process.start()
    process.stop()


if __name__ == "__main__":
    server.run(main)
