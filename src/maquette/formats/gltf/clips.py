"""Animations of a glTF file as clips: how joints turn against where they stand. glTF 2.0 §3.11.

What is wrong with an animation costs that animation, never the model.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.core.skeleton import Clip
from maquette.formats.gltf.axes import along_short_ways, ours
from maquette.formats.gltf.buffers import Buffers
from maquette.formats.gltf.document import Entry
from maquette.formats.gltf.scene import node_matrix

_MOST_KEYS = 500_000  # keys times joints and what they hang on, of all clips of a file: 320 MB on the way
_WIDTHS = {"translation": 3, "rotation": 4, "scale": 3}
_SAME = 1e-3  # of lengths and of the skeleton's size: less is rounding
_UNEVEN = "left out how {} tracks of animations jump or curve between their keys; they move evenly"
_APART = "left out how {} clips stretch joints or shift them apart; joints turn, and the root shifts"


@dataclass(frozen=True)
class Bones:
    """The joints of a skeleton among the nodes of a file."""

    nodes: list[Entry]  # (N,) all of the file's
    above: Ints  # (N,) the node each hangs on, -1: none
    chain: list[int]  # joints and all that they hang on, each after what it hangs on
    joints: list[int]  # (J,) nodes
    parents: Ints  # (J,) by place among the joints, -1: none
    world: Floats  # (N, 4, 4) where nodes stand


@dataclass(frozen=True)
class _Track:
    """What one channel moves: a node's translation, rotation or scale, by accessors."""

    node: int
    path: str
    times: int
    values: int
    way: str  # LINEAR, STEP or CUBICSPLINE


def animations_of(root: Entry) -> list[Entry]:
    """A file's animations; none, with a note, where their list is damaged."""
    try:
        return root.entries("animations")
    except BadInput as problem:
        note(f"left out the animations, as {_reason(problem)}")
        return []


def read_clips(buffers: Buffers, bones: Bones) -> tuple[Clip, ...]:
    """The animations that move joints; what clips cannot say is noted, once for the file."""
    reader = _Reader(buffers, bones)
    clips: list[Clip] = []
    for number, entry in enumerate(animations_of(buffers.document.root)):
        name = f"clip {number}"
        try:
            name = entry.name() or name
            clips.append(reader.clip(entry, name))
        except BadInput as problem:
            note(f"left out the animation {name[:40]}, as {_reason(problem)}")
        except (ValueError, np.linalg.LinAlgError):
            note(f"left out the animation {name[:40]}, as its numbers are no movement")
    for what, count in reader.losses.items():
        note(what.format(count))
    return tuple(clips)


def _reason(problem: BadInput) -> str:
    """What is wrong, without where it was noticed and what to do."""
    return str(problem).removeprefix("read-glb: ").partition(";")[0]


class _Reader:
    """Reads one clip after the other; times are read once for the file, however many tracks share them."""

    def __init__(self, buffers: Buffers, bones: Bones) -> None:
        self._buffers, self._bones = buffers, bones
        self._times: dict[int, Floats] = {}
        self._slots = {node: slot for slot, node in enumerate(bones.chain)}
        self._keys_left = _MOST_KEYS
        self.losses: Counter[str] = Counter()

    def clip(self, entry: Entry, name: str) -> Clip:
        """One animation; raises BadInput, ValueError or LinAlgError where it is none for this skeleton."""
        tracks = self._tracks(entry)
        if not tracks:
            raise BadInput("it moves no joint")
        times = np.unique(np.concatenate([self._times[at] for at in sorted({track.times for track in tracks})]))
        keys = len(times) * len(self._bones.chain)
        if keys > self._keys_left:
            raise BadInput(f"its {keys} keys of joints bring the file to over {_MOST_KEYS}")
        moving: dict[int, dict[str, tuple[Floats, Floats]]] = {}
        for track in tracks:
            moving.setdefault(track.node, {})[track.path] = self._times[track.times], self._values(track)
        self._keys_left -= keys
        return self._turns(name, times, moving)

    def _tracks(self, entry: Entry) -> list[_Track]:
        """The channels that move a joint or what it hangs on, with as many values as rising times."""
        samplers, tracks = entry.entries("samplers"), dict[tuple[int, str], _Track]()
        for channel in entry.entries("channels"):
            target = channel.entry("target")
            node, path = target.index("node", len(self._bones.nodes)), target.text("path")
            number = channel.index("sampler", len(samplers))
            if node not in self._slots or path not in _WIDTHS or number < 0:
                continue
            sampler = samplers[number]
            way = sampler.text("interpolation", "LINEAR")
            times, values = (self._buffers.accessor_of(sampler, key) for key in ("input", "output"))
            if times < 0 or values < 0 or not len(self._rising(times)):
                continue
            if self._buffers.count(values) == len(self._times[times]) * (3 if way == "CUBICSPLINE" else 1):
                tracks[node, path] = _Track(node, path, times, values, way)
        return list(tracks.values())

    def _rising(self, accessor: int) -> Floats:
        """Times (T,) in seconds; none where they do not rise."""
        if accessor not in self._times:
            times = self._buffers.floats(accessor, 1)[:, 0]
            self._times[accessor] = times if (np.diff(times) > 0).all() else times[:0]
        return self._times[accessor]

    def _values(self, track: _Track) -> Floats:
        """A track's values, (T, 3 or 4); between two of them they are taken to move evenly."""
        values = self._buffers.floats(track.values, _WIDTHS[track.path])
        if track.way == "CUBICSPLINE":
            values = values[1::3]  # between two tangents each
        if track.path == "rotation":
            if (np.linalg.norm(values, axis=1) < 1e-6).any():
                raise BadInput("one of its rotations has length 0")
            values = along_short_ways(values)
        if track.way != "LINEAR" and (values != values[0]).any():
            self.losses[_UNEVEN] += 1
        return values

    def _turns(self, name: str, times: Floats, moving: dict[int, dict[str, tuple[Floats, Floats]]]) -> Clip:
        """How joints turn against where they stand, whatever axes the file gives them."""
        from scipy.spatial.transform import Rotation

        bones, parents = self._bones, self._bones.parents
        world = np.empty((len(times), len(bones.chain), 4, 4))
        for slot, node in enumerate(bones.chain):
            entry = bones.nodes[node]
            own = _moving_matrices(entry, moving[node], times) if node in moving else node_matrix(entry)
            above = int(bones.above[node])
            world[:, slot] = own if above < 0 else world[:, self._slots[above]] @ own
        now = world[:, [self._slots[node] for node in bones.joints]]
        del world
        rest = bones.world[bones.joints]
        changed = now[..., :3, :3] @ np.linalg.pinv(rest[:, :3, :3])
        turned = _rotations(changed)  # (T, J, 3, 3)
        if np.abs(changed - turned).max() > _SAME or _shift_apart(now[..., :3, 3], rest[:, :3, 3], turned, parents):
            self.losses[_APART] += 1
        upper = np.where((parents >= 0)[:, None, None], turned[:, np.maximum(parents, 0)], np.eye(3))
        quaternions = Rotation.from_matrix((np.swapaxes(upper, -1, -2) @ turned).reshape(-1, 3, 3)).as_quat()
        turns = quaternions.reshape(len(times), -1, 4)
        axes = np.concatenate([ours(turns[..., :3]), turns[..., 3:]], axis=-1)
        return Clip(name, times, axes, ours(now[:, 0, :3, 3] - rest[0, :3, 3]) * 1000.0)


def _shift_apart(now: Floats, rest: Floats, turned: Floats, parents: Ints) -> bool:
    """True when joints at ``now`` (T, J, 3) lie elsewhere than their parents' turns and the first one's shift say."""
    upper = np.maximum(parents, 0)
    hung = now[:, upper] + np.einsum("tjab,jb->tja", turned[:, upper], rest - rest[upper])
    expected = np.where((parents >= 0)[:, None], hung, rest + (now[:, :1] - rest[0]))
    return bool(np.abs(now - expected).max() > _SAME * max(float(np.ptp(rest, axis=0).max()), 1e-3))


def _rotations(matrices: Floats) -> Floats:
    """The rotation nearest to each matrix (..., 3, 3)."""
    left, _, right = np.linalg.svd(matrices)
    left[..., :, -1] *= np.sign(np.linalg.det(left @ right))[..., None]
    result: Floats = left @ right
    return result


def _moving_matrices(node: Entry, own: dict[str, tuple[Floats, Floats]], times: Floats) -> Floats:
    """A node's matrix at each time, (T, 4, 4)."""
    from scipy.spatial.transform import Rotation

    usual = {"translation": (0.0, 0.0, 0.0), "rotation": (0.0, 0.0, 0.0, 1.0), "scale": (1.0, 1.0, 1.0)}
    rows = {}
    for path, width in _WIDTHS.items():
        if path in own:
            at, values = own[path]
            rows[path] = np.stack([np.interp(times, at, values[:, k]) for k in range(width)], axis=1)
        else:
            rows[path] = np.tile(node.numbers(path, width, usual[path]), (len(times), 1))
    result = np.tile(np.eye(4), (len(times), 1, 1))
    result[:, :3, :3] = Rotation.from_quat(rows["rotation"]).as_matrix() * rows["scale"][:, None, :]
    result[:, :3, 3] = rows["translation"]
    return result
