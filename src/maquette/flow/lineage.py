"""Which step of a run made the shape: size, turn and place come later, and much that is known outlives them."""

from __future__ import annotations

import numpy as np

from maquette.core.asset import Asset
from maquette.flow.engine.run import Run

_SAME = 1e-9  # of the diagonal: rounding


def shape_name(asset: Asset, run: Run | None) -> str:
    """A name of the asset's shape, whatever its size and place: of the first step since which nothing else changed.

    The asset's own digest where no run is known, or the result is another asset.
    """
    if run is None:
        return asset.digest
    name, step, later = asset.digest, run.recipe.result, asset
    while step in run.recipe.steps and run.recipe.stage_of(step).output is Asset:
        earlier: Asset = run.values[step]
        if not is_similar(earlier, later):
            break
        name, later = run.keys[step], earlier
        step = run.recipe.steps[step].sources[0]
    return name


def is_similar(one: Asset, other: Asset) -> bool:
    """Whether two assets are the same but for an even scale and a shift, and for what does not show (camera, title).

    Turned ones are not: pictures and what stands below differ.
    """
    if not _same_but_for_vertices(one, other):
        return False
    old, new = one.mesh.vertices, other.mesh.vertices
    if old is new or not len(old):
        return True
    spread = float(np.linalg.norm(old - old.mean(axis=0)))
    scale = float(np.linalg.norm(new - new.mean(axis=0))) / spread if spread else 1.0
    shift = new.mean(axis=0) - scale * old.mean(axis=0)
    return bool(np.abs(scale * old + shift - new).max() <= _SAME * max(other.mesh.diagonal, 1e-300))


def _same_but_for_vertices(one: Asset, other: Asset) -> bool:
    """Faces, everything that rides on them, and materials are equal."""
    if one.materials != other.materials or one.part_names != other.part_names:
        return False
    if one.mesh.vertices.shape != other.mesh.vertices.shape:
        return False
    return one.mesh.replace(vertices=other.mesh.vertices) == other.mesh
