#!/usr/bin/env python3
"""Plays recorded conversations with immudb 0.8.1 against our server and compares every answer.

tests/compat/data/*.json hold the conversations; tests/compat/README.md says what their members
mean. The recorded request bytes are sent as they are, and the answer is compared with the recorded
code, message, header names and message bytes.

A step whose answer is not the recorded one fails, unless tests/compat/skip.txt says why. A line
there is held to its word: when the step does match, or answers otherwise than the line says, it
fails too.
"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc
from google.protobuf.message import DecodeError

import server
import skips
import wire
from messages import Messages

HERE = pathlib.Path(__file__).resolve().parent
TOKEN = re.compile(r"\$token:([A-Za-z0-9_@-]+)")
CALL_SECONDS = 20.0


class Answer:
    """What came back: code, message, header names and message bytes."""

    def __init__(self, code, message="", headers=(), bodies=()):
        self.code, self.message = code, message
        self.headers, self.bodies = set(headers), list(bodies)


class Life:
    """The server from one start on an empty folder to the next, over its restarts."""

    def __init__(self, programs):
        self.programs, self.server, self.channel = programs, None, None
        self.tokens, self.refusal = {}, None

    def begin(self, flags):
        self.end()
        self.tokens = {}
        self.server = server.Server(self.programs)
        self._start(flags)

    def restart(self, flags):
        if self.channel is not None:
            self.channel.close()
            self.channel = None
            self.server.stop()
        self._start(flags)

    def _start(self, flags):
        self.refusal = None
        self.server.flags = list(flags)
        try:
            self.server.start()
        except server.NotReady as error:
            self.refusal = f"the server does not start with {' '.join(flags)}: {error}"
            return
        self.channel = grpc.insecure_channel(self.server.target, options=wire.CHANNEL_OPTIONS)

    def end(self):
        if self.channel is not None:
            self.channel.close()
            self.channel = None
            self.server.stop()

    def send(self, step):
        metadata = tuple((key, TOKEN.sub(lambda m: self.tokens.get(m[1], "unknown-token"), value))
                         for key, value in step["metadata"])
        streaming = step.get("stream", False)
        make = self.channel.unary_stream if streaming else self.channel.unary_unary
        stub, bodies = make(step["rpc"], None, None), []
        try:
            if streaming:
                call = stub(request_bytes(step), timeout=CALL_SECONDS, metadata=metadata)
                bodies.extend(call)
            else:
                body, call = stub.with_call(request_bytes(step), CALL_SECONDS, metadata)
                bodies.append(body)
        except grpc.RpcError as error:
            call = error
        headers = {key for key, _ in call.initial_metadata() or ()}
        return Answer(call.code().value[0], call.details() or "", headers, bodies)


def request_bytes(step):
    recorded = step["requestHex"]
    if isinstance(recorded, str):
        return bytes.fromhex(recorded)
    return b"".join(bytes.fromhex(piece["hex"]) * piece.get("times", 1) for piece in recorded)


def difference(step, answer, messages):
    """How the answer differs from the recorded one, or None."""
    expected, volatile = step["expect"], step.get("volatile", [])
    if answer.code != expected["code"]:
        return (f"code {answer.code} {answer.message!r}, "
                f"recorded {expected['code']} {expected['message']!r}")
    if answer.message != expected["message"] and "expect.message" not in volatile:
        return f"message {answer.message!r}, recorded {expected['message']!r}"
    if missing := set(expected["headers"]) - answer.headers:
        return f"headers {sorted(missing)} are missing"
    if expected["code"] != 0:
        return None
    if step.get("stream"):
        recorded = [bytes.fromhex(text) for text in expected["responsesHex"]]
        if messages.stream_records(answer.bodies) != messages.stream_records(recorded):
            return "the records of the stream differ"
        return None
    try:
        found = messages.plain(step["rpc"], answer.bodies[0], volatile)
    except DecodeError as error:
        return f"the response does not parse: {error}"
    if "responseHex" in expected:
        wanted = messages.plain(step["rpc"], bytes.fromhex(expected["responseHex"]), volatile)
    else:
        wanted = messages.plain_from_json(step["rpc"], expected["response"], volatile)
    return None if found == wanted else f"response {found}, recorded {wanted}"


def outcomes(document, life, messages):
    """Yields each step with its answer (None if no server runs) and how it differs."""
    flags = document["server"]["flags"]
    life.begin(flags)
    for number, case in enumerate(document["cases"]):
        if "restart" in case:
            life.restart(case["restart"])
        elif case.get("fresh") and number > 0:
            life.begin(flags)
        for step in case["steps"]:
            if life.refusal is not None:
                yield step, None, life.refusal
                continue
            answer = life.send(step)
            if answer.code == 0:
                for name, field in step.get("capture", {}).items():
                    life.tokens[name] = messages.field(step["rpc"], answer.bodies[0], field)
            yield step, answer, difference(step, answer, messages)
    life.end()


def play(path, programs, messages, rules):
    """Plays one file and returns how many steps passed, failed and were skipped."""
    passed = failed = skipped = 0
    life = Life(programs)
    for step, answer, differs in outcomes(json.loads(path.read_text()), life, messages):
        rule = rules.find(path.name, step["id"])
        problem = differs if rule is None else rule.problem(step, answer, differs)
        if problem is not None:
            failed += 1
            print(f"{path.name} step {step['id']} {step['rpc'].rsplit('/', 1)[-1]}: {problem}")
        elif rule is None:
            passed += 1
        else:
            skipped += 1
    return passed, failed, skipped


def main():
    parser = server.arguments(__doc__)
    parser.add_argument("files", nargs="*", help="names in tests/compat/data; all without one")
    options = parser.parse_args()
    names = options.files or sorted(path.name for path in (HERE / "data").glob("*.json"))
    messages = Messages(wire.generated_modules()[0])
    rules = skips.Rules(HERE / "skip.txt")
    totals = [0, 0, 0]
    for name in names:
        counts = play(HERE / "data" / name, server.bin_dir(options), messages, rules)
        print(f"{name}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped", flush=True)
        totals = [total + count for total, count in zip(totals, counts)]
    unused = rules.unused(None if not options.files else set(names))
    for line in unused:
        print(f"skip.txt: no such step: {line}")
    print(f"{totals[0]} passed, {totals[1] + len(unused)} failed, {totals[2]} skipped")
    return 1 if totals[1] or unused or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main())
