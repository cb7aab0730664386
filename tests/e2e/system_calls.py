"""Reads the output of `strace -f -y -xx`: what a process wrote, synced, received and sent.

A call that other threads' calls interrupt has two lines, `unfinished` and `resumed`. What leaves
counts from where it begins, and what must have happened before it counts where it ends, so that an
overlap is never taken for an order.
"""
import re

CALLS = ("read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,"
         "pwrite64,pwritev,pwritev2,fdatasync,fsync,ftruncate")
COMMAND = ("strace", "-f", "-y", "-xx", "-s", "1048576", "-e", "trace=" + CALLS, "-o")

RECEIVES = {"read", "readv", "recvfrom", "recvmsg"}
SENDS = {"write", "writev", "sendto", "sendmsg"}
WRITES = {"pwrite64", "pwritev", "pwritev2", "write", "writev"}
SYNCS = {"fdatasync", "fsync"}

_LINE = re.compile(r"(\d+) +(.*)")
_BEGIN = re.compile(r"(\w+)\((\d+)<([^>]*)>")
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>")
_RESULT = re.compile(r"= (-?\d+)[^=]*$")
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def _text(raw):
    """With -xx, paths and data are hex; this is the path as text."""
    return bytes.fromhex(raw.replace("\\x", "")).decode(errors="replace") if "\\x" in raw else raw


class Call:
    """One finished call: where it began and ended in the trace, on what, with which bytes."""

    def __init__(self, name, target, begin, end, result, data):
        self.name, self.target, self.begin, self.end = name, target, begin, end
        self.result, self.data = result, data


def _call(name, target, begin, end, text):
    result = _RESULT.search(text)
    result = int(result[1]) if result else -1
    data = b"".join(bytes.fromhex(part.replace("\\x", "")) for part in _HEX.findall(text))
    return Call(name, _text(target), begin, end, result, data[:max(result, 0)])


def calls(path):
    """The calls of a trace file in the order in which they ended."""
    open_calls = {}
    with open(path, errors="replace") as lines:
        for number, line in enumerate(lines):
            match = _LINE.match(line.rstrip("\n"))
            if not match:
                continue
            thread, text = match.groups()
            if begun := _BEGIN.match(text):
                if text.endswith("<unfinished ...>"):
                    open_calls[thread] = (*begun.group(1, 3), number, text)
                else:
                    yield _call(*begun.group(1, 3), number, number, text)
            elif _RESUMED.match(text) and thread in open_calls:
                name, target, begin, first = open_calls.pop(thread)
                yield _call(name, target, begin, number, first + text)


class Frames:
    """Cuts one direction of an HTTP/2 connection into frames, as RFC 9113 section 4.1 has them."""

    PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    DATA = 0

    def __init__(self):
        self._bytes = b""

    def feed(self, data):
        """Yields the type and the payload of each frame that `data` completes."""
        self._bytes += data
        if self._bytes.startswith(self.PREFACE):
            self._bytes = self._bytes[len(self.PREFACE):]
        while len(self._bytes) >= 9:
            length = int.from_bytes(self._bytes[:3], "big")
            if len(self._bytes) < 9 + length or self.PREFACE.startswith(self._bytes[:9]):
                return
            kind, payload = self._bytes[3], self._bytes[9:9 + length]
            self._bytes = self._bytes[9 + length:]
            yield kind, payload
