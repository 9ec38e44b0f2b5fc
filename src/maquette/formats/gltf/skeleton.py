"""Skeletons and clips in glTF: joints as nodes, a skin, animations. glTF 2.0 §3.7.3 and §3.11."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from maquette.core.arrays import Floats, Ints
from maquette.core.progress import note
from maquette.core.skeleton import Clip, Skeleton
from maquette.formats.gltf.buffers import Buffers
from maquette.formats.gltf.document import Entry
from maquette.formats.gltf.draft import Draft
from maquette.formats.gltf.scene import Placed, node_matrix

_MOST_KEYS = 2_000_000  # keys times nodes of all clips of a file
_WIDTHS = {"translation": 3, "rotation": 4, "scale": 3}


def write_skeleton(draft: Draft, skeleton: Skeleton) -> tuple[int, int]:
    """Put joints, a skin and clips into a file: the number of the skin, and of the node that all joints hang on.

    That is the root joint; several hang on a node of their own, for a skin's joints need one root (§3.7.3).
    """
    places = _theirs(skeleton.places) / 1000.0
    roots = np.flatnonzero(skeleton.parents < 0)
    top = first = len(draft.root.get("nodes", []))
    if len(roots) > 1:
        first = top + 1
        draft.add("nodes", {"name": "skeleton", "children": (first + roots).tolist()})
    for joint, name in enumerate(skeleton.names):
        parent = int(skeleton.parents[joint])
        offset = places[joint] - (places[parent] if parent >= 0 else 0.0)
        children = (first + np.flatnonzero(skeleton.parents == joint)).tolist()
        entry = {"name": name, "translation": offset.astype(np.float32).tolist()}
        draft.add("nodes", entry | ({"children": children} if children else {}))
    inverse = np.tile(np.eye(4, dtype=np.float32), (len(places), 1, 1))
    inverse[:, 3, :3] = -places  # columns follow each other
    joints = list(range(first, first + len(places)))
    matrices = draft.data(inverse.reshape(-1, 16))
    skin = draft.add("skins", {"joints": joints, "inverseBindMatrices": matrices, "skeleton": top})
    for clip in skeleton.clips:
        _write_clip(draft, skeleton, clip, first, places)
    return skin, top


def _write_clip(draft: Draft, skeleton: Skeleton, clip: Clip, first: int, places: Floats) -> None:
    """One animation; joints that do not move in it have no channel."""
    times = draft.data(clip.times.astype(np.float32)[:, None], bounds=True)
    samplers: list[dict[str, int]] = []
    channels: list[dict[str, Any]] = []

    def move(joint: int, path: str, rows: Floats) -> None:
        channels.append({"sampler": len(samplers), "target": {"node": first + joint, "path": path}})
        samplers.append({"input": times, "output": draft.data(rows.astype(np.float32))})

    for joint in range(len(skeleton.names)):
        turns = clip.turns[:, joint]
        if (np.abs(turns[:, 3]) < 1 - 1e-12).any():
            quaternions = np.column_stack([_theirs(turns[:, :3]), turns[:, 3]])
            move(joint, "rotation", _along_short_ways(quaternions))
    if np.abs(clip.shifts).max() > 0 or not channels:
        for root in np.flatnonzero(skeleton.parents < 0).tolist():
            move(root, "translation", places[root] + _theirs(clip.shifts) / 1000.0)
    draft.add("animations", {"name": clip.name, "samplers": samplers, "channels": channels})


def _along_short_ways(quaternions: Floats) -> Floats:
    """Unit quaternions (T, 4), each with the sign that is nearer to the one before."""
    unit = quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)
    flips = np.where((unit[1:] * unit[:-1]).sum(axis=1) < 0, -1.0, 1.0)
    signed: Floats = unit * np.concatenate([[1.0], np.cumprod(flips)])[:, None]
    return signed


def _theirs(rows: Floats) -> Floats:
    """+Z up, front −Y -> +Y up, front +Z."""
    return np.stack([rows[..., 0], rows[..., 2], -rows[..., 1]], axis=-1)


def _ours(rows: Floats) -> Floats:
    """+Y up, front +Z -> +Z up, front −Y."""
    return np.stack([rows[..., 0], -rows[..., 2], rows[..., 1]], axis=-1)


class Joints:
    """The joints that the skins of a scene's meshes name, as one skeleton: parents first."""

    def __init__(self, buffers: Buffers, placed: Sequence[Placed], world: Floats) -> None:
        root = buffers.document.root
        self._buffers, self._world = buffers, world
        self._nodes, skins = root.entries("nodes"), root.entries("skins")
        used = sorted({node.skin for node in placed if node.skin >= 0})
        self._of_skin = {number: skins[number].indices("joints", len(world)) for number in used}
        self._parent = np.full(len(self._nodes), -1)
        for number, node in enumerate(self._nodes):
            self._parent[node.indices("children", len(self._nodes))] = number
        self._order = self._downwards()
        wanted = {joint for joints in self._of_skin.values() for joint in joints}
        rising = all(self._parent[number] < number for number in wanted)
        self.nodes = sorted(wanted) if rising else [number for number in self._order if number in wanted]
        self._row = {number: row for row, number in enumerate(self.nodes)}

    def _downwards(self) -> list[int]:
        """Nodes, each after its parent."""
        children: list[list[int]] = [[] for _ in self._nodes]
        for number, parent in enumerate(self._parent.tolist()):
            if parent >= 0:
                children[parent].append(number)
        order = np.flatnonzero(self._parent < 0).tolist()
        for number in order:
            order.extend(children[number])
        return order

    def rows(self, skin: int, joints: Ints) -> NDArray[Any]:
        """Joints of a skin (N, 4) by their places in the skeleton."""
        table = np.array([self._row[number] for number in self._of_skin[skin]], np.int64)
        return table[np.clip(joints, 0, len(table) - 1)]

    def skeleton(self) -> Skeleton | None:
        """The joints where they stand, and the file's animations; None where no mesh has a skin."""
        if not self.nodes or len(self.nodes) > 65535:
            return None
        parents = np.array([self._above(number) for number in self.nodes])
        places = _ours(self._world[self.nodes][:, :3, 3]) * 1000.0
        if not np.isfinite(places).all():
            return None
        names = tuple(self._nodes[number].name() or f"joint {row}" for row, number in enumerate(self.nodes))
        clips, keys = [], 0
        for number, entry in enumerate(self._buffers.document.root.entries("animations")):
            tracks = self._tracks(entry)
            times = np.unique(np.concatenate([np.zeros(0), *(track[2] for track in tracks)]))
            keys += len(times) * len(self._nodes)
            if not len(times) or keys > _MOST_KEYS:
                note(f"left out the animation {entry.name()[:40] or number}, which moves no joint or is too long")
                continue
            clips.append(self._clip(entry.name() or f"clip {number}", times, tracks, parents))
        return Skeleton(names, parents, places, tuple(clips))

    def _above(self, number: int) -> int:
        """The row of the next joint above a node, -1 where there is none."""
        parent = int(self._parent[number])
        while parent >= 0 and parent not in self._row:
            parent = int(self._parent[parent])
        return self._row.get(parent, -1)

    def _tracks(self, entry: Entry) -> list[tuple[int, str, Floats, Floats]]:
        """Node, what moves, times (T,) and values (T, 3 or 4) of an animation's channels."""
        samplers, tracks = entry.entries("samplers"), []
        for channel in entry.entries("channels"):
            target = channel.entry("target")
            node, path = target.index("node", len(self._nodes)), target.text("path")
            sampler = channel.index("sampler", len(samplers))
            if node < 0 or path not in _WIDTHS or sampler < 0:
                continue
            times = self._buffers.floats(self._buffers.accessor_of(samplers[sampler], "input"), 1)[:, 0]
            values = self._buffers.floats(self._buffers.accessor_of(samplers[sampler], "output"), _WIDTHS[path])
            if samplers[sampler].text("interpolation", "LINEAR") == "CUBICSPLINE":
                values = values[1::3]  # between two tangents each
            if len(times) and len(times) == len(values) and (np.diff(times) > 0).all():
                tracks.append((node, path, times, values))
        return tracks

    def _clip(self, name: str, times: Floats, tracks: list[tuple[int, str, Floats, Floats]], parents: Ints) -> Clip:
        """How joints turn against where they stand, whatever axes the file gives them; their stretching is left out."""
        local = np.stack([node_matrix(node) for node in self._nodes])
        moving = np.tile(local, (len(times), 1, 1, 1))
        for node in {track[0] for track in tracks}:
            own = {path: (at, values) for which, path, at, values in tracks if which == node}
            moving[:, node] = _moving_matrices(self._nodes[node], own, times)
        world = np.empty_like(moving)
        for number in self._order:
            parent = int(self._parent[number])
            world[:, number] = moving[:, number] if parent < 0 else world[:, parent] @ moving[:, number]
        now, rest = world[:, self.nodes], self._world[self.nodes]
        turned = _rotations(now[..., :3, :3] @ np.linalg.pinv(rest[:, :3, :3]))  # (T, J, 3, 3)
        above = np.where((parents >= 0)[:, None, None], turned[:, np.maximum(parents, 0)], np.eye(3))
        quaternions = Rotation.from_matrix((np.swapaxes(above, -1, -2) @ turned).reshape(-1, 3, 3)).as_quat()
        turns = quaternions.reshape(len(times), -1, 4)
        ours = np.concatenate([_ours(turns[..., :3]), turns[..., 3:]], axis=-1)
        shifts = _ours(now[:, 0, :3, 3] - rest[0, :3, 3]) * 1000.0
        return Clip(name, times, ours, shifts)


def _rotations(matrices: Floats) -> Floats:
    """The rotation nearest to each matrix (..., 3, 3)."""
    left, _, right = np.linalg.svd(matrices)
    left[..., :, -1] *= np.sign(np.linalg.det(left @ right))[..., None]
    result: Floats = left @ right
    return result


def _moving_matrices(node: Entry, own: dict[str, tuple[Floats, Floats]], times: Floats) -> Floats:
    """A node's matrix at each time, (T, 4, 4)."""
    usual = {"translation": (0.0, 0.0, 0.0), "rotation": (0.0, 0.0, 0.0, 1.0), "scale": (1.0, 1.0, 1.0)}
    rows = {}
    for path, width in _WIDTHS.items():
        if path in own:
            at, values = own[path]
            if path == "rotation":
                values = _along_short_ways(values)
            rows[path] = np.stack([np.interp(times, at, values[:, k]) for k in range(width)], axis=1)
        else:
            rows[path] = np.tile(node.numbers(path, width, usual[path]), (len(times), 1))
    result = np.tile(np.eye(4), (len(times), 1, 1))
    result[:, :3, :3] = Rotation.from_quat(rows["rotation"]).as_matrix() * rows["scale"][:, None, :]
    result[:, :3, 3] = rows["translation"]
    return result
