"""The ZIP around a 3MF model, opened as if somebody meant harm: what may be unpacked is bounded before it is.

Deflate shrinks up to 1,032 times, a real model 5 to 15 times. So a package may unpack to ``FREE`` bytes plus
``RATIO`` times its own size, counted while it is unpacked; what the directory claims is not believed.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from maquette.core.errors import BadInput
from maquette.formats.threemf import names
from maquette.formats.xml import elements

FREE = 16 << 20
RATIO = 30
MOST_PARTS = 10_000
_PIECE = 1 << 18
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError, RuntimeError, OverflowError)


class Package:
    """The parts of a package by name, as OPC names them: no leading slash, case as in the file."""

    def __init__(self, data: bytes, stage: str = "read-3mf") -> None:
        self._stage = stage
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except _DAMAGE as problem:
            raise BadInput(f"{self._stage}: {_kind(data)} ({str(problem)[:80]}); check what was exported") from None
        self.size = len(data)
        self._left = FREE + RATIO * len(data)
        if len(entries) > MOST_PARTS:
            raise BadInput(f"{self._stage}: {len(entries)} parts in the package; at most {MOST_PARTS} are read")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._twice: set[str] = set()
        for entry in entries:  # names that lead out are never opened, so they harm nobody
            name = entry.orig_filename.replace("\\", "/").lstrip("/").lower()
            if name in self._entries:
                self._twice.add(name)
            self._entries[name] = entry

    def __contains__(self, path: str) -> bool:
        return path.lower() in self._entries

    @property
    def names(self) -> list[str]:
        """Names of all parts, in small letters."""
        return list(self._entries)

    @property
    def written_names(self) -> list[str]:
        """Names of all parts as the package writes them, in its order."""
        return [entry.orig_filename.replace("\\", "/").lstrip("/") for entry in self._zip.infolist()]

    def pieces(self, path: str) -> Iterator[bytes]:
        """A part's bytes piece by piece; names are the same in any case, as OPC wants."""
        entry = self._entries.get(path.lower())
        if entry is None:
            raise BadInput(f"{self._stage}: the part {path[:80]!r} is not in the package; export the file again")
        if path.lower() in self._twice:
            raise BadInput(f"{self._stage}: the part {path[:80]!r} is there twice; the file is damaged")
        if entry.flag_bits & 1:
            raise BadInput(f"{self._stage}: the part {path[:80]!r} is encrypted; save it without a password")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadInput(
                f"{self._stage}: the part {path[:80]!r} is packed by method {entry.compress_type}; use deflate"
            )
        try:
            with self._zip.open(entry) as stream:
                while piece := stream.read(_PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        limit = FREE + RATIO * self.size
                        raise BadInput(
                            f"{self._stage}: {self.size} bytes unpack to over {limit}; this is no honest model"
                        )
                    yield piece
        except _DAMAGE as problem:
            raise BadInput(f"{self._stage}: the part {path[:80]!r} is damaged ({str(problem)[:80]})") from None

    def data(self, path: str) -> bytes:
        """A part's bytes."""
        return b"".join(self.pieces(path))

    def model_path(self) -> str:
        """The part that the package starts with."""
        if "_rels/.rels" in self:
            element = f"{names.RELATIONSHIPS} Relationship"
            for attributes in elements(self.pieces("_rels/.rels"), "_rels/.rels", element):
                if attributes.get("Type") == names.START_PART:
                    return part_name(attributes.get("Target", ""))
        if names.MODEL_PATH in self:
            return names.MODEL_PATH
        raise BadInput(f"{self._stage}: the package names no 3D model; {self._instead()}")

    def _instead(self) -> str:
        """What a package without a model is, and what to do."""
        models = [
            name
            for name in self._entries
            if name.endswith((".stl", ".obj", ".ply", ".glb", ".gltf", ".3mf", ".off", ".amf", ".dae"))
        ]
        if any(name.endswith(".gcode") for name in self._entries):
            return "it is a sliced file with G-code; open the project that it was sliced from"
        if models:
            return f"it is a ZIP with {', '.join(models[:3])}; unpack it and open that"
        return "this is another kind of ZIP file; check the name"


def _kind(data: bytes) -> str:
    """What bytes are that are no ZIP, as far as the first of them tell."""
    for magic, words in _OTHERS.items():
        if data.startswith(magic):
            return f"is {words}, not a ZIP package"
    return "not a ZIP package"


_OTHERS = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x1f\x8b": "a gzip file",
    b"solid": "a text STL",
    b"glTF": "a GLB",
    b"ply": "a PLY",
    b"<": "XML or a web page",
}


def part_name(target: str) -> str:
    """A part's name from an absolute address inside the package."""
    name = target.removeprefix("/")
    _refuse_name(name)
    return name


def _refuse_name(name: str) -> None:
    """Names that lead out of the package, whoever may unpack it."""
    steps = name.split("/")
    if not name or name.startswith("/") or ".." in steps or any(c in name for c in "\\\0:"):
        raise BadInput(f"read-3mf: {name[:80]!r} is no name of a part inside the package; the file is damaged")
