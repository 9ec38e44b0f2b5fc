"""Smooth: noise and stair steps go, size stays."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.progress import note, progress
from maquette.geometry.smoothing import on_border, opposite_step, refilled, umbrella
from maquette.registry import stage


@stage
def smooth(
    asset: Asset,
    *,
    iterations: Annotated[
        int, Field(ge=0, le=500, description="pairs of steps, one in and one out; more is smoother")
    ] = 10,
    step: Annotated[
        float, Field(gt=0, le=0.9, description="share of the way to the neighbours' mean in one step")
    ] = 0.5,
    pass_band: Annotated[
        float, Field(gt=0, le=0.5, description="waves below this frequency stay (0: flat, 2: every vertex up or down)")
    ] = 0.1,
) -> Asset:
    """Even out noise and stair steps without shrinking the model.

    Moves vertices and changes nothing else; borders and crowded edges stay where they are. Each pair of steps smooths
    and then grows back by a little more, so that waves below the pass band keep their height. What closed parts enclose
    is kept to a thousandth by a last even offset; a part that has too few vertices for that, as a plain box, is left.
    Sharp edges are rounded.

    Taubin 1995, "A signal processing approach to fair surface design".
    """
    mesh = asset.mesh
    if not iterations or not len(mesh.faces):
        return asset
    before = mesh.vertices
    pinned = on_border(mesh.faces, len(before))
    pull = umbrella(mesh.faces, len(before), pinned)
    steps = (step, opposite_step(step, pass_band))
    moved = before
    for round_number in range(iterations):
        progress(round_number / iterations, "smoothing")
        for share in steps:
            moved = moved + share * (pull @ moved)
    moved, spoilt = refilled(before, moved, mesh.faces, pinned)
    if spoilt:
        note(f"left {spoilt} parts as they were; they have too few vertices to be smoothed")
    note(f"moved vertices by up to {np.linalg.norm(moved - before, axis=1).max():.3g} mm")
    return asset.with_mesh(mesh.with_vertices(moved))
