"""Messages as plain values, so that two of them can be compared field by field.

Scalars that are absent and scalars with their default are alike; a sub-message is there or not.
"""
import struct

from google.protobuf import message_factory, unknown_fields
from google.protobuf.descriptor import FieldDescriptor

SERVICE = "/immudb.schema.ImmuService/"


def text_to_bytes(text):
    """The recordings hold printable bytes as text and all others as 0x with hex digits."""
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()


def _without(plain, path):
    """`plain` without what `path` names: `token`, or `users[].createdat` for each list element."""
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    if name not in plain:
        return plain
    if not rest:
        return {key: value for key, value in plain.items() if key != name}
    part = plain[name]
    part = [_without(x, rest) for x in part] if head.endswith("[]") else _without(part, rest)
    return {**plain, name: part}


def _comparable(field, value):
    """NaN equals itself here, and the two zeros differ."""
    return struct.pack("<d", value) if field.type == FieldDescriptor.TYPE_DOUBLE else value


def _plain(message):
    unknown = unknown_fields.UnknownFieldSet(message)
    out = {"unknown fields": [(x.field_number, x.data) for x in unknown]} if len(unknown) else {}
    for field, value in message.ListFields():
        if field.message_type is None:
            out[field.name] = list(value) if field.is_repeated else _comparable(field, value)
        else:
            out[field.name] = [_plain(x) for x in value] if field.is_repeated else _plain(value)
    return out


def _scalar(field, value):
    if field.type == FieldDescriptor.TYPE_BYTES:
        return text_to_bytes(value)
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return _comparable(field, float(value))
    if field.type == FieldDescriptor.TYPE_UINT64:
        return int(value)
    return value


def _from_json(descriptor, plain):
    out = {}
    for name, value in plain.items():
        field = descriptor.fields_by_name[name]
        sub = field.message_type
        convert = (lambda x: _from_json(sub, x)) if sub else (lambda x: _scalar(field, x))
        out[name] = [convert(x) for x in value] if field.is_repeated else convert(value)
    return out


class Messages:
    """Knows the message that each call answers with."""

    def __init__(self, schema):
        self._schema = schema
        methods = schema.DESCRIPTOR.services_by_name["ImmuService"].methods
        self._replies = {SERVICE + method.name: method.output_type for method in methods}

    def _parse(self, rpc, body):
        return message_factory.GetMessageClass(self._replies[rpc]).FromString(body)

    def plain(self, rpc, body, volatile):
        out = _plain(self._parse(rpc, body))
        for path in volatile:
            out = _without(out, path)
        return out

    def plain_from_json(self, rpc, recorded, volatile):
        out = _from_json(self._replies[rpc], recorded)
        for path in volatile:
            out = _without(out, path)
        return out

    def field(self, rpc, body, name):
        return getattr(self._parse(rpc, body), name)

    def stream_records(self, bodies):
        """The records of all messages in a fixed order: how a stream is cut is free."""
        rpc = SERVICE + "Dump"
        records = [record for body in bodies for record in self.plain(rpc, body, []).get("kv", [])]
        for record in records:
            record.pop("stream_id", None)
        return sorted(records, key=lambda record: sorted(record.items()).__repr__())
