"""Read AMF, plain or as a ZIP: an own reader over expat, as for 3MF; trimesh has none and assimp's has no ZIP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.formats.amf.model import MILLIMETRES, NONE, Amf, Instance, Object, Parser, Volume
from maquette.formats.pictures_in_files import linear_from_srgb
from maquette.formats.pieces import Coat, Piece, Role, carve_piece, join_pieces, move_piece, product, set_apart
from maquette.formats.positions import usable
from maquette.formats.surface_colors import unpack_rgb
from maquette.formats.threemf.package import Package
from maquette.formats.threemf.slicer_metadata import ROLES
from maquette.geometry.welding import twins
from maquette.registry import stage

DEEPEST = 32  # constellations in constellations
MOST_SHOWN = 10_000  # objects, copies counted
FREE_FACES = 2_000_000  # that a file may unfold to beyond what its own size explains
_PIECE = 1 << 20


@stage(reads=(".amf",))
def read_amf(files: Files) -> Asset:
    """Read an AMF, plain or packed as a ZIP, in millimetres, with its parts, materials and colours.

    Every volume becomes a part (volumes of one name in one object are one part); vertices of an object that share a
    position become one and triangles that collapse are dropped. The colour of a triangle comes before that of its
    corners, then its volume's, its object's, its material's. Constellations place objects; objects that none places
    stand as they are. Modifiers, support blockers and enforcers of Slic3r and PrusaSlicer are kept beside the model,
    negative volumes are cut away, and what is not printable is left out. The scale is real where the file names its
    unit (millimetres are taken otherwise), unless it is one of ours that says it is a guess. Left out with a note:
    textures, mixed materials, colours by formula, curved edges. Refused: what contains itself, files that unpack or
    unfold to far more than their size explains, and files without triangles. Source: ISO/ASTM 52915:2020; PrusaSlicer
    2.5 ``AMF.cpp`` (where turns are radians, not degrees).
    """
    model = Parser(files.main).parse(_unpack(files.data))
    if model.unit and model.unit not in MILLIMETRES:
        raise BadInput(f"read-amf: the unit {model.unit[:20]!r} is not known; export it in millimeter")
    scale = MILLIMETRES.get(model.unit, 1.0)
    build = _Build(model, len(files.data))
    with np.errstate(all="ignore"):  # hostile numbers overflow; Mesh refuses what comes of it
        placed = [piece for root, matrix in _roots(model) for piece in build.below(root, matrix)]
        pieces = [_to_millimetres(piece, scale) for piece in _cut(placed)]
    if rings := model.constellations.keys() - build.seen:
        raise BadInput(f"read-amf: constellation {min(rings)[:20]!r} contains itself; the file is damaged")
    solid = [piece for piece in pieces if piece.role == "solid" and len(piece.faces)]
    if not solid:
        raise BadInput("read-amf: the file holds no triangles; export a mesh")
    mesh, materials = join_pieces(solid, build.materials, has_uv=False)
    for what, count in model.left_out.items():
        note(f"left out {what} ({count})")
    if build.collapsed:
        note(f"dropped {build.collapsed} triangles without area")
    names = [piece.name or f"object {number}" for number, piece in enumerate(solid, start=1)]
    return Asset(
        mesh=mesh,
        materials=materials,
        part_names=tuple(names) if len(names) > 1 else (),
        sized=model.told.get("maquette:sized", "true" if model.unit else "false") == "true",
        title=model.told.get("name", "") or solid[0].name or files.stem,
        volumes=set_apart([piece for piece in pieces if piece.role not in ("solid", "negative")]),
    )


def _unpack(data: bytes) -> Iterable[bytes]:
    """The XML, out of its ZIP where it is in one."""
    if not data.startswith(b"PK"):
        return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))
    package = Package(data, "read-amf")
    entries = [name for name in package.names if name.endswith(".amf")]
    if len(entries) != 1:
        raise BadInput(f"read-amf: the ZIP holds {len(entries)} files of AMF, not one; unpack it and open one of them")
    return package.pieces(entries[0])


def _roots(model: Amf) -> list[tuple[Instance, Floats]]:
    """What stands on the build: constellations that no other one names, and objects that none names."""
    inner = {instance.of for rows in model.constellations.values() for instance in rows}
    names = [name for name in (*model.constellations, *model.objects) if name not in inner]
    return [(Instance(name), np.eye(4)[:, :3]) for name in names]


@dataclass
class _Build:
    """Follows constellations down to objects; each object is welded once."""

    made: Amf
    size: int
    materials: list[Material] = field(default_factory=list)
    collapsed: int = 0
    seen: set[str] = field(default_factory=set)
    _shown: int = 0
    _faces: int = 0
    _ready: dict[str, list[Piece]] = field(default_factory=dict)
    _of_material: dict[str, int] = field(default_factory=dict)

    def below(self, root: Instance, at: Floats) -> Iterator[Piece]:
        """The pieces of everything below an instance, where they stand."""
        radians = "slic3r" in self.made.told.get("cad", "").lower()
        stack = [(root, at, frozenset[str]())]
        while stack:
            instance, above, over = stack.pop()
            if instance.numbers.get("printable", 1.0) == 0:
                note("left out an instance that is marked as not printable")
                continue
            matrix = product(_matrix(instance.numbers, radians), above)
            inside = self.made.constellations.get(instance.of)
            self.seen.add(instance.of)
            if inside is not None:
                if instance.of in over or len(over) > DEEPEST:
                    raise BadInput(f"read-amf: constellation {instance.of[:20]!r} contains itself; the file is damaged")
                stack += [(row, matrix, over | {instance.of}) for row in reversed(inside)]
            elif instance.of in self.made.objects:
                yield from (move_piece(piece, matrix) for piece in self._object(instance.of))
            else:
                raise BadInput(f"read-amf: object {instance.of[:20]!r} is not there; the file is damaged")
            self._shown += 1
            if self._shown + len(stack) > MOST_SHOWN:
                raise BadInput(f"read-amf: shows over {MOST_SHOWN} objects; join the copies")

    def _object(self, name: str) -> list[Piece]:
        """The pieces of an object as it was drawn."""
        thing = self.made.objects[name]
        self._faces += sum(len(volume.corners) // 3 for volume in thing.volumes)
        if self._faces > FREE_FACES + self.size // 4:
            raise BadInput(f"read-amf: {self.size} bytes unfold to over {self._faces} faces; join the copies")
        if name not in self._ready:
            self._ready[name] = self._weld_volumes(thing, self._shown)
        return [replace(piece, item=self._shown) for piece in self._ready[name]]

    def _weld_volumes(self, thing: Object, item: int) -> list[Piece]:
        """One piece for each name and role among its volumes."""
        corners = np.concatenate([np.zeros((0, 3), np.int64), *(volume.faces for volume in thing.volumes)])
        if not len(corners):
            return []
        points, sound = usable(thing.vertices, corners.reshape(-1), np.full(len(corners), 3), "read-amf")
        coat = self._coat(thing, corners)
        kind: list[tuple[str, Role]] = [(volume.told.get("name", ""), _role(volume)) for volume in thing.volumes]
        groups = list(dict.fromkeys(kind))
        place = {one: number for number, one in enumerate(groups)}
        group = np.repeat([place[one] for one in kind], [len(volume.corners) // 3 for volume in thing.volumes])
        keep, twin = twins(points)
        faces = twin[corners] if sound is None else twin[np.where(sound[:, None], corners, 0)]
        whole = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
        self.collapsed += int((~whole if sound is None else ~whole & sound).sum())
        rows = np.flatnonzero(whole)
        rows = rows[np.argsort(group[rows], kind="stable")]
        pieces = []
        for which in np.split(rows, np.flatnonzero(np.diff(group[rows])) + 1) if len(rows) else []:
            name, role = groups[group[which[0]]]
            used, local = np.unique(faces[which], return_inverse=True)
            own = Coat(coat.material[which], coat.uv[which], coat.color[which])
            name = name or thing.told.get("name", "")
            pieces.append(Piece(points[keep[used]], local.reshape(-1, 3), own, name, role, item))
        return pieces

    def _coat(self, thing: Object, corners: Ints) -> Coat:
        """Materials (F,) and colours of corners (F, 3): triangle, vertex, volume, object, material, in this order."""
        count = len(corners)
        material, color = np.full(count, -1), np.full((count, 3), NONE)
        start = 0
        for volume in thing.volumes:
            rows = slice(start, start + len(volume.corners) // 3)
            start = rows.stop
            material[rows] = self._material(volume.material)
            color[rows] = volume.color if volume.color != NONE else thing.color
        if thing.vertex_colors:
            by_vertex = np.full(len(thing.vertices), NONE)
            there = [row for row in thing.vertex_colors if row < len(by_vertex)]
            by_vertex[there] = [thing.vertex_colors[row] for row in there]
            own = by_vertex[np.clip(corners, 0, len(by_vertex) - 1)]
            color = np.where(own != NONE, own, color)
        start = 0
        for volume in thing.volumes:
            rows_of = np.array(list(volume.face_colors), np.int64)
            color[start + rows_of] = np.array(list(volume.face_colors.values()), np.int64)[:, None]
            start += len(volume.corners) // 3
        painted = (color != NONE).all(axis=1)
        return Coat(np.where(painted, -1, material), np.zeros((count, 3, 2), np.float32), color)

    def _material(self, name: str) -> int:
        """Our number of a material, -1 for none."""
        definition = self.made.materials.get(name)
        if definition is None:
            return -1
        if name not in self._of_material:
            self._of_material[name] = len(self.materials)
            rgb = (
                (1.0, 1.0, 1.0)
                if definition.color == NONE
                else linear_from_srgb(unpack_rgb(np.array(definition.color))).tolist()
            )
            self.materials.append(
                Material(
                    name=definition.told.get("name", "") or f"material {name}",
                    base_color=(*rgb, definition.alpha),
                    alpha_mode="opaque" if definition.alpha == 1.0 else "blend",
                )
            )
        return self._of_material[name]


def _role(volume: Volume) -> Role:
    """What a slicer takes a volume for."""
    word = volume.told.get("slic3r.volume_type", "")
    if volume.told.get("slic3r.modifier") == "1" and not word:
        return "modifier"
    return "enforcer" if volume.kind == "support" else ROLES.get(word, "solid")


def _matrix(numbers: dict[str, float], radians: bool) -> Floats:
    """An instance as (4, 3), for row vectors: scaled and mirrored, turned about x, y and z, then shifted."""
    turns = [numbers.get(f"r{axis}", 0.0) for axis in "xyz"]
    x, y, z = turns if radians else np.radians(turns)
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    whole = numbers.get("scale", 1.0)
    scales = [numbers.get(f"scale{axis}", whole) * numbers.get(f"mirror{axis}", 1.0) for axis in "xyz"]
    matrix: Floats = np.zeros((4, 3))
    matrix[:3] = (about_z @ about_y @ about_x @ np.diag(scales)).T
    matrix[3] = [numbers.get(f"delta{axis}", 0.0) for axis in "xyz"]
    return matrix


def _cut(pieces: list[Piece]) -> Iterator[Piece]:
    """The pieces with the negative volumes of their own object cut away."""
    holes: dict[int, list[Piece]] = {}
    for piece in pieces:
        if piece.role == "negative":
            holes.setdefault(piece.item, []).append(piece)
    for piece in pieces:
        near = holes.get(piece.item, []) if piece.role == "solid" else []
        yield carve_piece(piece, near) if near else piece


def _to_millimetres(piece: Piece, scale: float) -> Piece:
    """In millimetres."""
    return piece if scale == 1.0 else replace(piece, vertices=piece.vertices * scale)
