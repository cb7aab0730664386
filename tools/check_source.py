#!/usr/bin/env python3
"""Fails if the source tree breaks a rule of CONTRIBUTING.md that can be checked by reading it."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TREES = ("apps", "bench", "examples", "include", "src", "tests")
LINES_MAX = {".cc": 500, ".h": 250, ".py": 500}
COLUMNS_MAX = 100
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")
SLEEP = re.compile(r"\b(u?sleep|nanosleep|sleep_for|sleep_until)\s*\(")
MARKDOWN_LINK = re.compile(r"\]\(([^)#\s]+)")
NAMED_PAGE = re.compile(r"\bdocs/[\w/.-]+\.md\b")
LAYER_ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
GTEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)
CTEST = re.compile(r"immudb_binary_test\((\S+)")


def files(*suffixes):
    for tree in TREES:
        for file in sorted((ROOT / tree).rglob("*")):
            if file.suffix in suffixes:
                yield file, file.relative_to(ROOT).as_posix(), file.read_text()


def check_sizes():
    for _, name, text in files(*LINES_MAX):
        lines = text.splitlines()
        limit = LINES_MAX[pathlib.Path(name).suffix]
        if len(lines) > limit:
            yield f"{name}: {len(lines)} lines, {limit} are allowed"
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX and "http" not in line:
                yield f"{name}:{number}: {len(line)} columns, {COLUMNS_MAX} are allowed"


def check_words():
    for _, name, text in files(".cc", ".h", ".py", ".sh", ".txt"):
        if name.startswith("tests/compat/data/"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if UNFINISHED.search(line):
                yield f"{name}:{number}: unfinished work needs an issue number"
            if name.startswith("src/") and not name.endswith("_test.cc") and SLEEP.search(line):
                yield f"{name}:{number}: nothing sleeps: wait on a condition, with a deadline"
            if re.match(r"(src/(?!cli/)|include/)", name) and "std::cout" in line:
                yield f"{name}:{number}: std::cout belongs to cli"


def check_headers():
    for _, name, text in files(".h"):
        if not text.startswith("// "):
            yield f"{name}: has no file comment"
        if "#pragma once" not in text:
            yield f"{name}: has no #pragma once"


def check_links():
    for page in [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in MARKDOWN_LINK.findall(page.read_text()):
            if ":" not in target and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}: {target} does not exist"
    named = [(name, text) for _, name, text in files(".cc", ".h", ".py")]
    named += [(page.name, page.read_text()) for page in ROOT.glob("*.md")]
    for name, text in named:
        for target in sorted(set(NAMED_PAGE.findall(text))):
            if not (ROOT / target).exists():
                yield f"{name}: {target} does not exist"


def check_test_names():
    page = (ROOT / "docs" / "durability.md").read_text()
    tests = {name for _, path, text in files(".cc") for name in GTEST.findall(text)}
    tests |= set(CTEST.findall((ROOT / "tests" / "CMakeLists.txt").read_text()))
    named = re.findall(r"`(\w+Test)\.(\w+)`", page)
    named += [(name, "") for name in re.findall(r"`((?:e2e|crash|compat)\.\w+)`", page)]
    for name in named:
        if name not in tests and name[0] not in tests:
            yield f"docs/durability.md: there is no test {'.'.join(filter(None, name))}"


def check_layer_list():
    rows = (ROOT / "tools" / "layers.txt").read_text().splitlines()
    declared = [row.split(":")[0] for row in rows if re.match(r"\w+:", row)]
    listed = LAYER_ROW.findall((ROOT / "ARCHITECTURE.md").read_text().split("## Layers")[-1])
    if listed != declared:
        yield f"ARCHITECTURE.md lists the layers {listed}, tools/layers.txt {declared}"


def main():
    checks = (check_sizes, check_words, check_headers, check_links, check_test_names,
              check_layer_list)
    errors = [error for check in checks for error in check()]
    print("\n".join(errors) if errors else "the source tree keeps the rules")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
