#!/usr/bin/env python3
"""Installs this build below a scratch DESTDIR, and builds a program of a user's with what is there:
once with CMake, once with pkg-config."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server

STEP_SECONDS = 240
PREFIX = "/opt/immudb"
INSTALLED = ("bin/immudb", "bin/immuclient", "bin/immuadmin", "include/immudb/client.h",
             "lib/libimmudb.a", "lib/cmake/immudb/immudb-config.cmake", "lib/pkgconfig/immudb.pc")
DOCUMENTS = ("man/man1/{}.1", "bash-completion/completions/{}", "zsh/site-functions/_{}",
             "fish/vendor_completions.d/{}.fish")
PROGRAM = """
#include <immudb/client.h>

#include <cstdio>

int main() {
  immudb::ClientOptions options;
  options.port = 1;
  options.retry.attempts_max = 1;
  options.state_directory = "state";
  const auto client = immudb::Client::Connect(options);
  const auto health = (*client)->Health();
  std::puts(health ? "healthy" : health.error().message.c_str());
}
"""
PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(user CXX)
find_package(immudb REQUIRED)
add_executable(user user.cc)
target_link_libraries(user PRIVATE immudb::client)
"""


def run(words, cwd, **variables):
    done = subprocess.run(list(map(str, words)), cwd=cwd, text=True, capture_output=True,
                          timeout=STEP_SECONDS, env={**os.environ, **variables})
    output = done.stdout + done.stderr
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{output}"
    return done.stdout


def check_program(program, folder):
    output = run([program], folder, ASAN_OPTIONS="detect_leaks=0")
    assert output.startswith("cannot reach immudb at 127.0.0.1:1: "), output


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--sanitize", default="")
    options = parser.parse_args()
    folder = server.scratch_folder()
    root = folder / "root"
    run(["cmake", "--install", options.build, "--prefix", PREFIX], folder, DESTDIR=str(root))
    prefix = root / PREFIX.lstrip("/")
    library = next(iter(prefix.glob("lib*/**/libimmudb.a"))).parent  # lib, or lib/ARCHITECTURE.
    for name in INSTALLED:
        path = library / name.removeprefix("lib/") if name.startswith("lib/") else prefix / name
        assert path.exists(), f"{path} was not installed"
    for name in (form.format(tool) for form in DOCUMENTS for tool in ("immuclient", "immuadmin")):
        text = (prefix / "share" / name).read_text()
        assert "user" in text and len(text) > 1000, f"share/{name} says too little"

    (folder / "user.cc").write_text(PROGRAM)
    (folder / "CMakeLists.txt").write_text(PROJECT)
    flags = [f"-fsanitize={options.sanitize}"] if options.sanitize else []
    run(["cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={prefix}",
         f"-DCMAKE_CXX_FLAGS={' '.join(flags)}"], folder)
    run(["cmake", "--build", "build"], folder)
    check_program(folder / "build" / "user", folder)

    found = run(["pkg-config", "--cflags", "--libs", "immudb"], folder,
                PKG_CONFIG_PATH=str(library / "pkgconfig"))
    run(["c++", "-std=c++20", *flags, "user.cc", "-o", "user", *found.split()], folder)
    check_program(folder / "user", folder)


if __name__ == "__main__":
    server.run(main)
