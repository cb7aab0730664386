#!/usr/bin/env python3
"""Plays recorded sessions at the command line of immudb 0.8.1's tools against ours.

tests/compat/README.md describes the files in tools/; tools_skip.txt names the steps that end in
another way, with the reason. Each file gets a server port, a home and a working folder of its own.
"""
import glob
import json
import os
import pathlib
import pty
import re
import select
import stat
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "harness"))

import server
import skips

RUN_SECONDS = 60
# A placeholder in a recorded text, and what may stand for it.
PLACEHOLDERS = {
    "HASH": r"[0-9a-f]{64}",
    "TIME": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC",
    "TOKEN": r"[!-~]+",
    "NUM": r"\d+",
    "UUID": r"[0-9a-v]{20}",
    "USAGE": r"(?s:.*)",
    "STAMP": r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d",
    "ROOT": r"/[^\n]*",
}
PLACEHOLDER = re.compile(r"<([A-Z]+)(?::(\w+))?>")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Our codes for the failures that are all 1 in the recording.
FAILURES = range(1, 7)


class Names:
    """What numbered placeholders and variables stand for: the same everywhere in a file."""

    def __init__(self):
        self.values = {}

    def matches(self, expected, text):
        pattern, at, new = "", 0, {}
        for found in PLACEHOLDER.finditer(expected):
            kind, number = found.groups()
            if kind not in PLACEHOLDERS:
                continue
            pattern += re.escape(expected[at:found.start()])
            at = found.end()
            name = f"{kind}:{number}"
            if number and name in self.values:
                pattern += re.escape(self.values[name])
            elif number and name in new:
                pattern += f"(?P={new[name]})"
            elif number:
                new[name] = f"n{len(new)}"
                pattern += f"(?P<{new[name]}>{PLACEHOLDERS[kind]})"
            else:
                pattern += PLACEHOLDERS[kind]
        found = re.fullmatch(pattern + re.escape(expected[at:]), text)
        if found:
            self.values.update((name, found.group(group)) for name, group in new.items())
        return found is not None

    def fill(self, text):
        return re.sub(r"\$\{(\w+:\w+)\}", lambda found: self.values[found.group(1)], text)


class Answers:
    """Types answers at a terminal when their prompts have appeared."""

    def __init__(self, answers):
        self.waiting = list(answers)
        self.terminal, self.slave = pty.openpty()

    def type(self, output):
        if not self.waiting or self.waiting[0][0] not in output:
            return
        if termios.tcgetattr(self.terminal)[3] & termios.ECHO:
            return  # The program has printed the prompt and not yet begun to read.
        os.write(self.terminal, self.waiting.pop(0)[1].encode() + b"\n")


class Player:
    def __init__(self, programs, name, steps):
        self.programs, self.steps = programs, steps
        self.folder = server.scratch_folder()
        for part in ("home", "work", "tmp"):
            (self.folder / part).mkdir()
        self.names = Names()
        self.ports = {}
        self.database = None
        self.skips_port = "config" in name  # Its steps are about where a port is set.

    def port(self, recorded):
        """A free port for each that was recorded."""
        return self.ports.setdefault(recorded, server.free_port())

    def moved(self, text):
        return re.sub(r"\b(3322|3399|355\d|9497)\b",
                      lambda found: str(self.port(int(found[1]))), text)

    def environment(self, step):
        given = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "TZ": "UTC",
                 "TMPDIR": str(self.folder / "tmp"), "LANG": "C.UTF-8",
                 # The resolver that gRPC uses keeps some bytes to the end.
                 "ASAN_OPTIONS": "detect_leaks=0"}
        if not self.skips_port:
            given["IMMUCLIENT_IMMUDB_PORT"] = str(self.port(3322))
            given["IMMUADMIN_IMMUDB_PORT"] = str(self.port(3322))
            given["IMMUADMIN_METRICS_PORT"] = str(self.port(9497))
        given.update({name: self.moved(value) for name, value in step.get("env", {}).items()})
        return given

    def server(self, step):
        flags = ["--metrics-port", str(self.port(9497)), *map(self.moved, step.get("args", []))]
        self.database = server.Server(self.programs, data="data", flags=flags)
        self.database.folder = self.folder / "work"
        self.database.port = self.port(step.get("port", 3322))
        self.database.start()
        return {"up": True}

    def http(self, step):
        try:
            with urllib.request.urlopen(self.moved(step["url"]), timeout=RUN_SECONDS) as answer:
                return {"status": answer.status, "stdout": answer.read().decode()}
        except urllib.error.HTTPError as error:
            return {"status": error.code, "stdout": ""}

    def stop(self, _):
        self.database.stop()
        self.database = None
        return {"exit": 0}

    def run(self, step):
        words = [self.moved(self.names.fill(word)) for word in step["argv"]]
        program = self.programs / words[0]
        if not program.exists():
            return {"exit": None, "stdout": "", "stderr": f"there is no {words[0]}"}
        answers = Answers(step["answers"]) if "answers" in step else None
        stdin = answers.slave if answers else subprocess.PIPE
        process = subprocess.Popen(
            [program, *words[1:]], cwd=self.folder / step.get("cwd", "work"),
            env=self.environment(step), stdin=stdin, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        if answers:
            output, errors = self.talk(process, answers)
        else:
            output, errors = process.communicate(step.get("stdin", "").encode(), RUN_SECONDS)
        process.wait(RUN_SECONDS)
        return {"exit": process.returncode, "stdout": output.decode("utf-8", "backslashreplace"),
                "stderr": errors.decode("utf-8", "backslashreplace")}

    @staticmethod
    def talk(process, answers):
        os.close(answers.slave)
        texts = {process.stdout.fileno(): b"", process.stderr.fileno(): b""}
        open_ends = set(texts)
        deadline = time.monotonic() + RUN_SECONDS
        while open_ends and time.monotonic() < deadline:
            for end in select.select(list(open_ends), [], [], 0.02)[0]:
                part = os.read(end, 65536)
                texts[end] += part
                if not part:
                    open_ends.discard(end)
            answers.type(texts[process.stdout.fileno()].decode("utf-8", "replace"))
        os.close(answers.terminal)
        return texts[process.stdout.fileno()], texts[process.stderr.fileno()]

    def file(self, step):
        found = sorted(glob.glob(str(self.folder / step["path"])))
        if not found:
            return {"exists": False}
        status = os.stat(found[0])
        kind = "dir" if stat.S_ISDIR(status.st_mode) else "file"
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        text = pathlib.Path(found[0]).read_bytes().decode("latin-1") if kind == "file" else ""
        return {"exists": True, "kind": kind, "mode": mode, "text": text}

    def mkdir(self, step):
        (self.folder / step["path"]).mkdir()
        return {}

    def nothing(self, _):
        return {}

    def write(self, step):
        (self.folder / step["path"]).write_text(self.moved(step["text"]))
        return {}

    def remove(self, step):
        (self.folder / step["path"]).unlink(missing_ok=True)
        return {}

    def glob(self, step):
        """Binds the name of the one file there is."""
        found, = self.folder.glob(step["path"])
        self.names.values[step["name"]] = found.name
        return {}

    def edit(self, step):
        paths = glob.glob(str(self.folder / step["path"]))
        for path in map(pathlib.Path, paths):
            path.write_text(re.sub(step["find"], step["put"], path.read_text()))
        return {"edited": bool(paths)}

    def play(self, step):
        seen = getattr(self, step.get("do", "run"))(step)
        for name, pattern in step.get("bind", {}).items():
            if found := re.search(pattern, seen["stdout"]):
                self.names.values[name] = found.group(1)
        return seen


def exit_matches(expected, code):
    return code == expected or (expected == 1 and code in FAILURES)


def last_message(text):
    """What a failure says, without the words of the framework around it."""
    lines = [line for line in text.split("\n") if line.strip()]
    return re.sub(r"^rpc error: code = \w+ desc = ", "", lines[-1] if lines else "")


def labels(text):
    """Patterns of the labels in `text`: what stands before a colon, and the words of a header."""
    for line in COLOUR.sub("", text).split("\n"):
        label = re.match(r"\s*([A-Za-z][\w .()/-]*?)\s*:", line)
        words = label[1].split() if label else line.split() if line.startswith("#") else []
        if words:
            yield r"(?im)^\s*" + r"\s+".join(map(re.escape, words)) + (r"\s*:" if label else "")


def shape_differences(expected, seen):
    """What is missing of the parts that the recording asks for, in the order of the output."""
    output = rest = COLOUR.sub("", seen.get("stdout", seen.get("text", "")))
    for pattern in labels(expected.get("stdout", expected.get("text", ""))):
        found = re.search(pattern, rest)
        if not found:
            yield f"stdout: no {pattern} in {output!r}"
            return
        rest = rest[found.end():]
    for pattern in (*expected.get("patterns", []), *expected.get("any_stream", [])):
        if not re.search(pattern, output, re.MULTILINE):
            yield f"stdout: no {pattern} in {output!r}"


def help_differences(facts, text):
    """What of the recorded facts the help `text` does not tell."""
    for alias in facts["aliases"]:
        if not re.search(rf"(?<![\w-]){re.escape(alias)}(?![\w-])", text):
            yield f"no alias {alias}"
    for command in facts["commands"]:
        if not re.search(rf"(?m)^ +{re.escape(command)} ", text):
            yield f"no command {command}"
    for name, flag in facts["flags"].items():
        line = re.search(rf"(?m)^.*(?<![\w-])--{re.escape(name)}(?![\w-]).*$", text)
        if not line:
            yield f"no flag --{name}"
        elif flag["short"] and f"-{flag['short']}," not in line[0]:
            yield f"no -{flag['short']} for --{name}"
        elif flag["default"] and flag["default"] not in line[0]:
            yield f"--{name} does not tell its default {flag['default']}"


def differences(step, expected, seen, names):
    """What of `seen` is not as `expected`, as texts."""
    match = step.get("match", "exact")
    for member in ("up", "exists", "kind", "status"):
        if member in expected and expected[member] != seen.get(member):
            yield f"{member}: {seen.get(member)}, not {expected[member]}"
    if "mode" in expected and "mode" in seen and int(seen["mode"], 8) & ~int(expected["mode"], 8):
        yield f"mode: {seen['mode']} is wider than {expected['mode']}"
    if expected.get("exit") is not None and not exit_matches(expected["exit"], seen["exit"]):
        yield f"exit: {seen['exit']}, not {expected['exit']}: {seen['stderr']!r}"
    if "facts" in expected:
        yield from help_differences(expected["facts"], seen["stdout"])
    elif match == "shape":
        yield from shape_differences(expected, seen)
    if match != "exact":
        return
    for stream in ("stdout", "text"):
        wanted = COLOUR.sub("", expected.get(stream, ""))
        if stream in expected and not names.matches(wanted, seen.get(stream, "")):
            yield f"{stream}: {seen.get(stream)!r}, not {wanted!r}"
    wanted, manner = expected.get("stderr"), step.get("match_stderr", "exact")
    if wanted is None or manner in ("any", "exit-only"):
        return
    if manner == "contains" and last_message(wanted) not in seen["stderr"]:
        yield f"stderr: {seen['stderr']!r} does not say {last_message(wanted)!r}"
    if manner == "exact" and not names.matches(wanted, seen["stderr"]):
        yield f"stderr: {seen['stderr']!r}, not {wanted!r}"


def judge(step, seen, names):
    """None if `seen` is as recorded, or as good as an outcome that is better than the recorded."""
    found = list(differences(step, step["expect"], seen, names))
    for better in step.get("alt", []) if found else []:
        if "exit_not" in better:
            if seen["exit"] in FAILURES and seen["exit"] != better["exit_not"]:
                return None
            continue
        outcome = {**step["expect"], **better}
        changed = {**step, "match": better.get("match", "exit-only")}
        if not list(differences(changed, outcome, seen, names)):
            return None
    return "; ".join(found) or None


def read_rules(path):
    rules = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, ids, reason = line.split(maxsplit=2)
            rules.update(((name, number), reason) for number in skips.numbers(ids))
    return rules


def play_file(programs, path, rules):
    """The number of steps that were compared, and what went wrong."""
    steps = json.loads(path.read_text())["steps"]
    player, compared, problems = Player(programs, path.name, steps), 0, []
    for number, step in enumerate(steps, 1):
        seen = player.play(step)
        rule = rules.pop((path.name, number), None)
        if "expect" in step:
            compared += 1
            differs = judge(step, seen, player.names)
        else:
            differs = None if seen.get("edited", True) else "there is nothing to edit"
        if differs and not rule:
            what = step.get("argv", step.get("do"))
            problems.append(f"{path.name} step {number} {what}: {differs}")
        if rule and not differs:
            problems.append(f"{path.name} step {number} matches now; take it out of tools_skip.txt")
    if player.database:
        player.database.stop()
    return compared, problems


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    rules = read_rules(HERE / "tools_skip.txt")
    compared, problems = 0, []
    for path in options.files or sorted((HERE / "tools").glob("*.json")):
        count, found = play_file(server.bin_dir(options), path, rules)
        compared += count
        problems += found
    if not options.files:
        problems += [f"tools_skip.txt: no such step: {name} {number}" for name, number in rules]
    print("\n".join(problems))
    print(f"{compared} steps compared")
    assert not problems, f"{len(problems)} steps differ"


if __name__ == "__main__":
    server.run(main)
