"""Primitives of a glTF mesh as triangles: glTF 2.0 §3.7.2, with morph targets and skins as they stand at rest."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.formats.gltf.attributes import attribute, own_channels
from maquette.formats.gltf.buffers import Buffers
from maquette.formats.gltf.document import Entry
from maquette.formats.gltf.materials import Looks
from maquette.formats.gltf.scene import MOST_SHOWN, Placed
from maquette.formats.pictures_in_files import srgb_from_linear
from maquette.formats.positions import FARTHEST, usable

T = TypeVar("T")

_DECOMPRESS = "decompress it with `npx @gltf-transform/cli copy IN.glb OUT.glb`"
COMPRESSED = dict.fromkeys(
    ("KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_meshopt_compression"), _DECOMPRESS
)
_LIST, _STRIP, _FAN = 4, 5, 6
_COLUMNS = (("JOINTS_0", (4,)), ("WEIGHTS_0", (4,)))


@dataclass(frozen=True)
class Piece:
    """One primitive in its mesh's own space."""

    positions: Floats  # (N, 3)
    faces: Ints  # (F, 3)
    material: int  # -1: none
    channels: dict[str, NDArray[Any]]  # (N, ...) what rides on the mesh, by name, all of it on vertices
    joints: Ints | None  # (N, 4k)
    weights: Floats | None  # (N, 4k)


class Shapes:
    """Reads each mesh once, however many nodes show it."""

    def __init__(self, buffers: Buffers, looks: Looks, world: Floats) -> None:
        self._buffers, self._looks, self._world = buffers, looks, world
        root = buffers.document.root
        self._meshes, self._skins = root.entries("meshes"), root.entries("skins")
        self._found: dict[tuple[int, tuple[float, ...]], list[Piece]] = {}
        self._weights: dict[int, tuple[float, ...]] = {}
        self._moves: dict[int, Floats] = {}
        self._unfolded = self._primitives = 0  # handed out so far
        self.left_out = 0  # primitives that are points or lines
        self.further_joints = 0  # primitives whose vertices have more than four

    def pieces(self, node: Placed) -> list[tuple[Piece, Floats]]:
        """The triangles of a node's mesh with their positions in the scene, in metres and +Y up."""
        mesh = self._meshes[node.mesh]
        if node.mesh not in self._weights:
            self._weights[node.mesh] = tuple(mesh.numbers("weights", None))
        key = (node.mesh, self._weights[node.mesh] if node.weights is None else node.weights)
        if key not in self._found:
            primitives = mesh.entries("primitives")
            self._primitives += len(primitives)
            if self._primitives > MOST_SHOWN:
                mesh.refuse(f"brings the file to over {MOST_SHOWN} primitives", "join them first")
            read = [self._piece(entry, key[1]) for entry in primitives]
            self._found[key] = [piece for piece in read if piece is not None]
        known = self._found[key]
        self._charge(sum(len(piece.faces) for piece in known), mesh)
        return [(piece, self._in_scene(piece, node)) for piece in known]

    def _piece(self, entry: Entry, morph: tuple[float, ...]) -> Piece | None:
        mode = entry.integer("mode", _LIST)
        named, buffers = entry.entry("attributes"), self._buffers
        if mode not in (_LIST, _STRIP, _FAN):
            self.left_out += 1
            return None
        where = buffers.accessor_of(named, "POSITION")
        squeezed = next((name for name in COMPRESSED if entry.entry("extensions").has(name)), "")
        if squeezed and (where < 0 or not buffers.is_there(where)):
            entry.refuse(f"is compressed by {squeezed}", COMPRESSED[squeezed])
        if where < 0:
            entry.refuse("has no POSITION")
        material = self._fine(lambda: entry.index("material", len(self._looks)), -1)
        count = buffers.count(where)
        faces = self._faces(entry, mode, count)
        self._charge(len(faces), entry)
        faces, used, at = self._sound(faces, where, count)
        color = self._fine(partial(self._appearance_attribute, named, "COLOR_0", used, 3, 4), None)
        joints, weights = (self._rows(named, key, used, *widths) for key, widths in _COLUMNS)
        self.further_joints += joints is not None and named.has("JOINTS_1")
        channels = {
            "uv": self._fine(lambda: self._uv(named, material, used), None),
            "color": None if color is None else srgb_from_linear(color[:, :3]),
            **self._fine(lambda: self._own(named, used), dict[str, NDArray[Any] | None]()),
        }
        return Piece(
            positions=self._apply_morphs(at, entry, morph, used),
            faces=(np.cumsum(used) - 1)[faces],
            material=material,
            channels={name: values for name, values in channels.items() if values is not None},
            joints=None if joints is None else joints.astype(np.int64),
            weights=weights,
        )

    def _faces(self, entry: Entry, mode: int, count: int) -> Ints:
        """Corners of a list, a strip or a fan, (F, 3); an incomplete last triangle is left out, as engines do."""
        index = self._buffers.accessor_of(entry, "indices")
        corners = np.arange(count) if index < 0 else self._buffers.whole(index, 1)[:, 0]
        if mode == _LIST:
            return corners[: len(corners) // 3 * 3].reshape(-1, 3)
        step = np.arange(max(len(corners) - 2, 0))
        if mode == _FAN:
            return np.stack([corners[step + 1], corners[step + 2], np.full(len(step), corners[0])], axis=1)
        odd = step % 2
        return np.stack([corners[step], corners[step + 1 + odd], corners[step + 2 - odd]], axis=1)

    def _sound(self, faces: Ints, where: int, count: int) -> tuple[Ints, NDArray[np.bool_], Floats]:
        """Faces without the few that stand on nothing or on no numbers, the vertices they use (V,), where those lie."""
        used = np.zeros(count, bool)
        used[faces[(faces >= 0) & (faces < count)]] = True
        at = self._buffers.floats(where, 3, rows=used, finite=False)
        if len(faces) and (faces.max() >= count or not (np.abs(at) <= FARTHEST).all()):
            points = np.zeros((count, 3))
            points[used] = at
            _, sound = usable(points, faces.reshape(-1), np.full(len(faces), 3), "read-glb")
            if sound is not None:
                return self._sound(faces[sound], where, count)
        return faces, used, at

    def _fine(self, read: Callable[[], T], otherwise: T) -> T:
        """What concerns appearance; a fault there is a note and never refuses the geometry."""
        try:
            return read()
        except BadInput as problem:
            note(f"left out, as {str(problem).removeprefix('read-glb: ').partition(';')[0]}")
            return otherwise

    def _appearance_attribute(
        self, named: Entry, key: str, used: NDArray[np.bool_], *widths: int
    ) -> NDArray[np.float64] | None:
        """An attribute that is only looked at."""
        index = self._buffers.accessor_of(named, key)
        if index < 0:
            return None
        if self._buffers.count(index) != len(used):
            named.refuse(f"has {len(used)} positions and {self._buffers.count(index)} rows of {key}")
        return self._buffers.shown(index, *widths, rows=used)

    def _rows(self, named: Entry, key: str, used: NDArray[np.bool_], *widths: int) -> NDArray[np.float64] | None:
        """One attribute at the vertices in use, None where the primitive lacks it."""
        index = self._buffers.accessor_of(named, key)
        if index < 0:
            return None
        if self._buffers.count(index) != len(used):
            named.refuse(f"has {len(used)} positions and {self._buffers.count(index)} rows of {key}")
        return self._buffers.floats(index, *widths, rows=used)

    def _own(self, named: Entry, used: NDArray[np.bool_]) -> dict[str, NDArray[Any] | None]:
        """Channels that glTF has no word for, by attributes of their names, such as ``_SEEN``."""
        own: dict[str, NDArray[Any] | None] = {}
        for name, channel in own_channels().items():
            rows = self._rows(named, attribute(name), used, math.prod(channel.shape))
            own[name] = None if rows is None else rows.reshape(-1, *channel.shape)
        return own

    def _uv(self, named: Entry, material: int, used: NDArray[np.bool_]) -> Floats | None:
        """Texture coordinates of the set that the material wants, bent as it says."""
        look = self._looks.look(material)
        uv = self._appearance_attribute(named, f"TEXCOORD_{look.uv_set}", used, 2)
        return uv if uv is None or look.uv_bend is None else uv @ look.uv_bend[:2, :2].T + look.uv_bend[:2, 2]

    def _apply_morphs(self, at: Floats, entry: Entry, weights: tuple[float, ...], used: NDArray[np.bool_]) -> Floats:
        """Positions moved by the morph targets, at the weights the file shows them with."""
        for target, weight in zip(entry.entries("targets"), weights, strict=False):
            shift = self._rows(target, "POSITION", used, 3) if weight else None
            at = at if shift is None else at + weight * shift
        return at

    def _charge(self, faces: int, entry: Entry) -> None:
        """Count what was unfolded; a file that becomes far more than its size explains is refused."""
        self._unfolded += faces
        if self._unfolded > 2 * self._buffers.limit:  # each is counted as read and as shown
            size = self._buffers.document.size
            entry.refuse(f"is used so often that {size} bytes become over {self._buffers.limit} faces", "simplify it")

    def _in_scene(self, piece: Piece, node: Placed) -> Floats:
        """Positions where the file shows them: by the node, or for a skin by its joints as they stand (§3.7.3)."""
        if node.skin < 0 or piece.joints is None or piece.weights is None:
            return piece.positions @ node.world[:3, :3].T + node.world[:3, 3]
        moves = self._joint_moves(node.skin)
        if len(piece.joints) and not 0 <= piece.joints.min() <= piece.joints.max() < len(moves):
            self._skins[node.skin].refuse(f"has {len(moves)} joints, a vertex names joint {piece.joints.max()}")
        total = piece.weights.sum(axis=1, keepdims=True)
        share = np.divide(piece.weights, total, out=np.zeros_like(piece.weights), where=total > 0)
        result: Floats = np.zeros_like(piece.positions)
        for slot in range(4):
            move = moves[piece.joints[:, slot]]
            placed = np.einsum("nij,nj->ni", move[:, :3, :3], piece.positions) + move[:, :3, 3]
            result += share[:, slot, None] * placed
        return result

    def _joint_moves(self, number: int) -> Floats:
        """What each joint of a skin does to a vertex as the file stands, (J, 4, 4)."""
        if number not in self._moves:
            skin = self._skins[number]
            joints = skin.indices("joints", len(self._world))
            inverse = self._buffers.accessor_of(skin, "inverseBindMatrices")
            bind = np.broadcast_to(np.eye(4), (len(joints), 4, 4))
            if inverse >= 0:
                bind = self._buffers.floats(inverse, 16).reshape(-1, 4, 4).transpose(0, 2, 1)
            if len(bind) < len(joints):
                skin.refuse(f"has {len(joints)} joints and {len(bind)} bind matrices")
            self._moves[number] = self._world[joints] @ bind[: len(joints)]
        return self._moves[number]
