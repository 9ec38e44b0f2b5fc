"""The lines of an OBJ, gathered kind by kind into the arrays of a mesh, a block of text at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Bytes, Floats, Ints
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.formats.positions import usable
from maquette.formats.quads import quad_numbers
from maquette.formats.text_numbers import Block, blocks, unix_lines
from maquette.geometry.flat.polygons import triangulate_polygons

_SLASH = ord("/")


@dataclass
class Track:
    """A name that holds for all faces from its line on: material, object or group."""

    names: dict[str, int] = field(default_factory=dict)
    current: int = -1
    faces: list[Ints] = field(default_factory=list)

    def follow(self, rows: list[int], names: list[str], face_rows: Ints) -> None:
        """Faces on ``face_rows`` bear the last name before them; ``names`` stand on ``rows`` of the same block."""
        numbers = [self.current, *(self.names.setdefault(name, len(self.names)) for name in names)]
        self.faces.append(np.array(numbers)[np.searchsorted(np.array(rows, np.int64), face_rows)])
        self.current = numbers[-1]

    def names_in_use(self, kept: Ints) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
        """Number of each kept face among the names in use, and those names; faces before any are ``default``."""
        if not self.names:
            return None, ()
        numbers = np.concatenate(self.faces)[kept]
        if (numbers < 0).any():
            numbers[numbers < 0] = self.names.setdefault("default", len(self.names))
        used, index = np.unique(numbers, return_inverse=True)
        names = list(self.names)
        return index.reshape(-1).astype(np.int32), tuple(names[number] for number in used)


@dataclass
class Found:
    """What has been read so far, block by block."""

    points: list[Floats] = field(default_factory=list)
    colors: list[Floats] = field(default_factory=list)
    uvs: list[Floats] = field(default_factory=list)
    corners: list[Ints] = field(default_factory=list)  # (C,) vertex of each corner, from 0
    corner_uvs: list[Ints] = field(default_factory=list)  # (C,) texture coordinate of each corner, -1 without
    counts: list[Ints] = field(default_factory=list)  # corners per face
    material: Track = field(default_factory=Track)
    object: Track = field(default_factory=Track)
    group: Track = field(default_factory=Track)
    libraries: list[str] = field(default_factory=list)
    polypaint: list[bytes] = field(default_factory=list)  # ZBrush's colours of vertices, MMRRGGBB in hex
    point_count: int = 0
    uv_count: int = 0

    def mesh(self, up: str) -> tuple[Mesh, tuple[str, ...], tuple[str, ...]]:
        """The triangles, the names of their materials and the names of their parts."""
        points, corners, counts, kept = self._polygons()
        if up == "+Y":
            points = np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1)
        triangles, polygon = triangulate_polygons(points, corners, counts)
        face = polygon if kept is None else kept[polygon]
        material, material_names = self.material.names_in_use(face)
        part, part_names = (self.object if self.object.names else self.group).names_in_use(face)
        mesh = Mesh(
            points,
            corners[triangles],
            uv=self._corner_uv(triangles, kept),
            material=material,
            part=part,
            color=self._vertex_colors(),
            extra=quad_numbers(counts, polygon),
        ).keep_faces(slice(None))
        if len(mesh.vertices) < len(points):
            note(f"left out {len(points) - len(mesh.vertices)} vertices that no face uses")
        return mesh, material_names, part_names

    def _polygons(self) -> tuple[Floats, Ints, Ints, Ints | None]:
        """Points, corners (C,) and their counts (F,) without damaged polygons, and the numbers of those kept."""
        corners, counts = np.concatenate(self.corners), np.concatenate(self.counts)
        points, keep = usable(_join(self.points, 3), corners, counts, "read-obj", corners + 1.0)
        if keep is None:
            return points, corners, counts, None
        return points, corners[np.repeat(keep, counts)], counts[keep], np.flatnonzero(keep)

    def _corner_uv(self, triangles: Ints, kept: Ints | None) -> NDArray[np.float32] | None:
        """(T, 3, 2), v downwards; corners without a usable one get (0, 0) and a note. None when no corner has any."""
        index = np.concatenate(self.corner_uvs)
        if kept is not None:
            counts = np.concatenate(self.counts)
            index = index[np.repeat(np.isin(np.arange(len(counts)), kept), counts)]
        uvs = _join(self.uvs, 2)
        with np.errstate(over="ignore"):
            flipped = np.stack([uvs[:, 0], 1.0 - uvs[:, 1]], axis=1).astype(np.float32)
        fine: Bools = (index >= 0) & (index < len(uvs))
        sound = np.asarray(np.isfinite(flipped).all(axis=1))
        fine[fine] = sound[index[fine]]
        if not fine.any():
            if (index >= 0).any():
                note("left out the texture coordinates: they are no numbers or not there")
            return None
        bare = int((~fine[triangles]).any(axis=1).sum())
        if bare:
            note(f"{bare} triangles have no texture coordinates; theirs are 0")
        corner_uv = np.zeros((len(index), 2), np.float32)
        corner_uv[fine] = flipped[index[fine]]
        return corner_uv[triangles]

    def _vertex_colors(self) -> NDArray[np.uint8] | None:
        """(V, 3) 0..255, None when no vertex has a colour. Values above 1 mean that white is 255."""
        colors = _join(self.colors, 3)
        if self.polypaint and not np.isfinite(colors).any():
            colors = polypaint_colors(b"".join(self.polypaint), len(colors))
        stated = np.isfinite(colors).min(axis=1)
        if not stated.any():
            return None
        white = 1.0 if colors[stated].max() <= 1.0 and not self.polypaint else 255.0
        shown: Floats = np.clip(np.where(stated[:, None], colors / white, 1.0), 0, 1)
        return np.rint(shown * 255).astype(np.uint8)


def gather(data: bytes) -> Found:
    """Everything a mesh needs out of the text."""
    data = unix_lines(data.removeprefix(b"\xef\xbb\xbf"))
    if b"\\" in data:
        data = re.sub(rb"\\[ \t]*\r?\n", b" ", data)
    result = Found()
    if b"#MRGB" in data:
        result.polypaint = re.findall(rb"^#MRGB[ \t]+([0-9A-Fa-f]+)", data, re.MULTILINE)
    skipped = 0
    for raw in blocks(data, "read-obj"):
        block = Block(_without_comments(raw.text), raw.first_line, raw.stage)
        if len(block.starts):
            skipped += _take(block, result)
    if skipped:
        note(f"left out {skipped} lines, points and faces of fewer than three corners")
    return result


def polypaint_colors(text: bytes, count: int) -> Floats:
    """ZBrush's ``#MRGB`` digits as colours 0..255 (count, 3); the first two of eight are a mask."""
    raw = bytes.fromhex(text[: len(text) // 8 * 8].decode("ascii"))
    result = np.full((count, 3), np.nan)
    rows = np.frombuffer(raw, np.uint8).reshape(-1, 4)[:count, 1:]
    result[: len(rows)] = rows
    return result


def _take(block: Block, content: Found) -> int:
    """Sort a block's lines by their first word and read each kind at once; the number of elements left out."""
    first, count = block.rows
    start = block.starts[first]
    size = block.ends[first] - start
    lead = block.text[start]
    second = block.text[np.minimum(start + 1, len(block.text) - 1)]
    one = size == 1
    vertex_rows = np.flatnonzero(one & (lead == ord("v")))
    uv_rows = np.flatnonzero((size == 2) & (lead == ord("v")) & (second == ord("t")))
    face_rows = np.flatnonzero(one & (lead == ord("f")))
    whole = face_rows[count[face_rows] >= 4]
    named = np.flatnonzero((one & np.isin(lead, list(b"og"))) | ((size == 6) & np.isin(lead, list(b"um"))))
    _take_names(block, named, whole, content)
    before = content.point_count + np.searchsorted(vertex_rows, whole)
    uv_before = content.uv_count + np.searchsorted(uv_rows, whole)
    _take_vertices(block, vertex_rows, content)
    _take_uvs(block, uv_rows, content)
    _take_faces(block, whole, before, uv_before, content)
    return len(face_rows) - len(whole) + int((one & np.isin(lead, list(b"lp"))).sum())


def _take_names(block: Block, rows: Ints, face_rows: Ints, content: Found) -> None:
    """``usemtl``, ``o``, ``g`` and ``mtllib`` lines."""
    tracks = {b"usemtl": content.material, b"o": content.object, b"g": content.group}
    seen: dict[bytes, tuple[list[int], list[str]]] = {key: ([], []) for key in tracks}
    for row in rows.tolist():
        key = block.word(int(block.rows[0][row]))
        if key == b"mtllib":
            content.libraries.append(block.line_text(row))
        elif key in tracks:
            seen[key][0].append(row)
            seen[key][1].append(block.line_text(row) or "default")
    for key, track in tracks.items():
        track.follow(*seen[key], face_rows)


def _take_vertices(block: Block, rows: Ints, content: Found) -> None:
    """``v x y z``, ``v x y z w`` or ``v x y z r g b``."""
    first, count = block.rows[0][rows], block.rows[1][rows]
    _enough(block, first, count, 4, "vertex", "three")
    content.points.append(block.words((first[:, None] + [1, 2, 3]).reshape(-1)).reshape(-1, 3))
    colors = np.full((len(rows), 3), np.nan)
    colored = count >= 7
    colors[colored] = block.words((first[colored][:, None] + [4, 5, 6]).reshape(-1)).reshape(-1, 3)
    content.colors.append(colors)
    content.point_count += len(rows)


def _take_uvs(block: Block, rows: Ints, content: Found) -> None:
    """``vt u``, ``vt u v`` or ``vt u v w``."""
    first, count = block.rows[0][rows], block.rows[1][rows]
    _enough(block, first, count, 2, "texture coordinate", "one")
    pairs = np.zeros((len(rows), 2))
    pairs[:, 0] = block.words(first + 1)
    flat = count >= 3
    pairs[flat, 1] = block.words(first[flat] + 2)
    content.uvs.append(pairs)
    content.uv_count += len(rows)


def _take_faces(block: Block, rows: Ints, before: Ints, uv_before: Ints, content: Found) -> None:
    """``f`` with corners ``v``, ``v/t``, ``v//n`` or ``v/t/n``; indices below 0 count back from where they stand."""
    first, counts = block.rows[0][rows], block.rows[1][rows] - 1
    words = np.repeat(first + 1 - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
    start, end = block.starts[words], block.ends[words]
    slashes = np.append(np.flatnonzero(block.text == _SLASH), [len(block.text)] * 2)
    following = np.searchsorted(slashes, start)
    slash = np.minimum(slashes[following], end)
    second = np.minimum(slashes[np.minimum(following + 1, len(slashes) - 1)], end)
    if (slash == start).any():
        line = block.line_number(int(start[slash == start][0]))
        raise BadInput(f"read-obj: line {line}: a corner names no vertex; export the file again")
    content.corners.append(_from_zero(block.numbers(start, slash, np.int64), np.repeat(before, counts)))
    index = np.full(len(words), -1, np.int64)
    textured = slash + 1 < second
    stated = block.numbers(slash[textured] + 1, second[textured], np.int64)
    index[textured] = _from_zero(stated, np.repeat(uv_before, counts)[textured])
    content.corner_uvs.append(index)
    content.counts.append(counts)


def _from_zero(stated: Ints, before: Ints) -> Ints:
    """Indices as OBJ states them (from 1, or from -1 backwards) as indices from 0."""
    wrong = (stated == 0) | ((stated < 0) & (stated < -before))
    if wrong.any():
        raise BadInput(f"read-obj: a face names element {stated[wrong][0]}, which does not exist; the file is damaged")
    result: Ints = np.where(stated > 0, stated - 1, before + stated)
    return result


def _enough(block: Block, first: Ints, count: Ints, least: int, what: str, words: str) -> None:
    """Every line of a kind has its numbers."""
    if (count < least).any():
        line = block.line_number(int(block.starts[first[count < least][0]]))
        raise BadInput(f"read-obj: line {line}: a {what} needs {words} numbers; export the file again")


def _join(pieces: list[Floats], width: int) -> Floats:
    return np.concatenate(pieces) if pieces else np.zeros((0, width))


def _without_comments(text: Bytes) -> Bytes:
    """Everything from a ``#`` that starts a word to the line's end as spaces, but not in names (``Material #25``)."""
    marks = np.flatnonzero(text == ord("#"))
    marks = marks[(marks == 0) | (text[marks - 1] <= 32)]
    newlines = np.flatnonzero(text == 10)
    line = np.searchsorted(newlines, marks)
    lead = text[np.append(0, newlines + 1)[line]]
    numeric = np.isin(lead, list(b"#vflp \t"))
    marks, line = marks[numeric], line[numeric]
    if not len(marks):
        return text
    toggle = np.zeros(len(text) + 1, np.uint8)
    toggle[marks[np.flatnonzero(np.diff(line, prepend=-1))]] = 255
    toggle[np.append(newlines, len(text))[np.unique(line)]] = 255
    result = text.copy()
    result[np.bitwise_xor.accumulate(toggle[:-1]) == 255] = 32
    return result
