"""The elements of a PLY file as arrays: header, rows of numbers, rows with lists (Turk, The PLY File Format, 1994).

A text body is the binary body of a file in which every number is a double: both take the same way from there on.
Nothing is allocated by what a header promises; a row exists when its bytes do.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.formats.text_numbers import decode_text, parse_numbers

_TYPES = {
    **{"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4"},
    **{"int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4"},
    **{"float": "f4", "float32": "f4", "double": "f8", "float64": "f8"},
}
_LONGEST_HEADER = 1 << 20
_MOST_PROPERTIES = 1000


@dataclass(frozen=True)
class Property:
    """A column: its name, numpy type letter and size (``f4``), and for a list the type of its length."""

    name: str
    kind: str
    length_kind: str = ""


@dataclass
class Element:
    """A kind of row and, once read, its columns: arrays (N,), and for a list lengths (N,) and values end to end."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    lists: dict[str, tuple[Ints, NDArray[Any]]] = field(default_factory=dict)

    def kind(self, name: str) -> str:
        """The declared type of a column."""
        return next(p.kind for p in self.properties if p.name == name)

    def column(self, *names: str) -> Floats | None:
        """Columns side by side, (N, K) float64; None unless all are there."""
        if not all(name in self.columns for name in names):
            return None
        return np.stack([self.columns[name].astype(np.float64) for name in names], axis=1)


@dataclass(frozen=True)
class Header:
    """What stands before the body: kind of body, elements in file order, comments, and where the body starts."""

    encoding: str
    elements: list[Element]
    comments: list[str]
    body: int


def read_elements(data: bytes) -> Header:
    """Header and elements of a PLY file, each element's columns filled."""
    header = _header(data)
    if header.encoding == "ascii":
        numbers = parse_numbers(_as_declared_rows(header, data[header.body :].replace(b"\0", b"?")))
        if numbers is None:
            raise BadInput("read-ply: the text behind the header holds something that is no number; export it again")
        body, order = numbers.astype("<f8").tobytes(), "<f8"
    else:
        body, order = data, "<" if header.encoding == "binary_little_endian" else ">"
    at = 0 if header.encoding == "ascii" else header.body
    for element in header.elements:
        at = _fill(element, body, at, order)
    return header


def _as_declared_rows(header: Header, text: bytes) -> bytes:
    """A text body without what stands in its rows beyond the declared properties; as it is where rows are not lines."""
    lines = [line for line in text.splitlines() if line and not line.isspace()]
    if len(lines) < sum(element.count for element in header.elements):
        return text
    kept, at, cut = list[bytes](), 0, 0
    for element in header.elements:
        rows = lines[at : at + element.count]
        at += element.count
        wanted = _row_length(element, rows[0].split()) if rows else 0
        if rows and len(rows[0].split()) > wanted > 0:
            split = [row.split() for row in rows]
            lengths = [_row_length(element, words) for words in split]
            cut += len(rows)
            rows = [b" ".join(words[:length]) for words, length in zip(split, lengths, strict=True)]
        kept += rows
    if not cut:
        return text
    note(f"left out what {cut} rows hold beyond the declared properties")
    return b"\n".join(kept)


def _row_length(element: Element, words: list[bytes]) -> int:
    """How many words a row has by its declaration; 0 where it cannot be told."""
    length = 0
    for p in element.properties:
        if p.length_kind:
            if length >= len(words) or not words[length].isdigit():
                return 0
            length += int(words[length])
        length += 1
    return length


def _header(data: bytes) -> Header:
    """The header, checked line by line."""
    opening = re.match(rb"ply[ \t]*(\r\n|\n|\r)", data)
    if not opening:
        raise BadInput(f"read-ply: begins with {data[:8]!r} instead of `ply`; check what was exported")
    newline = rb"\r(?!\n)" if opening[1] == b"\r" else rb"\r?\n"
    closing = re.compile(rb"end_header[ \t]*" + newline).search(data, 0, _LONGEST_HEADER)
    if not closing:
        raise BadInput("read-ply: the header has no end; get the whole file")
    lines = [decode_text(line).strip() for line in re.split(rb"\r\n|\n|\r", data[opening.end() : closing.start()])]
    encoding, elements, comments = "", list[Element](), list[str]()
    for line in lines:
        words = line.split()
        if words[:1] == ["format"] and len(words) >= 2:
            encoding = words[1]
        elif words[:1] == ["element"]:
            elements.append(_element(words))
        elif words[:1] == ["property"]:
            if not elements:
                raise BadInput(f"read-ply: {line[:60]!r} stands before any element; export the file again")
            elements[-1].properties.append(_property(words))
        elif words[:1] == ["comment"]:
            comments.append(line[len("comment") :].strip())
    if encoding not in ("ascii", "binary_little_endian", "binary_big_endian"):
        raise BadInput(f"read-ply: format {encoding[:30]!r} is none of ascii, binary_little_endian, binary_big_endian")
    for element in elements:
        names = [p.name for p in element.properties]
        if len(set(names)) < len(names) or len(names) > _MOST_PROPERTIES:
            raise BadInput(f"read-ply: element {element.name[:30]!r} has properties of one name, or over a thousand")
    return Header(encoding, elements, comments, closing.end())


def _element(words: list[str]) -> Element:
    if len(words) != 3 or not re.fullmatch(r"[0-9]{1,18}", words[2]):
        raise BadInput(f"read-ply: {' '.join(words)[:60]!r} is no element with a count; export the file again")
    return Element(words[1], int(words[2]))


def _property(words: list[str]) -> Property:
    kinds = words[2:4] if words[1:2] == ["list"] else words[1:2]
    if len(words) != 2 + len(kinds) + (len(kinds) == 2) or not kinds or any(kind not in _TYPES for kind in kinds):
        raise BadInput(f"read-ply: {' '.join(words)[:60]!r} is no property that PLY knows; export the file again")
    return Property(words[-1], _TYPES[kinds[-1]], _TYPES[kinds[0]] if len(kinds) == 2 else "")


def _fill(element: Element, body: bytes, at: int, order: str) -> int:
    """Read an element's rows from byte ``at`` on; where the next one starts."""
    if not element.properties:
        return at
    if not any(p.length_kind for p in element.properties):
        return _fill_rows(element, body, at, order, {})
    lengths = _first_lengths(element, body, at, order)
    end = _fill_rows(element, body, at, order, lengths)
    return end if end >= 0 else _fill_uneven(element, body, at, order)


def _type(kind: str, order: str) -> str:
    """``f4`` in the body's order; in a text body every number is a double."""
    return order if order == "<f8" else order + kind


def _row(element: Element, order: str, lengths: dict[str, int]) -> np.dtype[Any]:
    """The record of a row whose lists have these lengths; column i is ``i``, its length ``n i``."""
    fields: list[tuple[Any, ...]] = []
    for number, p in enumerate(element.properties):
        if p.length_kind:
            fields.append((f"n {number}", _type(p.length_kind, order)))
            fields.append((f"{number}", _type(p.kind, order), (lengths[p.name],)))
        else:
            fields.append((f"{number}", _type(p.kind, order)))
    return np.dtype(fields)


def _as_declared(values: NDArray[Any], p: Property) -> NDArray[Any]:
    """What was declared a 32-bit float is one, also where it was read from text."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32) if p.kind == "f4" and values.dtype.itemsize == 8 else values


def _truncation_error(element: Element, held: int) -> BadInput:
    return BadInput(
        f"read-ply: the header promises {element.count} of {element.name[:30]!r}, "
        f"the file holds {held}; get the whole file"
    )


def _fill_rows(element: Element, body: bytes, at: int, order: str, lengths: dict[str, int]) -> int:
    """Rows that all look alike, at once; -1 when their lists differ in length."""
    row = _row(element, order, lengths)
    room = max(len(body) - at, 0) // row.itemsize
    count = min(element.count, room)
    records = np.frombuffer(body, row, count, at) if count else np.zeros(0, row)
    for number, p in enumerate(element.properties):
        if p.length_kind and (records[f"n {number}"] != lengths[p.name]).any():
            return -1
    if room < element.count:
        if lengths:
            return -1
        raise _truncation_error(element, room)
    for number, p in enumerate(element.properties):
        values = _as_declared(records[f"{number}"], p)
        if p.length_kind:
            element.lists[p.name] = np.full(count, lengths[p.name], np.int64), values.reshape(-1)
        else:
            element.columns[p.name] = values
    return at + count * row.itemsize


def _first_lengths(element: Element, body: bytes, at: int, order: str) -> dict[str, int]:
    """How long the lists of the first row are."""
    first_lengths = {p.name: 0 for p in element.properties if p.length_kind}
    for p, step in zip(element.properties, _steps(element, order)) if element.count else ():
        length, at = step.over(body, at)
        if length < 0:
            raise _truncation_error(element, 0)
        if p.length_kind:
            first_lengths[p.name] = length
    return first_lengths


@dataclass(frozen=True)
class _Step:
    """How to get from one property of a row to the next."""

    kind: np.dtype[Any]
    prefix: struct.Struct | None  # how a list's length is written
    element: str

    def over(self, body: bytes, at: int) -> tuple[int, int]:
        """Items from byte ``at`` on and where the next property starts; -1 items when the file ends before."""
        length = 1
        if self.prefix is not None:
            at += self.prefix.size
            if at > len(body):
                return -1, at
            (stated,) = self.prefix.unpack_from(body, at - self.prefix.size)
            if not (stated >= 0 and stated % 1 == 0):
                raise BadInput(f"read-ply: a list of {stated:g} items in {self.element[:30]!r}; the file is damaged")
            length = int(stated)
        at += length * self.kind.itemsize
        return (length if at <= len(body) else -1), at


def _steps(element: Element, order: str) -> list[_Step]:
    prefixes = [
        struct.Struct(order[0] + np.dtype(_type(p.length_kind, order)).char) if p.length_kind else None
        for p in element.properties
    ]
    return [
        _Step(np.dtype(_type(p.kind, order)), prefix, element.name) for p, prefix in zip(element.properties, prefixes)
    ]


def _fill_uneven(element: Element, body: bytes, at: int, order: str) -> int:
    """Rows whose lists differ in length: walk from list to list, then gather each column's bytes."""
    steps = _steps(element, order)
    ends: list[int] = []
    lengths: list[int] = []
    for row in range(element.count):
        for step in steps:
            length, at = step.over(body, at)
            if length < 0:
                raise _truncation_error(element, row)
            ends.append(at)
            lengths.append(length)
    raw = np.frombuffer(body, np.uint8)
    for number, (p, step) in enumerate(zip(element.properties, steps)):
        count = np.array(lengths[number :: len(steps)], np.int64)
        start = np.array(ends[number :: len(steps)], np.int64) - count * step.kind.itemsize
        values = _as_declared(_gather(raw, start, count, step.kind), p)
        if p.length_kind:
            element.lists[p.name] = count, values
        else:
            element.columns[p.name] = values
    return at


def _gather(raw: NDArray[np.uint8], start: Ints, count: Ints, kind: np.dtype[Any]) -> NDArray[Any]:
    """Items from many places, end to end."""
    first = np.repeat(start - (np.cumsum(count) - count) * kind.itemsize, count)
    byte = first + np.arange(len(first)) * kind.itemsize
    result: NDArray[Any] = raw[byte[:, None] + np.arange(kind.itemsize)].reshape(-1).view(kind)
    return result
