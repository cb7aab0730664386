#!/usr/bin/env python3
"""Calls every method with a client in another language: stubs generated from proto/ by that
language's own tools, over its own gRPC.

  run.py LANGUAGE [--bin FOLDER]   starts a server and plays scenario.json against it
  run.py LANGUAGE --build          only fetches packages and builds the client, in build/clients/

README.md says what a scenario is. Without the language's tools on this machine the test is
skipped (exit code 77); whatever else fails is a failure.
"""
import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "harness"))

import server

SKIPPED = 77
RUN_SECONDS = 120
BUILD_SECONDS = 840

TOOLS = {"go": ["go", "protoc"], "node": ["node", "npm"], "java": ["java", "javac", "mvn"],
         "python": []}
COMMANDS = {
    "go": lambda folder: [str(folder / "client")],
    "node": lambda folder: ["node", str(folder / "client.js"), str(ROOT / "proto")],
    "java": lambda folder: ["java", "-cp", f"{folder}/target/classes:{folder}/target/dependency/*",
                            "Client"],
    "python": lambda folder: [str(ROOT / ".venv/grpc/bin/python"), str(folder / "client.py")],
}


def run(command, folder, **options):
    print("+", *map(str, command), flush=True)
    subprocess.run(list(map(str, command)), cwd=folder, check=True, **options)


def build_go(folder):
    run(["go", "build", "-o", "./", "google.golang.org/protobuf/cmd/protoc-gen-go",
         "google.golang.org/grpc/cmd/protoc-gen-go-grpc"], folder, timeout=BUILD_SECONDS)
    run(["protoc", f"--plugin={folder}/protoc-gen-go", f"--plugin={folder}/protoc-gen-go-grpc",
         f"-I{ROOT / 'proto'}", "--go_out=.", "--go-grpc_out=.",
         *(f"--{kind}_opt={option}" for kind in ("go", "go-grpc") for option in (
             "module=immudb.test/client", "Mschema.proto=immudb.test/client/schema",
             "Mpb.proto=immudb.test/client/pb")),
         "schema.proto", "pb.proto"], folder)
    run(["go", "build", "-o", "client", "."], folder, timeout=BUILD_SECONDS)


def build_node(folder):
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder, timeout=BUILD_SECONDS)


def build_java(folder):
    run(["mvn", "-B", "-q", f"-Dproto.folder={ROOT / 'proto'}", "package"], folder,
        timeout=BUILD_SECONDS)


BUILDS = {"go": build_go, "node": build_node, "java": build_java, "python": lambda folder: None}


def digest(sources):
    total = hashlib.sha256()
    for path in sources:
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def build(language):
    """Builds what has changed since the last time; returns the folder."""
    folder = ROOT / "build" / "clients" / language
    own = [path for path in sorted((HERE / language).rglob("*")) if path.is_file()]
    stamp = folder / "stamp"
    wanted = digest([*own, *sorted((ROOT / "proto").glob("*.proto")), pathlib.Path(__file__)])
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.copytree(HERE / language, folder, dirs_exist_ok=True)
        BUILDS[language](folder)
        stamp.write_text(wanted)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", choices=sorted(TOOLS))
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--bin", default=str(ROOT / "build" / "release" / "bin"))
    options = parser.parse_args()
    missing = [tool for tool in TOOLS[options.language] if shutil.which(tool) is None]
    if missing:
        print(f"skipped: no {' and no '.join(missing)} on this machine", flush=True)
        sys.exit(0 if options.build else SKIPPED)
    folder = build(options.language)
    if options.build:
        return
    database = server.Server(server.bin_dir(options)).start()
    run([*COMMANDS[options.language](folder), database.target, HERE / "scenario.json"], folder,
        timeout=RUN_SECONDS)
    database.stop()


if __name__ == "__main__":
    main()
