"""Buffers, views and accessors of a glTF file as arrays: glTF 2.0 §3.6, with sparse accessors and strides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.progress import note
from maquette.formats.gltf.document import Document, Entry

_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
MOST_UNFOLDED = 2_000_000  # rows or faces that a file may unfold to beyond what its own size explains
_WORK = 32  # times the same: rows that may be touched on the way, when many primitives share one array
_BESIDE = "put it beside the model and name it plainly"
_SIMPLER = "simplify the model or join its copies"


class Buffers:
    """The binary half of a document; every array is read once and checked against the bytes that are there."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.limit = MOST_UNFOLDED + document.size // 4
        self._work_left = _WORK * self.limit
        self._views = document.root.entries("bufferViews")
        self._buffers = document.root.entries("buffers")
        self._accessors = document.root.entries("accessors")
        self._loaded: dict[int, memoryview] = {}
        self._arrays: dict[int, NDArray[Any]] = {}

    def accessor_of(self, entry: Entry, key: str) -> int:
        """The accessor that a field names, -1 where it names none."""
        return entry.index(key, len(self._accessors))

    def array(self, index: int, *widths: int) -> NDArray[Any]:
        """An accessor's raw numbers, (count, width) in the component type of the file; width must be one of these."""
        entry = self._accessors[index]
        if index not in self._arrays:
            self._arrays[index] = self._read(entry, self.count(index))
        result = self._arrays[index]
        self._work_left -= len(result)
        if self._work_left < 0:
            entry.refuse(f"is read so often that {self.document.size} bytes become over {self.limit} rows", _SIMPLER)
        if result.shape[1] not in widths:
            entry.refuse(f"has {result.shape[1]} numbers a row where {' or '.join(map(str, widths))} are needed")
        return result

    def count(self, index: int) -> int:
        """How many rows an accessor has; refused where the file's size does not explain them."""
        count = self._accessors[index].integer("count", low=1)
        if count > self.limit:
            size = self.document.size
            self._accessors[index].refuse(f"counts {count} rows, more than a file of {size} bytes explains")
        return count

    def floats(self, index: int, *widths: int, rows: Any = slice(None), finite: bool = True) -> NDArray[np.float64]:
        """Some or all rows as (N, width) float64; integers that are normalized come as 0..1 or -1..1.

        Numbers that are none are refused where they must be ``finite``.
        """
        raw, entry = self.array(index, *widths)[rows], self._accessors[index]
        result: NDArray[np.float64] = raw.astype(np.float64)
        if raw.dtype.kind == "f":
            if finite and not np.isfinite(result).all():
                count = int((~np.isfinite(result)).sum())
                entry.refuse(f"holds {count} numbers that are infinite or not a number")
            return result
        if entry.fields.get("normalized") is True:  # glTF 2.0 §3.6.2.2
            result = np.maximum(result / np.iinfo(raw.dtype).max, -1.0)
        return result

    def shown(self, index: int, *widths: int, rows: Any = slice(None)) -> NDArray[np.float64]:
        """The same for what is only looked at, texture coordinates and colours: what is no number is 0, with a note."""
        raw = self.array(index, *widths)[rows]
        if raw.dtype.kind != "f" or np.isfinite(raw).all():
            return self.floats(index, *widths, rows=rows)
        note(
            f"{int((~np.isfinite(raw)).any(axis=1).sum())} texture coordinates or colours are no numbers; theirs are 0"
        )
        return np.where(np.isfinite(raw), raw, 0).astype(np.float64)

    def whole(self, index: int, *widths: int) -> NDArray[np.int64]:
        """An accessor's whole numbers, (count, width) int64."""
        raw = self.array(index, *widths)
        if raw.dtype.kind == "f":
            self._accessors[index].refuse("holds fractions where whole numbers are needed")
        return raw.astype(np.int64)

    def is_there(self, index: int) -> bool:
        """True when an accessor has bytes in the file, and no compression of its view."""
        view = self.view_of(self._accessors[index])
        return view >= 0 and not any("compression" in name for name in self._views[view].entry("extensions").fields)

    def view(self, index: int) -> tuple[memoryview, int]:
        """A buffer view's bytes and its stride (0: packed)."""
        entry = self._views[index]
        whole = self._buffer(entry.index("buffer", len(self._buffers)), entry)
        start, size = entry.integer("byteOffset", 0), entry.integer("byteLength", low=1)
        if start + size > len(whole):
            entry.refuse(f"ends at byte {start + size} of a buffer of {len(whole)}")
        return whole[start : start + size], entry.integer("byteStride", 0)

    def view_of(self, entry: Entry) -> int:
        """The buffer view that an entry names, -1 where it names none."""
        return entry.index("bufferView", len(self._views))

    def _buffer(self, index: int, asker: Entry) -> memoryview:
        if index < 0:
            asker.refuse("names no buffer")
        if index not in self._loaded:
            entry = self._buffers[index]
            size = entry.integer("byteLength", low=1)
            if entry.has("uri"):
                data = self.document.fetch(entry)
                if data is None:
                    entry.refuse(f"is the file {entry.text('uri')[:80]!r}, which did not come along", _BESIDE)
            elif index == 0 and self.document.binary is not None:
                data = self.document.binary
            else:
                entry.refuse("has no bytes")
            if len(data) < size:
                entry.refuse(f"should hold {size} bytes and holds {len(data)}")
            self._loaded[index] = memoryview(data)[:size]
        return self._loaded[index]

    def _read(self, entry: Entry, count: int) -> NDArray[Any]:
        kind, component = entry.text("type"), entry.integer("componentType")
        if kind not in _WIDTHS or component not in _COMPONENTS:
            entry.refuse(f"holds {kind[:20]!r} of component type {component}, which is not read")
        dtype, width = np.dtype(_COMPONENTS[component]), _WIDTHS[kind]
        if self.view_of(entry) < 0:
            result: NDArray[Any] = np.zeros((count, width), dtype)
        else:
            result = self._rows(entry, self.view_of(entry), dtype, (count, width))
        if entry.has("sparse"):
            result = self._patch_sparse(result, entry.entry("sparse"))
        return result

    def _rows(self, entry: Entry, view: int, dtype: np.dtype[Any], shape: tuple[int, int]) -> NDArray[Any]:
        """``shape`` numbers out of a buffer view, checked before they are touched."""
        data, stride = self.view(view)
        start, row = entry.integer("byteOffset", 0), dtype.itemsize * shape[1]
        stride = stride or row
        if stride < row:
            entry.refuse(f"has rows of {row} bytes, {stride} bytes apart")
        end = start + stride * (shape[0] - 1) + row
        if end > len(data):
            entry.refuse(f"ends at byte {end} of a buffer view of {len(data)}")
        return np.ndarray(shape, dtype, buffer=data, offset=start, strides=(stride, dtype.itemsize))

    def _patch_sparse(self, rows: NDArray[Any], sparse: Entry) -> NDArray[Any]:
        """Sparse accessor: some rows replaced by others."""
        count = sparse.integer("count", low=1)
        if count > len(rows):
            sparse.refuse(f"replaces {count} of {len(rows)} rows")
        where, what = sparse.entry("indices"), sparse.entry("values")
        component = where.integer("componentType")
        if component not in (5121, 5123, 5125) or self.view_of(where) < 0 or self.view_of(what) < 0:
            sparse.refuse("lacks its rows")
        index = self._rows(where, self.view_of(where), np.dtype(_COMPONENTS[component]), (count, 1))[:, 0]
        if index.max() >= len(rows):
            where.refuse(f"names row {index.max()} of {len(rows)}")
        result = rows.copy()
        result[index] = self._rows(what, self.view_of(what), rows.dtype, (count, rows.shape[1]))
        return result
