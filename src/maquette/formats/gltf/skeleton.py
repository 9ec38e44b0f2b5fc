"""Skeletons and clips in glTF: joints as nodes, a skin, animations. glTF 2.0 §3.7.3 and §3.11."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.progress import note
from maquette.core.skeleton import Clip, Skeleton
from maquette.formats.gltf.axes import along_short_ways, ours, theirs
from maquette.formats.gltf.buffers import Buffers
from maquette.formats.gltf.clips import Bones, read_clips
from maquette.formats.gltf.draft import Draft
from maquette.formats.gltf.scene import Placed


def write_skeleton(draft: Draft, skeleton: Skeleton) -> tuple[int, int]:
    """Put joints, a skin and clips into a file: the number of the skin, and of the node that all joints hang on.

    That is the root joint; several hang on a node of their own, for a skin's joints need one root (§3.7.3).
    """
    places = theirs(skeleton.places) / 1000.0
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
            quaternions = np.column_stack([theirs(turns[:, :3]), turns[:, 3]])
            move(joint, "rotation", along_short_ways(quaternions))
    if np.abs(clip.shifts).max() > 0 or not channels:
        for root in np.flatnonzero(skeleton.parents < 0).tolist():
            move(root, "translation", places[root] + theirs(clip.shifts) / 1000.0)
    draft.add("animations", {"name": clip.name, "samplers": samplers, "channels": channels})


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
        self._chain = self._upwards(wanted)
        rising = all(self._parent[number] < number for number in self._chain)
        self.nodes = sorted(wanted) if rising else [number for number in self._order if number in wanted]
        self._row = {number: row for row, number in enumerate(self.nodes)}
        self._bare = [node.node for node in placed if node.skin < 0]

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

    def _upwards(self, joints: set[int]) -> list[int]:
        """Joints and all nodes that they hang on, each after what it hangs on."""
        chain: set[int] = set()
        for joint in joints:
            number = joint
            while number >= 0 and number not in chain:
                chain.add(number)
                number = int(self._parent[number])
        return [number for number in self._order if number in chain]

    def rows(self, skin: int, joints: Ints) -> NDArray[Any]:
        """Joints of a skin (N, 4) by their places in the skeleton."""
        table = np.array([self._row[number] for number in self._of_skin[skin]], np.int64)
        return table[np.clip(joints, 0, len(table) - 1)]

    def skeleton(self) -> Skeleton | None:
        """The joints where they stand, and the file's animations; None where no mesh has a skin."""
        if not self.nodes or len(self.nodes) > 65535:
            return None
        parents = np.array([self._above(number) for number in self.nodes])
        places = ours(self._world[self.nodes][:, :3, 3]) * 1000.0
        if not np.isfinite(places).all():
            return None
        names = tuple(self._nodes[number].name() or f"joint {row}" for row, number in enumerate(self.nodes))
        hung = sum(number in self._row or self._above(number) >= 0 for number in self._bare)
        if hung:
            note(f"left out that {hung} meshes without a skin hang on joints; they stay where they are when those move")
        bones = Bones(self._nodes, self._parent, self._chain, self.nodes, parents, self._world)
        return Skeleton(names, parents, places, read_clips(self._buffers, bones))

    def _above(self, number: int) -> int:
        """The row of the next joint above a node, -1 where there is none."""
        parent = int(self._parent[number])
        while parent >= 0 and parent not in self._row:
            parent = int(self._parent[parent])
        return self._row.get(parent, -1)
