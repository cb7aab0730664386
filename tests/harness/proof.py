"""Verification of proofs in a second language: RFC 9162, sections 2.1.3.2 and 2.1.4.2.

It shares no code with the server, so a mistake there is not repeated here. Every function returns
True only for a proof in the one form the standard has.
"""
import hashlib
import struct


def entry_digest(index, key, value):
    """The leaf of an entry, as docs/proofs.md describes it."""
    return hashlib.sha256(b"\0" + struct.pack(">QQ", index, len(key)) + key + value).digest()


def _node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def inclusion_holds(leaf, index, size, path, root):
    """Whether `leaf` is leaf `index` of the tree of `size` leaves with `root`."""
    if index >= size:
        return False
    position, last, digest = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            digest = _node(sibling, digest)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            digest = _node(digest, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and digest == root


def consistency_holds(old_size, old_root, new_size, new_root, path):
    """Whether the tree of `new_size` leaves is that of `old_size` leaves with leaves added."""
    if old_size == new_size:
        return not path and old_root == new_root
    if not 0 < old_size < new_size or not path:
        return False
    if old_size & (old_size - 1) == 0:
        path = [old_root, *path]
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_digest = new_digest = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old_digest, new_digest = _node(sibling, old_digest), _node(sibling, new_digest)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new_digest = _node(new_digest, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old_digest == old_root and new_digest == new_root
