"""Read FBX binary: own code, as no permissive library reads it in Python without crashing now and then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Ints
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import note, progress
from maquette.formats.fbx.read_looks import Looks, fbx_references
from maquette.formats.fbx.records import Record, decode_records
from maquette.formats.fbx.scene import Scene
from maquette.formats.pieces import Piece, join_pieces
from maquette.formats.polygon_pieces import Polygons, piece_of
from maquette.formats.surface_colors import pack_rgb
from maquette.registry import stage

FREE_FACES = 2_000_000  # that a file may unfold to beyond what its own size explains
_UNREAD = {"AnimationStack": "animations", "Deformer": "skins and morphs (the mesh stands at rest)"}


@stage(name="read-fbx", reads=(".fbx",), refers=fbx_references)
def read_fbx(files: Files) -> Asset:
    """Read a binary FBX (6.1 to 7.7) with its materials, textures and vertex colours, upright and in millimetres.

    Every model with a mesh becomes a part where its transforms and those above it put it; polygons become triangles.
    Materials take diffuse colour or picture, emission, opacity, normal map, and metallic and roughness where the file
    has them; pictures inside the file or below its folder come along. Unit and axes are the file's. Left out with a
    note: skins, morphs and animation (the mesh is as it was modelled), curves, lights and cameras. Refused: text FBX,
    damaged files, and files without a mesh.
    """
    root = decode_records(files.data, "read-fbx")
    with np.errstate(all="ignore"):  # hostile numbers overflow; Mesh refuses what comes of it
        scene = Scene(root)
        looks = Looks(scene, files)
        pieces: list[Piece] = []
        faces, has_uv = 0, False
        bodies = list(scene.bodies())
        for number, (model, geometry) in enumerate(bodies):
            progress(number / len(bodies), f"model {scene.name_of(model)[:40]}")
            polygons = _polygons(scene, model, geometry, looks)
            world = scene.world_of(model)
            piece = None if polygons is None else piece_of(polygons, world, "read-fbx")
            if piece is None or polygons is None:
                continue
            faces += len(piece.faces)
            if faces > FREE_FACES + len(files.data) // 4:
                raise BadInput(f"read-fbx: {len(files.data)} bytes unfold to over {faces} faces; join the copies")
            has_uv |= polygons.uv is not None
            pieces.append(piece)
    for kind, what in _UNREAD.items():
        if scene.count(kind):
            note(f"left out {scene.count(kind)} {what}")
    if not pieces:
        raise BadInput("read-fbx: the file holds no meshes; export the model with its meshes")
    mesh, materials = join_pieces(pieces, looks.materials, has_uv=has_uv)
    revision = root.first("FBXHeaderExtension", "SceneInfo", "MetaData")
    words = "" if revision is None else str(revision.value("Revision", ""))
    title = "" if revision is None else str(revision.value("Title", "") or "")
    return Asset(
        mesh=mesh,
        materials=materials,
        part_names=tuple(piece.name for piece in pieces) if len(pieces) > 1 else (),
        sized=words != "size is a guess",
        title=title or files.stem,
    )


@dataclass(frozen=True)
class _Corners:
    """The corners of a geometry end to end."""

    index: Ints  # (C,)
    counts: Ints  # (P,)

    @property
    def polygon(self) -> Ints:
        """The polygon of each corner, (C,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)


def _polygons(scene: Scene, model: Record, geometry: Record, looks: Looks) -> Polygons | None:
    """What a geometry holds; None where it has no faces."""
    points = geometry.array("Vertices").astype(np.float64)
    raw = geometry.array("PolygonVertexIndex").astype(np.int64)
    if len(points) < 9 or not len(raw):
        return None
    points = points[: len(points) // 3 * 3].reshape(-1, 3)
    ends = np.flatnonzero(raw < 0)
    if not len(ends):
        raise BadInput("read-fbx: the polygons of a mesh never end; the file is damaged")
    raw = raw[: ends[-1] + 1]
    corners = _Corners(np.where(raw < 0, ~raw, raw), np.diff(ends, prepend=-1))
    offset = scene.geometric_of(model)
    points = points @ offset[:3] + offset[3]
    worn = looks.of_model(model)
    return Polygons(
        points, corners.index, corners.counts, _materials(geometry, corners, worn), _uv(geometry, corners, len(points)),
        _colors(geometry, corners, len(points)), scene.name_of(model),
    )  # fmt: skip


def _materials(geometry: Record, corners: _Corners, worn: list[int]) -> Ints:
    """The material of each polygon (P,), -1 for none."""
    count = len(corners.counts)
    layer = geometry.first("LayerElementMaterial")
    if not worn:
        return np.full(count, -1)
    numbers = np.zeros(0, np.int64) if layer is None else layer.array("Materials").astype(np.int64)
    if layer is None or not len(numbers) or layer.value("MappingInformationType") == "AllSame":
        return np.full(count, worn[min(max(int(numbers[0]) if len(numbers) else 0, 0), len(worn) - 1)])
    numbers = np.resize(numbers, count)
    table = np.array(worn)
    return np.where((numbers >= 0) & (numbers < len(table)), table[np.clip(numbers, 0, len(table) - 1)], -1)


def _layers(geometry: Record, kind: str) -> Iterator[Record]:
    return (layer for layer in geometry.all(f"LayerElement{kind}"))


def _at_corners(
    layer: Record, what: str, width: int, index_name: str, corners: _Corners, points: int
) -> NDArray[Any] | None:
    """What a layer says at each corner (C, width); None where its length does not fit."""
    values = layer.array(what).astype(np.float64)
    values = values[: len(values) // width * width].reshape(-1, width)
    how = str(layer.value("MappingInformationType", ""))
    rows: Ints
    if how == "ByPolygonVertex":
        rows = np.arange(len(corners.index))
    elif how in ("ByVertice", "ByVertex", "ByControlPoint"):
        rows = np.clip(corners.index, 0, points - 1)
    elif how == "ByPolygon":
        rows = corners.polygon
    elif how == "AllSame":
        rows = np.zeros(len(corners.index), np.int64)
    else:
        return None
    if str(layer.value("ReferenceInformationType", "")) in ("IndexToDirect", "Index"):
        index = layer.array(index_name).astype(np.int64)
        if len(rows) and rows.max() >= len(index):
            return None
        rows = index[rows]
    if not len(values) or (len(rows) and (rows.max() >= len(values) or rows.min() < -1)):
        return None
    return values[np.maximum(rows, 0)]


def _uv(geometry: Record, corners: _Corners, points: int) -> NDArray[np.float32] | None:
    """The first texture coordinates, from the picture's top left, (C, 2)."""
    for layer in _layers(geometry, "UV"):
        at = _at_corners(layer, "UV", 2, "UVIndex", corners, points)
        if at is not None:
            return np.stack([at[:, 0], 1.0 - at[:, 1]], axis=1).astype(np.float32)
    return None


def _colors(geometry: Record, corners: _Corners, points: int) -> Ints | None:
    """The first vertex colours as 0xRRGGBB, (C,)."""
    for layer in _layers(geometry, "Color"):
        at = _at_corners(layer, "Colors", 4, "ColorIndex", corners, points)
        if at is not None and np.isfinite(at).all():
            return pack_rgb(np.rint(np.clip(at[:, :3], 0, 1) * 255))
    return None
