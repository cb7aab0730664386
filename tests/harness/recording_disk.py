#!/usr/bin/env python3
"""A disk that remembers all that was written to it, and when that was made durable.

Run as a program it serves one file, `disk`, from the folder MOUNTPOINT by FUSE, keeps its bytes in
memory and appends each event to LOG before it answers:

    "W" offset (8 bytes) length (4) bytes     "F"      a flush: all before it is durable

all little-endian. A loop device over that file with a file system on it is a computer's disk; the
log up to any event is what it had been given when the power went. Imported, it reads such a log.
"""
import errno
import io
import os
import stat
import struct
import sys

SECTOR = 512
HEADER = struct.Struct("<cQI")


def serve(mountpoint, size, log_path):
    import mfusepy

    class Disk(mfusepy.Operations):
        use_ns = True

        def __init__(self):
            self.bytes = bytearray(size)
            self.log = open(log_path, "ab", buffering=0)

        def getattr(self, path, fh=None):
            if path == "/":
                return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
            if path == "/disk":
                return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": size}
            raise mfusepy.FuseOSError(errno.ENOENT)

        def readdir(self, path, fh):
            return [".", "..", "disk"]

        def open(self, path, flags):
            return 0

        def read(self, path, count, offset, fh):
            return bytes(self.bytes[offset:offset + count])

        def write(self, path, data, offset, fh):
            if offset + len(data) > size:
                raise mfusepy.FuseOSError(errno.ENOSPC)
            self.log.write(HEADER.pack(b"W", offset, len(data)) + data)
            self.bytes[offset:offset + len(data)] = data
            return len(data)

        def fsync(self, path, datasync, fh):
            self.log.write(HEADER.pack(b"F", 0, 0))
            return 0

    mfusepy.FUSE(Disk(), mountpoint, foreground=True, nothreads=True)


def events(log_path):
    """Yields (position behind the event, offset, bytes); a flush has no offset."""
    with open(log_path, "rb") as log:
        log = io.BufferedReader(log, 1 << 20)
        position = 0
        while header := log.read(HEADER.size):
            kind, offset, length = HEADER.unpack(header)
            position += HEADER.size + length
            yield position, (None if kind == b"F" else offset), log.read(length)


def cut(image, volatile, random):
    """Makes of `image`, a file with all that is durable, what a power cut leaves: of the writes
    since the last flush some are there, some are not, some only with some of their sectors; most
    often all of them or none, as disks do."""
    keep = random.choice((0.0, 1.0, random.random()))
    for offset, data in volatile:
        if random.random() < 0.1:  # Torn.
            for at in range(0, len(data), SECTOR):
                if random.random() < 0.5:
                    os.pwrite(image, data[at:at + SECTOR], offset + at)
        elif random.random() < keep:
            os.pwrite(image, data, offset)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
