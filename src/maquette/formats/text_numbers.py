"""Numbers in text files, a megabyte of lines at a time and without a loop over words.

A block's words are found by comparing bytes; the words that are wanted are kept, all other bytes become spaces, and
numpy's C parser (correctly rounded, deaf to the locale) reads what is left. A text STL of 200 k faces (41 MB) takes
0.4 s; splitting into Python words and ``map(float)`` takes as long and ten times the memory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from maquette.core.arrays import Bytes, Ints
from maquette.core.errors import BadInput

BLOCK = 1 << 20
LONGEST_LINE = 1 << 25  # 32 MiB: a polygon of two million corners


@dataclass(frozen=True)
class Block:
    """Some whole lines of a text file. ``first_line`` counts from 1, ``stage`` is who reads, for messages."""

    text: Bytes
    first_line: int
    stage: str

    @cached_property
    def _edges(self) -> Ints:
        """Where words start and end, alternating."""
        solid = np.zeros(len(self.text) + 2, dtype=bool)
        np.greater(self.text, 32, out=solid[1:-1])
        return np.flatnonzero(solid[1:] != solid[:-1])

    @property
    def starts(self) -> Ints:
        """First byte of each word, (W,)."""
        return self._edges[0::2]

    @property
    def ends(self) -> Ints:
        """One past the last byte of each word, (W,)."""
        return self._edges[1::2]

    @cached_property
    def lines(self) -> Ints:
        """Line of each word within the block, (W,) from 0."""
        return np.searchsorted(np.flatnonzero(self.text == 10), self.starts)

    @cached_property
    def rows(self) -> tuple[Ints, Ints]:
        """First word (L,) of each line that has words, and how many it has (L,)."""
        first = np.flatnonzero(np.diff(self.lines, prepend=-1))
        return first, np.diff(first, append=len(self.starts))

    def numbers(self, starts: Ints, ends: Ints, dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """The words between ``starts`` and ``ends`` as numbers; ``BadInput`` names the line of one that is none."""
        if not len(starts):
            return np.zeros(0, dtype)
        begin, end = int(starts[0]), int(ends[-1])
        toggle = np.zeros(end - begin + 1, np.uint8)
        toggle[starts - begin] = 255
        toggle[ends - begin] = 255
        kept = np.bitwise_xor.accumulate(toggle[:-1])
        kept &= self.text[begin:end]
        kept[kept == 0] = 32
        result = parse_numbers(kept.tobytes(), dtype)
        if result is None or len(result) != len(starts):
            raise self._no_number(starts, ends, dtype)
        return result

    def words(self, which: NDArray[Any], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """Words by their place as numbers, in ascending places."""
        return self.numbers(self.starts[which], self.ends[which], dtype)

    def word(self, place: int) -> bytes:
        """One word's bytes."""
        return self.text[self.starts[place] : self.ends[place]].tobytes()

    def line_text(self, row: int) -> str:
        """What stands behind the first word of a line that has words."""
        first, count = self.rows[0][row], self.rows[1][row]
        if count == 1:
            return ""
        return decode_text(self.text[self.starts[first + 1] : self.ends[first + count - 1]].tobytes())

    def line_number(self, byte: int) -> int:
        """Line of a byte within the whole file, from 1."""
        return self.first_line + int((self.text[:byte] == 10).sum())

    def _no_number(self, starts: Ints, ends: Ints, dtype: DTypeLike) -> BadInput:
        kind = float if np.dtype(dtype).kind == "f" else int
        for start, end in zip(starts.tolist(), ends.tolist()):
            word = self.text[start:end].tobytes()
            try:
                if b"_" not in word:
                    kind(word)
                    continue
            except ValueError:
                pass
            shown = word[:20].decode("ascii", "replace")
            return BadInput(
                f"{self.stage}: line {self.line_number(start)}: {shown!r} is no {kind.__name__}; export it again"
            )
        return BadInput(f"{self.stage}: numbers near line {self.first_line} cannot be read; export the file again")


def decode_text(text: bytes) -> str:
    """Text as UTF-8, or as Latin-1 where it is none; two different byte strings never become one."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def unix_lines(data: bytes) -> bytes:
    """Text whose lines end in CR, LF or CRLF, mixed as they may be, with LF alone."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def one_line(text: str) -> str:
    """A title as one line of printable ASCII, at most 60 characters: what comment lines and old headers bear."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in plain).split())[:60].strip()


def parse_numbers(text: bytes, dtype: DTypeLike = np.float64) -> NDArray[Any] | None:
    """Numbers between white space, or None when something else stands there."""
    if not text or text.isspace():
        return np.zeros(0, dtype)
    result = _parse(text, dtype)
    if result is None and np.dtype(dtype).kind == "f" and (b"#" in text or b"(" in text):
        result = _parse(_NO_NUMBER.sub(b"nan", text), dtype)
    return result


_NO_NUMBER = re.compile(rb"[-+]?(1\.#(IND|QNAN|SNAN|INF)\w*|nan\(\w*\))", re.IGNORECASE)  # as Windows writes them


def _parse(text: bytes, dtype: DTypeLike) -> NDArray[Any] | None:
    try:
        return np.fromstring(text, dtype=dtype, sep=" ")
    except (ValueError, DeprecationWarning):  # a warning in older numpy
        return None


def blocks(data: bytes, stage: str) -> Iterator[Block]:
    """A text file as blocks of whole lines, about a megabyte each.

    ``BadInput`` when there are zero bytes (no text) or a line above 32 MiB.
    """
    if b"\0" in data:
        raise BadInput(f"{stage}: byte {data.index(0)} is zero, so this is no text file; check what was exported")
    at, line = 0, 1
    while at < len(data):
        end = len(data) if at + BLOCK >= len(data) else data.rfind(b"\n", at, at + BLOCK) + 1
        if end <= at:
            newline = data.find(b"\n", at + BLOCK)
            end = len(data) if newline < 0 else newline + 1
        if end - at > LONGEST_LINE:
            raise BadInput(f"{stage}: line {line} has {end - at} bytes; split it (at most {LONGEST_LINE})")
        yield Block(np.frombuffer(data, np.uint8, end - at, at), line, stage)
        line += data.count(b"\n", at, end)
        at = end
