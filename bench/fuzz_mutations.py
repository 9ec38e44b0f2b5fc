"""How bench/fuzz.py damages files: blindly, or by a container's rules so that checksums and lengths stay right."""

from __future__ import annotations

import io
import json
import random
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

Case = tuple[tuple[str, bytes], ...]  # files by name, the main one first
MOST_BYTES = 200_000
NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, -(2**31), 10**30)
WORDS = ("nan", "inf", "-inf", "1e999", "-0.0", "1e-320", "0x10", "1_0", "", "../x", "http://a/b", "\ud7ff", "\0")


def mutate(case: Case, other: Case, rng: random.Random) -> Case:
    """One to four mutations of one file of a case; ``other`` is a case to splice from."""
    parts = list(case)
    which = rng.randrange(len(parts)) if rng.random() < 0.3 else 0
    name, data = parts[which]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = mutated_bytes(data, other[0][1], rng)
    parts[which] = (name, data[:MOST_BYTES])
    return tuple(parts)


def mutated_bytes(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """A change that respects the container half of the time, and one that respects nothing otherwise."""
    ways = [way for knows, way in STRUCTURED if knows(data)]
    if ways and rng.random() < 0.6:
        try:
            return rng.choice(ways)(data, other, rng)
        except Exception:  # damaged beyond its own rules by an earlier round
            return rng.choice(PLAIN)(data, other, rng)
    return rng.choice(PLAIN)(data, other, rng)


def flip_bits(data: bytes, other: bytes, rng: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8)) if made else 0):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def cut(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def drop_block(data: bytes, other: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice((1, 2, 4, 16, 64, 256)) :]


def repeat_block(data: bytes, other: bytes, rng: random.Random) -> bytes:
    at, size = rng.randrange(len(data) + 1), rng.choice((1, 4, 16, 64, 256))
    return data[:at] + data[at : at + size] * rng.choice((2, 3, 50)) + data[at + size :]


def splice(data: bytes, other: bytes, rng: random.Random) -> bytes:
    at, size = rng.randrange(len(other) + 1), rng.choice((4, 32, 256))
    to = rng.randrange(len(data) + 1)
    return data[:to] + other[at : at + size] + data[to + rng.choice((0, size)) :]


def put_number(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """A binary number of some width over what stands there."""
    kind = rng.choice(("<H", ">H", "<I", ">I", "<Q", "<f", ">f", "<d"))
    value = rng.choice((float("nan"), float("inf"), 1e38, -0.0)) if kind[1] in "fd" else rng.choice(NUMBERS)
    width = struct.calcsize(kind)
    packed = struct.pack(kind, value if kind[1] in "fd" else value % (1 << 8 * width))
    at = rng.randrange(max(len(data) - width, 0) + 1)
    at -= at % rng.choice((1, 2, 4))
    return data[:at] + packed + data[at + width :]


def put_text_number(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """A number in the text replaced by another one, or by a word that looks like one."""
    found = list(re.finditer(rb"-?\d+\.?\d*(?:[eE][-+]?\d+)?", data[:MOST_BYTES]))
    if not found:
        return flip_bits(data, other, rng)
    spot = rng.choice(found)
    new = str(rng.choice(NUMBERS)) if rng.random() < 0.6 else rng.choice(WORDS)
    return data[: spot.start()] + new.encode() + data[spot.end() :]


def move_lines(data: bytes, other: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    what = rng.randrange(4)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines[at:at] = lines[at : at + rng.choice((1, 3))] * rng.choice((1, 2, 40))
    elif what == 2:
        lines[at:at] = [rng.choice(other.split(b"\n"))]
    else:
        words = lines[at].split()
        rng.shuffle(words)
        lines[at] = b" ".join(words[: rng.randrange(len(words) + 1)] if rng.random() < 0.5 else words)
    return b"\n".join(lines)


def move_tags(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """XML elements dropped, repeated, or an attribute changed."""
    tags = list(re.finditer(rb"<[^<>]+>", data[:MOST_BYTES]))
    spot = rng.choice(tags)
    text = spot.group()
    what = rng.randrange(4)
    if what == 0:
        text = b""
    elif what == 1:
        text = text * rng.choice((2, 3, 70))
    elif what == 2:
        text = text + rng.choice(tags).group()
    else:
        new = rng.choice(WORDS + tuple(map(str, NUMBERS))).replace("\0", "")
        text = re.sub(rb'"[^"]*"', b'"' + new.encode() + b'"', text, count=rng.choice((0, 1, 2)))
    return data[: spot.start()] + text + data[spot.end() :]


def mutate_json(data: bytes, other: bytes, rng: random.Random) -> bytes:
    tree = json.loads(data)
    mutate_tree(tree, rng)
    return json.dumps(tree).encode()


def mutate_tree(tree: Any, rng: random.Random) -> None:
    """A value somewhere in a tree replaced, removed, repeated, or swapped for another part of it."""
    holders = []
    stack = [tree]
    while stack:
        node = stack.pop()
        inside = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
        stack += inside
        if inside:
            holders.append(node)
    holder = rng.choice(holders)
    key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    what = rng.randrange(6)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, list):
        holder[key:key] = [holder[key]] * rng.choice((1, 2, 200))
    elif what == 2:
        holder[key] = json.loads(json.dumps(rng.choice(holders)))
    elif what == 3 and isinstance(holder[key], int):
        holder[key] += rng.choice((-1, 1, -4, 4))
    else:
        holder[key] = rng.choice((*NUMBERS, *WORDS, None, True, [], {}, 0.5, 1e308, [0], {"a": 0}, [1e308] * 16))


def mutate_glb(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """The JSON or the binary chunk changed, every length made right again."""
    tree, binary = glb_parts(data)
    if rng.random() < 0.75:
        mutate_tree(tree, rng)
    else:
        binary = rng.choice(PLAIN)(binary, other, rng)
    text = json.dumps(tree).encode()
    text, binary = text + b" " * (-len(text) % 4), binary + b"\0" * (-len(binary) % 4)
    head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary


def glb_parts(data: bytes) -> tuple[Any, bytes]:
    size = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def mutate_zip(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """A part inside the package changed, renamed, repeated or left out, checksums made right again."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = [(entry.filename, package.read(entry)[:MOST_BYTES]) for entry in package.infolist()]
    at = rng.randrange(len(parts)) if rng.random() < 0.3 else max(range(len(parts)), key=lambda n: len(parts[n][1]))
    name, content = parts[at]
    what = rng.randrange(12)
    if what == 0:
        del parts[at]
    elif what == 1:
        parts.append((name, content))
    elif what == 2:
        parts[at] = (rng.choice(("../" + name, "/" + name, name.upper(), "a:b", "x" * 300)), content)
    else:
        parts[at] = (name, mutated_bytes(content, content, rng))
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        warnings.simplefilter("ignore")  # names that are there twice are what we want
        for name, content in parts:
            package.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def mutate_png(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """A chunk changed, repeated or dropped, its length and checksum right."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    spot = rng.randrange(len(chunks))
    kind, body = chunks[spot]
    what = rng.randrange(4)
    if what == 0:
        del chunks[spot]
    elif what == 1:
        chunks.insert(rng.randrange(len(chunks)), (kind, body))
    else:
        chunks[spot] = (kind, rng.choice((flip_bits, put_number, cut, repeat_block))(body, other, rng))
    rows = [struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks]
    return data[:8] + b"".join(rows)


PLAIN = (flip_bits, cut, drop_block, repeat_block, splice, put_number, put_text_number)
STRUCTURED: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, bytes, random.Random], bytes]], ...] = (
    (lambda data: data.startswith(b"PK"), mutate_zip),
    (lambda data: data.startswith(b"glTF"), mutate_glb),
    (lambda data: data.startswith(b"\x89PNG"), mutate_png),
    (lambda data: data.startswith(b"{"), mutate_json),
    (lambda data: data.lstrip().startswith(b"<"), move_tags),
    (lambda data: data.count(b"\n") > 3 and b"\0" not in data[:500], move_lines),
    (lambda data: data[:1].isalpha() or data[:1] in b"<{", put_text_number),
)
