"""HTTP/2 as bytes, for clients that keep no rule: frames, a call's headers, sockets."""
import socket
import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING = 0, 1, 2, 3, 4, 6
GOAWAY, WINDOW_UPDATE, CONTINUATION = 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4
FRAME_BYTES_MAX = 16384
SERVICE = "/immudb.schema.ImmuService/"
# Sockets of attackers come from here, so that what the server holds against their address does not
# concern the honest client, which is at 127.0.0.1.
ATTACKER_ADDRESS = "127.0.0.2"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def integer(value, prefix_bits):
    """HPACK's integer, after a prefix whose higher bits are 0."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes([value])
    out, value = [limit], value - limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def field(name, value, first=b"\0"):
    """A literal header field; `first` says how it is indexed."""
    name, value = name.encode(), value.encode()
    return first + integer(len(name), 7) + name + integer(len(value), 7) + value


def call_fields(method, token=None, more=()):
    fields = [(":method", "POST"), (":scheme", "http"), (":path", SERVICE + method),
              (":authority", "test"), ("content-type", "application/grpc"), ("te", "trailers")]
    if token:
        fields.append(("authorization", token))
    return b"".join(field(name, value) for name, value in [*fields, *more])


def message(payload, flags=0):
    return struct.pack(">BI", flags, len(payload)) + payload


def data_frames(stream, payload, end=True):
    starts = range(0, max(len(payload), 1), FRAME_BYTES_MAX)
    parts = [payload[i:i + FRAME_BYTES_MAX] for i in starts]
    return b"".join(frame(DATA, END_STREAM if end and i + 1 == len(parts) else 0, stream, part)
                    for i, part in enumerate(parts))


def call(stream, method, payload=b"", token=None, more=(), flags=0):
    """A whole call."""
    return (frame(HEADERS, END_HEADERS, stream, call_fields(method, token, more)) +
            data_frames(stream, message(payload, flags)))


def settings(values=()):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in values))


def preface(values=(), connection_window=0):
    out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings(values)
    if connection_window:
        out += frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", connection_window))
    return out


def connect(port, source=ATTACKER_ADDRESS, receive_bytes=None):
    """A socket that does not block for long. Raises OSError if the server refuses it."""
    sock = socket.socket()
    try:
        sock.settimeout(1.0)
        if receive_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind((source, 0))
        sock.connect(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return sock


class Failed(Exception):
    """The server closed the connection, or refused the call."""


class Client:
    """A client that keeps the rules, one call at a time."""

    def __init__(self, port, source="127.0.0.1"):
        self.sock = connect(port, source)
        self.sock.settimeout(30.0)
        self.sock.sendall(preface([(INITIAL_WINDOW_SIZE, 1 << 24)], 1 << 30))
        self.buffer = b""
        self.stream = -1
        self.window = self.first_window = 65535  # RFC 9113 section 6.9.2.
        self.connection_window = 65535

    def read_frame(self):
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            part = self.sock.recv(1 << 16)
            if not part:
                raise Failed("the connection was closed")
            self.buffer += part
        size = int.from_bytes(self.buffer[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self.buffer[3:9])
        payload, self.buffer = self.buffer[9:9 + size], self.buffer[9 + size:]
        return kind, flags, stream, payload

    def read_call_frame(self):
        """The next frame of the call under way, after what the connection itself asks for."""
        while True:
            kind, flags, stream, content = self.read_frame()
            if kind == SETTINGS and not flags & ACK:
                for i in range(0, len(content), 6):
                    name, value = struct.unpack(">HI", content[i:i + 6])
                    if name == INITIAL_WINDOW_SIZE:
                        self.window += value - self.first_window
                        self.first_window = value
                self.sock.sendall(frame(SETTINGS, ACK, 0))
            elif kind == PING and not flags & ACK:
                self.sock.sendall(frame(PING, ACK, 0, content))
            elif kind == GOAWAY:
                raise Failed("GOAWAY")
            elif kind == WINDOW_UPDATE:
                more = struct.unpack(">I", content)[0]
                if stream == 0:
                    self.connection_window += more
                elif stream == self.stream:
                    self.window += more
                return kind, flags, content
            elif stream == self.stream:
                return kind, flags, content

    def call(self, method, payload=b"", token=None):
        """The reply's message. Raises Failed if there is none."""
        self.stream += 2
        self.window = self.first_window
        body, sent = message(payload), 0
        out = frame(HEADERS, END_HEADERS, self.stream, call_fields(method, token))
        reply, has_reply = b"", False
        while True:
            size = min(len(body) - sent, self.window, self.connection_window, FRAME_BYTES_MAX)
            if size > 0:
                is_last = sent + size == len(body)
                out += frame(DATA, END_STREAM if is_last else 0, self.stream,
                             body[sent:sent + size])
                sent += size
                self.window -= size
                self.connection_window -= size
                if not is_last and self.window > 0 and self.connection_window > 0:
                    continue
            if out:
                self.sock.sendall(out)
                out = b""
            kind, flags, content = self.read_call_frame()
            if kind == RST_STREAM:
                raise Failed("the call was reset")
            if kind == DATA:
                reply, has_reply = reply + content, True
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                if not has_reply:
                    raise Failed(f"{method} was refused: {content[-200:]!r}")
                return reply[5:]

    def login(self, user=b"immudb", password=b"immudb"):
        reply = self.call("Login", b"\x0a" + integer(len(user), 8) + user +
                          b"\x12" + integer(len(password), 8) + password)
        assert reply[0] == 0x0A
        return reply[2:2 + reply[1]].decode()

    def close(self):
        self.sock.close()


def key_value(key, value):
    """A KeyValue of the schema: 1 key, 2 value."""
    def varint(number):
        out = b""
        while number >= 128:
            out, number = out + bytes([number % 128 + 128]), number // 128
        return out + bytes([number])
    return b"\x0a" + varint(len(key)) + key + b"\x12" + varint(len(value)) + value


def key_only(key):
    """A Key of the schema: 1 key."""
    return b"\x0a" + bytes([len(key)]) + key
