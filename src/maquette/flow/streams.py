"""Bytes from a file or from standard input, whatever the name turns out to be, and which kind of model they are."""

from __future__ import annotations

import os
import re
import stat
import sys
from functools import cache
from pathlib import Path

from maquette.core.errors import BadInput

MAX_BYTES = 4 << 30  # a binary STL of 80 million triangles; more would not fit a laptop's memory anyway
STREAM = "-"
_PIECE = 1 << 20
# a pipe that nobody writes to must not block; O_BINARY is Windows', where the others are missing
_READ = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
_KINDS = {stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}
_ADVICE = {"folder": "name a file in it", "pipe": "send it to standard input and name it -"}


def is_stream(path: Path) -> bool:
    """True for ``-`` and ``-.obj``: standard input or output, with the kind of file where it is said."""
    return path.name == STREAM or (len(path.parts) == 1 and re.fullmatch(r"-\.\w+", path.name) is not None)


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """A file's bytes (``-``: standard input), or ``BadInput`` that says why not.

    Only regular files are opened for reading; what their size says is not believed, reading ends at ``limit``.
    """
    if is_stream(path):
        return _refuse_excess(_standard_input(), limit, "standard input")
    try:
        handle = os.open(path, _READ)
    except FileNotFoundError:
        raise BadInput(f"{_short(path)}: no such file; check the name") from None
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in the name
        raise BadInput(f"{_short(path)}: cannot be read: {_reason(problem)}") from None
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode):
        os.close(handle)
        kind = _KINDS.get(stat.S_IFMT(state.st_mode), "socket")
        raise BadInput(f"{_short(path)}: is a {kind}, not a file; {_ADVICE.get(kind, 'name a file')}")
    with os.fdopen(handle, "rb") as stream:
        if state.st_size > limit:
            raise BadInput(f"{_short(path)}: {state.st_size:,} bytes; at most {limit:,} are read")
        try:
            pieces = [stream.read(state.st_size + 1)]
            while pieces[-1] and sum(map(len, pieces)) <= limit:
                pieces.append(stream.read(_PIECE))
        except OSError as problem:
            raise BadInput(f"{_short(path)}: cannot be read: {_reason(problem)}") from None
    return _refuse_excess(b"".join(pieces), limit, str(_short(path)))


def kind_of(data: bytes) -> str:
    """The ending that a model's first bytes ask for; empty when they say nothing."""
    head = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PK\x03\x04") and b".amf" in data[30:300].lower():
        return ".amf"
    for magic, ending in _MAGIC.items():
        if head.startswith(magic):
            return ending
    if re.match(rb"(ST)?C?N?4?n?OFF\s", head):
        return ".off"
    if b"<COLLADA" in head:
        return ".dae"
    if b"<amf" in head.lower():
        return ".amf"
    if len(data) >= 84 and len(data) == 84 + 50 * int.from_bytes(data[80:84], "little"):
        return ".stl"
    if head[:5].lower() == b"solid":
        return ".stl"
    return ".obj" if re.search(rb"^\s*v\s+[-+.\d]", data[: 1 << 20], re.MULTILINE) else ""


_MAGIC = {b"glTF": ".glb", b"PK\x03\x04": ".3mf", b"ply": ".ply", b"{": ".gltf"}


@cache
def _standard_input() -> bytes:
    """All of standard input, read once, as far as any file may be long."""
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except (OSError, AttributeError) as problem:  # AttributeError: there is none
        raise BadInput(f"standard input cannot be read: {_reason(problem)}") from None


def _refuse_excess(data: bytes, limit: int, name: str) -> bytes:
    if len(data) > limit:
        raise BadInput(f"{name}: over {limit:,} bytes; at most {limit:,} are read")
    return data


def _short(path: Path) -> str:
    text = str(path).replace("\0", "\\0")
    return text if len(text) <= 200 else f"{text[:200]}…"


def _reason(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or str(problem)
