"""The JSON half of a glTF 2.0 file, and the container around it, read as if somebody meant harm.

Every field is asked for by type and range through :class:`Entry`, so a refusal names the place it stands at and no
later line has to wonder what it holds. What bounds time and memory: strict JSON (no NaN, no key twice), at most
``MOST_VALUES`` values in it, and side files only from the same folder.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.formats.side_files import find

MOST_VALUES = 1_000_000  # a value costs up to 500 bytes of Python: half a gigabyte is where it must end
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942


@dataclass(frozen=True)
class Entry:
    """One JSON object and where it stands in the file."""

    fields: dict[str, Any]
    where: str

    def refuse(self, problem: str, advice: str = "the file is damaged, export it again") -> NoReturn:
        """Raise ``BadInput`` that names this place."""
        raise BadInput(f"read-glb: {self.where or 'the file'} {problem}; {advice}")

    def has(self, key: str) -> bool:
        """True when the field is there."""
        return key in self.fields

    def integer(self, key: str, default: int | None = None, low: int = 0) -> int:
        """A whole number of at least ``low``."""
        value = self.fields.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            self.refuse(f"has {key} {_short(value)} where a whole number from {low} on is needed")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number."""
        return _finite(self.fields.get(key, default), self, key)

    def numbers(self, key: str, count: int | None, default: Sequence[float] = ()) -> Floats:
        """A list of ``count`` finite numbers (any number of them for None)."""
        value = self.fields.get(key, default)
        if not isinstance(value, list | tuple) or count not in (None, len(value)):
            self.refuse(f"has {key} {_short(value)} where {count or 'some'} numbers are needed")
        return np.array([_finite(item, self, key) for item in value], dtype=np.float64)

    def text(self, key: str, default: str = "") -> str:
        """A string."""
        value = self.fields.get(key, default)
        if not isinstance(value, str):
            self.refuse(f"has {key} {_short(value)} where text is needed")
        if not value.isprintable() and any("\ud800" <= c <= "\udfff" for c in value):
            self.refuse(f"has {key} {_short(value)}, which is no Unicode text")
        return value

    def name(self, key: str = "name") -> str:
        """What something is called; empty where that is no text, as nothing hangs on it."""
        value = self.fields.get(key, "")
        return self.text(key) if isinstance(value, str) else ""

    def entry(self, key: str) -> Entry:
        """An object; an empty one where the field is missing."""
        value = self.fields.get(key, {})
        where = f"{self.where}.{key}" if self.where else key
        if not isinstance(value, dict):
            self.refuse(f"has {key} {_short(value)} where an object is needed")
        return Entry(value, where)

    def entries(self, key: str) -> list[Entry]:
        """A list of objects; an empty one where the field is missing."""
        where = f"{self.where}.{key}" if self.where else key
        result = []
        for number, value in enumerate(self._list(key)):
            if not isinstance(value, dict):
                self.refuse(f"has {key}[{number}] {_short(value)} where an object is needed")
            result.append(Entry(value, f"{where}[{number}]"))
        return result

    def texts(self, key: str) -> list[str]:
        """A list of strings; an empty one where the field is missing."""
        return [item if isinstance(item, str) else self.refuse(f"has no text in {key}") for item in self._list(key)]

    def index(self, key: str, count: int) -> int:
        """A reference into a list of ``count`` things; -1 where the field is missing."""
        if key not in self.fields:
            return -1
        value = self.integer(key)
        if value >= count:
            self.refuse(f"names {key} {_short(value)}, but there are only {count}")
        return value

    def indices(self, key: str, count: int) -> list[int]:
        """References into a list of ``count`` things."""
        result = self._list(key)
        for item in result:
            if type(item) is not int or not 0 <= item < count:
                self.refuse(f"names {_short(item)} in {key}, but there are only {count}")
        return result

    def _list(self, key: str) -> list[Any]:
        value = self.fields.get(key, [])
        return value if isinstance(value, list) else self.refuse(f"has {key} {_short(value)} where a list is needed")


@dataclass(frozen=True)
class Document:
    """A parsed file: its JSON, the binary chunk of a GLB, and the files beside it."""

    root: Entry
    binary: bytes | None
    files: Files

    @property
    def size(self) -> int:
        """Bytes of everything that came in: what a model may unfold to is measured against it."""
        return sum(len(data) for data in self.files.parts.values())

    def fetch(self, entry: Entry) -> bytes | None:
        """The bytes behind an entry's ``uri``: a data URI, or a file beside this one; None where it is not there."""
        uri = entry.text("uri")
        return _data_uri(uri, entry) if uri.startswith("data:") else find(self.files, uri)


def document(files: Files) -> Document:
    """Take a .glb or .gltf apart; which of the two it is, its first bytes say."""
    text, binary = _chunks(files.data) if files.data[:4] == b"glTF" else (files.data, None)
    root = Entry(_parse_strictly(text), "")
    version = str(root.entry("asset").fields.get("version", ""))
    if not version.startswith("2."):
        root.refuse(f"is glTF {version[:20]!r}", "only 2.x is read; convert it first")
    return Document(root, binary, files)


def _parse_strictly(text: bytes) -> dict[str, Any]:
    """Strict JSON, bounded before it is built."""
    values = text.count(b",") + text.count(b"[") + text.count(b"{")
    if values > MOST_VALUES:
        raise BadInput(f"read-glb: the JSON holds {values} values; at most {MOST_VALUES} are read; pack it as .glb")
    try:
        root = json.loads(text.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        reason = "is nested too deeply" if isinstance(problem, RecursionError) else f"is damaged ({problem})"
        raise BadInput(f"read-glb: the JSON {reason[:200]}; export the file again") from None
    if not isinstance(root, dict):
        raise BadInput(f"read-glb: the JSON is a {type(root).__name__}, not an object; this is no glTF file")
    return root


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {twice[:40]!r} stands there twice")
    return unique


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _chunks(data: bytes) -> tuple[bytes, bytes | None]:
    """The JSON and the binary chunk of a GLB (glTF 2.0 §4.4)."""
    if len(data) < 20:
        raise BadInput(f"read-glb: {len(data)} bytes are too few for a GLB; the file was cut short")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise BadInput(f"read-glb: GLB version {version}; only version 2 is read; convert it first")
    if length > len(data):
        raise BadInput(f"read-glb: {len(data)} of {length} bytes are there; the file was cut short")
    chunks: list[tuple[int, bytes]] = []
    at = 12
    while at + 8 <= length and len(chunks) < 2:
        size, kind = struct.unpack_from("<II", data, at)
        if at + 8 + size > length:
            raise BadInput(f"read-glb: a chunk of {size} bytes runs over the end at {length}; the file is damaged")
        chunks.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size
    if not chunks or chunks[0][0] != _JSON_CHUNK:
        raise BadInput("read-glb: the first chunk is not JSON; the file is damaged, export it again")
    binary = chunks[1][1] if len(chunks) > 1 and chunks[1][0] == _BINARY_CHUNK else None
    return chunks[0][1], binary


def _data_uri(uri: str, entry: Entry) -> bytes:
    head, comma, body = uri.partition(",")
    if not comma or not head.endswith(";base64"):
        entry.refuse(f"has a data address that is not base64 ({head[:60]!r})")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        entry.refuse("has a data address with damaged base64")


def _finite(value: Any, entry: Entry, key: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            result = float(value)
        except OverflowError:
            result = math.inf
    else:
        result = math.inf
    if not math.isfinite(result):
        entry.refuse(f"has {_short(value)} in {key} where a finite number is needed")
    return result


def _short(value: Any) -> str:
    """A hostile value in a message: at most 40 characters of it."""
    if isinstance(value, int) and abs(value) >= 10**30:
        return "a number of over 30 digits"
    if isinstance(value, dict | list):
        return f"a {type(value).__name__} of {len(value)}"
    return repr(value)[:40]
