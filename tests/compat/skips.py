"""Reads tests/compat/skip.txt: the steps that are not answered as recorded, each with its reason.

  FILE  IDS  KIND  REASON

IDS are numbers and ranges (`3,7-9`). Every step is sent, whatever its line says. KIND is

  unserved      the method is not served yet: the answer must be that it is unknown
  follows       the answer depends on an earlier step that is not served
  differs:CODE  we answer otherwise on purpose, with this gRPC code; the reason names the test
  unplayed      no server runs, because it refuses the options of this part

A step with a line must not match the recording, so that no line outlives its reason.
"""
UNIMPLEMENTED = 12
KINDS = ("unserved", "follows", "unplayed")


class Rule:
    def __init__(self, kind, line):
        self.kind, self.line = kind, line

    def problem(self, step, answer, differs):
        """What contradicts this rule in the answer to `step`, or None."""
        if differs is None:
            return f"matches now; take it out of skip.txt: {self.line}"
        if (answer is None) != (self.kind == "unplayed"):
            return differs
        if self.kind == "unserved":
            method = step["rpc"].rsplit("/", 1)[-1]
            unknown = answer.message.startswith(f"unknown method {method} ")
            if answer.code != UNIMPLEMENTED or not unknown:
                return f"is served now; take it out of skip.txt: {differs}"
        if self.kind.startswith("differs:") and answer.code != int(self.kind.split(":")[1]):
            return f"code {answer.code} {answer.message!r}, skip.txt says {self.kind}"
        return None


def numbers(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


class Rules:
    def __init__(self, path):
        self._rules, self._used = {}, set()
        for line in path.read_text().splitlines() if path.exists() else []:
            if not line.strip() or line.startswith("#"):
                continue
            name, ids, kind, reason = line.split(maxsplit=3)
            if kind not in KINDS and not kind.startswith("differs:") or not reason:
                raise AssertionError(f"skip.txt: unknown kind: {line}")
            for number in numbers(ids):
                if (name, number) in self._rules:
                    raise AssertionError(f"skip.txt: {name} {number} is there twice")
                self._rules[name, number] = Rule(kind, line)

    def find(self, name, number):
        self._used.add((name, number))
        return self._rules.get((name, number))

    def unused(self, names):
        """Lines that no step used; with `names`, only of these files."""
        keys = (key for key in self._rules if names is None or key[0] in names)
        return sorted({f"{key[0]} {key[1]}" for key in keys if key not in self._used})
