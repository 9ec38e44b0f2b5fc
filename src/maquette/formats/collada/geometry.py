"""The triangles of a COLLADA geometry: triangles, polylists, polygons, strips and fans over shared sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.progress import note
from maquette.formats.collada.document import Document, ints, refuse, whole
from maquette.formats.positions import usable
from maquette.formats.surface_colors import pack_rgb
from maquette.formats.xml import Node
from maquette.geometry.flat.polygons import triangulate_polygons
from maquette.geometry.welding import twins

_FACES = ("triangles", "polylist", "polygons", "trifans", "tristrips")


@dataclass(frozen=True)
class Shape:
    """Triangles of a geometry, welded, in the file's unit."""

    vertices: Floats  # (V, 3)
    faces: Ints  # (F, 3)
    symbol: tuple[str, ...]  # what the materials are called here
    look: Ints  # (F,) place in symbol
    uv: Floats | None  # (F, 3, 2), v upwards
    color: Ints  # (F, 3) 0xRRGGBB, -1: none


@dataclass
class _Polygons:
    """Polygons of one element, end to end."""

    positions: str
    corners: Ints
    sizes: Ints
    uv: Floats | None
    color: Ints | None
    symbol: str


class Shapes:
    """Reads geometries, each once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._ready: dict[str, Shape | None] = {}
        self.left_out: dict[str, int] = {}

    def shape(self, reference: str) -> Shape | None:
        """The triangles of a geometry; None when there are none or it is no mesh."""
        if reference not in self._ready:
            self._ready[reference] = self._read(reference)
        return self._ready[reference]

    def _read(self, reference: str) -> Shape | None:
        geometry = self._document.named(reference, "geometry")
        if geometry is None:
            refuse(f"geometry {reference[:40]!r} is not there")
        mesh = geometry.first("mesh") or geometry.first("convex_mesh")
        if mesh is None:
            self._leave_out("splines and other shapes that are no meshes")
            return None
        polygon_lists = [
            polygons for node in mesh.children for polygons in [self._polygons(mesh, node)] if polygons is not None
        ]
        return _join_shapes([self._triangles(one) for one in polygon_lists if len(one.sizes)])

    def _leave_out(self, what: str, count: int = 1) -> None:
        self.left_out[what] = self.left_out.get(what, 0) + count

    def _polygons(self, mesh: Node, node: Node) -> _Polygons | None:
        """One element's polygons; None for one that holds none."""
        if node.name in ("lines", "linestrips"):
            self._leave_out("lines")
        if node.name not in _FACES:
            return None
        inputs = [(one, whole(one, "offset", 0)) for one in node.all("input")]
        stride = max((offset for _, offset in inputs), default=0) + 1
        rows, sizes = self._rows(node, stride)
        vertex = next((offset for one, offset in inputs if one.get("semantic") == "VERTEX"), None)
        vertices_node = mesh.first("vertices")
        if vertex is None or vertices_node is None:
            refuse(f"<{node.name}> has no vertices")
        at_vertex = [(one, vertex) for one in vertices_node.all("input")]
        positions = next((one.get("source") for one, _ in at_vertex if one.get("semantic") == "POSITION"), "")
        others = [*inputs, *at_vertex]
        return _Polygons(
            positions,
            rows[:, vertex],
            sizes,
            self._channel(others, "TEXCOORD", rows, 2),
            self._colors(others, rows),
            node.get("material"),
        )

    def _rows(self, node: Node, stride: int) -> tuple[Ints, Ints]:
        """Index rows of corners (C, stride), and how many corners each polygon has (F,)."""
        lists = [ints(one) for one in node.all("p")]
        for hole in node.all("ph"):
            lists += [ints(one) for one in hole.all("p")]
            self._leave_out("holes of polygons, which are filled")
        lengths = np.array([len(one) // stride for one in lists], np.int64)
        flat = np.concatenate([np.zeros((0, stride), np.int64), *(_cut(one, stride) for one in lists)])
        if node.name == "polygons":
            return flat, lengths
        if node.name == "trifans":
            return _unfold(flat, lengths, fans=True)
        if node.name == "tristrips":
            return _unfold(flat, lengths, fans=False)
        counts = node.first("vcount")
        if node.name == "triangles":
            sizes = np.full(len(flat) // 3, 3)
        else:
            sizes = np.zeros(0, np.int64) if counts is None else ints(counts)
        if (sizes < 0).any() or sizes.sum() > len(flat):
            refuse(f"<{node.name}> promises {int(sizes.sum())} corners and holds {len(flat)}")
        return flat[: sizes.sum()], sizes

    def _channel(self, inputs: list[tuple[Node, int]], semantic: str, rows: Ints, width: int) -> Floats | None:
        """What the first input of this kind says at each corner (C, width); None where it is not there."""
        wanted = [(one, offset) for one, offset in inputs if one.get("semantic") == semantic]
        for one, offset in sorted(wanted, key=lambda pair: whole(pair[0], "set", 0)):
            source = self._document.source(one.get("source"))
            index = rows[:, offset]
            if source is None or source[0].shape[1] < width or not len(source[0]):
                self._leave_out(f"{semantic} without numbers")
                continue
            there = (index >= 0) & (index < len(source[0]))
            values = source[0][np.where(there, index, 0), :width]
            fine = there & np.isfinite(values).all(axis=1)
            if not fine.all():
                self._leave_out(f"{semantic} of corners that is not there", int((~fine).sum()))
            return np.where(fine[:, None], values, 0.0)
        return None

    def _colors(self, inputs: list[tuple[Node, int]], rows: Ints) -> Ints | None:
        """Colours of corners (C,) as 0xRRGGBB."""
        channel = self._channel(inputs, "COLOR", rows, 3)
        return None if channel is None else pack_rgb(np.rint(np.clip(channel, 0, 1) * 255))

    def _triangles(self, polygons: _Polygons) -> Shape:
        """Polygons over the positions they use, welded and cut into triangles."""
        source = self._document.source(polygons.positions)
        if source is None or source[0].shape[1] < 3:
            refuse(f"the positions {polygons.positions[:40]!r} are not there")
        points, corners, sizes = source[0][:, :3], polygons.corners, polygons.sizes
        there = (corners >= 0) & (corners < len(points))
        used, local = np.unique(np.where(there, corners, 0), return_inverse=True)
        if not len(points):
            refuse(f"the positions {polygons.positions[:40]!r} are none")
        local = np.where(there, local.reshape(-1), -1)
        ours, sound = usable(points[used], local, sizes, "read-dae", corners)
        good = sizes >= 3 if sound is None else (sizes >= 3) & sound
        if (sizes < 3).any():
            self._leave_out("faces of fewer than three corners", int((sizes < 3).sum()))
        kept = np.flatnonzero(np.repeat(good, sizes))
        triangles, _ = triangulate_polygons(ours, local[kept], sizes[good])
        at = kept[triangles]  # (T, 3) places among the corners
        keep, twin = twins(ours)
        faces = twin[local[at]]
        whole_ones = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
        if not whole_ones.all():
            self._leave_out("triangles without area", int((~whole_ones).sum()))
        at, faces = at[whole_ones], faces[whole_ones]
        color = np.full(faces.shape, -1) if polygons.color is None else polygons.color[at]
        uv = None if polygons.uv is None else polygons.uv[at]
        return Shape(ours[keep], faces, (polygons.symbol,), np.zeros(len(faces), np.int64), uv, color)


def _cut(indices: Ints, stride: int) -> Ints:
    """Whole rows of indices."""
    rows: Ints = indices[: len(indices) // stride * stride].reshape(-1, stride)
    return rows


def _unfold(flat: Ints, lengths: Ints, *, fans: bool) -> tuple[Ints, Ints]:
    """Strips or fans as triangles; every other triangle of a strip is turned over."""
    inner = np.maximum(lengths - 2, 0)
    start = np.repeat(np.cumsum(lengths) - lengths, inner)
    step = np.arange(inner.sum()) - np.repeat(np.cumsum(inner) - inner, inner)
    if fans:
        corners = np.stack([start, start + step + 1, start + step + 2], axis=1)
    else:
        odd = step % 2
        corners = np.stack([start + step, start + step + 1 + odd, start + step + 2 - odd], axis=1)
    return flat[corners.reshape(-1)], np.full(len(corners), 3)


def _join_shapes(shapes: list[Shape]) -> Shape | None:
    """The shapes of one geometry as one, vertices at one position as one."""
    shapes = [shape for shape in shapes if len(shape.faces)]
    if len(shapes) < 2:
        return shapes[0] if shapes else None
    starts = np.cumsum([0, *(len(shape.vertices) for shape in shapes)])
    points = np.concatenate([shape.vertices for shape in shapes])
    keep, twin = twins(points)
    has_uv = any(shape.uv is not None for shape in shapes)
    blank = [np.zeros((len(shape.faces), 3, 2)) if shape.uv is None else shape.uv for shape in shapes]
    faces = np.concatenate([shape.faces + start for shape, start in zip(shapes, starts, strict=False)])
    symbols = tuple(dict.fromkeys(shape.symbol[0] for shape in shapes))
    place = {symbol: number for number, symbol in enumerate(symbols)}
    look = np.repeat([place[shape.symbol[0]] for shape in shapes], [len(shape.faces) for shape in shapes])
    return Shape(
        points[keep],
        twin[faces],
        symbols,
        look,
        np.concatenate(blank) if has_uv else None,
        np.concatenate([shape.color for shape in shapes]),
    )


def tell(left_out: dict[str, int]) -> None:
    """Say what the file had and the asset has not."""
    for what, count in left_out.items():
        note(f"left out {count} {what}")
