"""FBX binary as a tree of records: written and read, nothing known of what they mean.

A record is its end, how many values it has and their bytes, its name, its values, its children. From version 7.5 on
those three numbers have 64 bits. Source: what Blender's developers found out (Campbell Barton, code.blender.org, 2013)
and the files themselves.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput

MAGIC = b"Kaydara FBX Binary  \x00\x1a\x00"
VERSION = 7400
_FOOTER_ID = bytes([0xFA, 0xBC, 0xAB, 0x09, 0xD0, 0xC8, 0xD4, 0x66, 0xB1, 0x76, 0xFB, 0x83, 0x1C, 0xF7, 0x26, 0x7E])
_FOOTER_END = bytes([0xF8, 0x5A, 0x8C, 0x6A, 0xDE, 0xF5, 0xD9, 0x7E, 0xEC, 0xE9, 0x0C, 0xE3, 0x75, 0x8F, 0x29, 0x0B])
_KINDS = {"f": "<f4", "d": "<f8", "l": "<i8", "i": "<i4", "b": "u1"}
_ARRAYS: dict[str, np.dtype[Any]] = {letter: np.dtype(kind) for letter, kind in _KINDS.items()}
_LETTERS = {kind: letter for letter, kind in _ARRAYS.items()}
_SCALARS = {"Y": "<h", "C": "<?", "I": "<i", "F": "<f", "D": "<d", "L": "<q"}
DEEPEST = 64
MOST_RECORDS = 2_000_000
FREE = 64 << 20  # bytes that packed arrays may unfold to beyond RATIO times the file
RATIO = 100


@dataclass
class Record:
    """A named node with values (int: 64 bits; `Short` ones in :class:`I32`) and children."""

    name: str
    values: list[Any] = field(default_factory=list)
    children: list[Record] = field(default_factory=list)

    def add(self, name: str, *values: Any) -> Record:
        """A new child at the end."""
        child = Record(name, list(values))
        self.children.append(child)
        return child

    def all(self, name: str) -> Iterator[Record]:
        """Its children of this name."""
        return (child for child in self.children if child.name == name)

    def first(self, *names: str) -> Record | None:
        """The first child of this name, and its first child of the next …"""
        record: Record | None = self
        for name in names:
            record = None if record is None else next(record.all(name), None)
        return record

    def value(self, name: str, default: Any = None) -> Any:
        """The first value of the first child of this name."""
        child = self.first(name)
        return child.values[0] if child is not None and child.values else default

    def array(self, name: str) -> NDArray[Any]:
        """The first value of a child as numbers; empty where there are none."""
        values = self.value(name)
        return values if isinstance(values, np.ndarray) else np.zeros(0)


class I32(int):
    """A whole number of 32 bits."""


def encode_records(records: list[Record]) -> bytes:
    """A file of these records at its top."""
    out = bytearray(MAGIC + struct.pack("<I", VERSION))
    for record in records:
        _encode(record, out)
    out += bytes(13) + _FOOTER_ID + bytes(4)
    out += bytes(-len(out) % 16 or 16)
    out += struct.pack("<I", VERSION) + bytes(120) + _FOOTER_END
    return bytes(out)


def _encode(record: Record, out: bytearray) -> None:
    """Append one record; where it ends is put in when it is known."""
    start = len(out)
    values = b"".join(encode_value(value) for value in record.values)
    name = record.name.encode()
    out += struct.pack("<IIIB", 0, len(record.values), len(values), len(name)) + name + values
    for child in record.children:
        _encode(child, out)
    if record.children or not record.values:
        out += bytes(13)
    struct.pack_into("<I", out, start, len(out))


def encode_value(value: Any) -> bytes:
    """A value with its letter."""
    if isinstance(value, np.ndarray):
        kind = value.dtype.newbyteorder("<") if value.dtype.itemsize > 1 else value.dtype
        data = zlib.compress(np.ascontiguousarray(value).astype(kind).tobytes(), 1)
        return _LETTERS[kind].encode() + struct.pack("<III", value.size, 1, len(data)) + data
    if isinstance(value, bool):
        return b"C" + struct.pack("<?", value)
    if isinstance(value, I32):
        return b"I" + struct.pack("<i", value)
    if isinstance(value, int):
        return b"L" + struct.pack("<q", value)
    if isinstance(value, float):
        return b"D" + struct.pack("<d", value)
    data = value if isinstance(value, bytes) else str(value).encode()
    return (b"R" if isinstance(value, bytes) else b"S") + struct.pack("<I", len(data)) + data


def decode_records(data: bytes, stage: str) -> Record:
    """The records of a binary file, below one without a name; ``BadInput`` for what is no FBX or damaged."""
    if not data.startswith(MAGIC[:20]):
        kind = "text FBX, which Blender and Autodesk's converter save as binary" if b"FBX" in data[:64] else "no FBX"
        raise BadInput(f"{stage}: the file is {kind}; export it as binary FBX")
    try:
        version = struct.unpack_from("<I", data, 23)[0]
        if not 6000 <= version < 8000:
            raise BadInput(f"{stage}: FBX version {version} is not known; export it as FBX 2014 or later")
        reader = _Reader(data, version >= 7500, stage)
        return Record("", [version], list(reader.records(27, len(data), 0)))
    except (struct.error, IndexError, zlib.error, ValueError, UnicodeDecodeError, MemoryError) as problem:
        raise BadInput(f"{stage}: the file is damaged ({str(problem)[:80]}); export it again") from None


class _Reader:
    """Walks through the bytes; what may be unfolded is bounded."""

    def __init__(self, data: bytes, wide: bool, stage: str) -> None:
        self._data, self._stage = data, stage
        self._head = struct.Struct("<QQQB" if wide else "<IIIB")
        self._left, self._records = FREE + RATIO * len(data), MOST_RECORDS

    def records(self, start: int, end: int, depth: int) -> Iterator[Record]:
        """Records one after another, to the empty one or to ``end``."""
        if depth > DEEPEST:
            raise ValueError(f"records nest over {DEEPEST} deep")
        while start + self._head.size <= end:
            stop, count, size, letters = self._head.unpack_from(self._data, start)
            at = start + self._head.size
            if stop == 0:
                return
            self._records -= 1
            if not at <= stop <= end or at + letters + size > stop or self._records < 0:
                raise ValueError(f"the record at byte {start} ends at {stop}")
            name = self._data[at : at + letters].decode("ascii", "replace")
            at += letters
            values, first_child = self._values(at, count, at + size), at + size
            yield Record(name, values, list(self.records(first_child, stop, depth + 1)))
            start = stop

    def _values(self, at: int, count: int, end: int) -> list[Any]:
        values = []
        for _ in range(count):
            if at >= end:
                raise ValueError("a record has fewer values than it says")
            letter = chr(self._data[at])
            value, at = self._value(letter, at + 1, end)
            values.append(value)
        return values

    def _value(self, letter: str, at: int, end: int) -> tuple[Any, int]:
        """A value and where the next one begins."""
        if letter in _SCALARS:
            form = _SCALARS[letter]
            return struct.unpack_from(form, self._data, at)[0], at + struct.calcsize(form)
        if letter in "SR":
            size = struct.unpack_from("<I", self._data, at)[0]
            if at + 4 + size > end:
                raise ValueError("a text ends beyond its record")
            data = self._data[at + 4 : at + 4 + size]
            return (data.decode("utf-8", "replace") if letter == "S" else data), at + 4 + size
        kind = _ARRAYS.get("b" if letter == "c" else letter)
        if kind is None:
            raise ValueError(f"a value of the unknown kind {letter!r}")
        count, packed, size = struct.unpack_from("<III", self._data, at)
        size = size if packed else count * kind.itemsize
        if at + 12 + size > end:
            raise ValueError("an array ends beyond its record")
        data = self._data[at + 12 : at + 12 + size]
        if packed:
            wanted = count * kind.itemsize
            self._left -= wanted
            if self._left < 0:
                raise BadInput(f"{self._stage}: {len(self._data)} bytes unfold to far more than a model has")
            data = zlib.decompressobj().decompress(data, wanted)
        return np.frombuffer(data, kind, count), at + 12 + size
