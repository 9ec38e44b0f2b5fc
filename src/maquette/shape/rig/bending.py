"""A rigged model in a pose, and how well it bends: volume, edges, and faces that run through each other."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.skeleton import Clip, Skeleton, skin_of
from maquette.geometry.rigging.skinning import joint_moves, move_vertices
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges

_CROSSINGS = 60_000  # faces up to which self-intersections are counted


def vertices_in(asset: Asset, turns: Floats, shift: Floats) -> Floats:
    """Vertices (V, 3) with joints turned (J, 4) and the root shifted (3,)."""
    skin = skin_of(asset.mesh.channels)
    if asset.skeleton is None or skin is None:
        raise CannotDo("pose: the model has no skeleton; give it one with rig")
    skeleton = asset.skeleton
    moves = joint_moves(skeleton.parents, skeleton.places, turns, shift)
    return move_vertices(asset.mesh.vertices, *skin, moves)


def clip_named(skeleton: Skeleton, name: str) -> Clip | None:
    """The clip of this name, None where there is none."""
    return next((clip for clip in skeleton.clips if clip.name == name), None)


def moment(clip: Clip, at: float) -> tuple[Floats, Floats]:
    """Turns (J, 4) and the shift (3,) at a share 0..1 of a clip; between keys the short way round."""
    times = clip.times
    when = times[0] + at * (times[-1] - times[0])
    if len(times) == 1:
        return clip.turns[0], clip.shifts[0]
    after = int(np.clip(np.searchsorted(times, when, side="right"), 1, len(times) - 1))
    share = float(np.clip((when - times[after - 1]) / (times[after] - times[after - 1]), 0, 1))
    one, two = clip.turns[after - 1], clip.turns[after]
    near = np.where((one * two).sum(axis=1, keepdims=True) < 0, -two, two)
    turns = one + share * (near - one)
    shift = clip.shifts[after - 1] + share * (clip.shifts[after] - clip.shifts[after - 1])
    return turns / np.linalg.norm(turns, axis=1, keepdims=True), shift


def worst_frame(asset: Asset) -> Floats:
    """Vertices (V, 3) in the frame of the walk, or of the first clip, that moves the joints farthest from rest."""
    assert asset.skeleton is not None
    clip = clip_named(asset.skeleton, "walk") or asset.skeleton.clips[0]
    away = (1 - np.abs(clip.turns[:, 1:, 3])).sum(axis=1)
    key = int(away.argmax())
    return vertices_in(asset, clip.turns[key], clip.shifts[key])


def bend_words(mesh: Mesh, posed: Floats) -> str:
    """What bending does to a mesh, in words."""
    before, after = signed_volume(mesh.vertices, mesh.faces), signed_volume(posed, mesh.faces)
    ends = edges(mesh.faces).ends
    old, new = (np.linalg.norm(at[ends[:, 0]] - at[ends[:, 1]], axis=1) for at in (mesh.vertices, posed))
    ratio = new[old > 0] / old[old > 0]
    low, high = np.quantile(ratio, [0.01, 0.99])
    volume = f"volume {after / before - 1:+.1%}, " if abs(before) > 0 else ""
    text = f"bent most: {volume}98 of 100 edges at {low:.0%} to {high:.0%} of their length"
    if len(mesh.faces) > _CROSSINGS:
        return text
    from maquette.geometry.inside.intersections import intersecting_pairs

    pairs = [len(intersecting_pairs(at, mesh.faces, limit=20_000).pairs) for at in (mesh.vertices, posed)]
    return f"{text}, {pairs[1]} pairs of faces cross where {pairs[0]} did at rest"
