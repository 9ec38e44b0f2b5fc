"""Smooth: noise and stair steps go, size and small features stay."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.remake.denoising import following, mix_normals, surroundings
from maquette.geometry.remake.smoothing import on_border, opposite_step, restore_volume, umbrella
from maquette.geometry.surface import face_normals
from maquette.registry import stage


@stage(version=2)
def smooth(
    asset: Asset,
    *,
    against: Annotated[
        Literal["noise", "steps"],
        Field(description="noise: edges and small features stay; steps: stairs go too, and edges are rounded"),
    ] = "noise",
    iterations: Annotated[int, Field(ge=0, le=500, description="rounds of smoothing; more is smoother")] = 10,
    edge_deg: Annotated[
        float, Field(gt=0, le=90, description="against noise: bends well above this angle are edges and stay")
    ] = 20.0,
    step: Annotated[
        float, Field(gt=0, le=0.9, description="against steps: share of the way to the neighbours' mean in one step")
    ] = 0.5,
    pass_band: Annotated[
        float,
        Field(gt=0, le=0.5, description="against steps: slower waves stay (0: flat, 2: every vertex up or down)"),
    ] = 0.1,
    max_move_mm: Annotated[
        float | None, Field(ge=0, description="no vertex goes farther than this; none: as far as it must")
    ] = None,
) -> Asset:
    """Even out noise without eating edges and small features, or stair steps, and keep the model's volume.

    Moves vertices and changes nothing else; borders and crowded edges stay where they are. Against noise, face normals
    are mixed with those around that are like them and vertices follow (Zheng, Fu, Au, Tai 2011, "Bilateral normal
    filtering for mesh denoising"). Against steps, each round smooths and then grows back by a little more, so that
    waves below the pass band keep their height (Taubin 1995, "A signal processing approach to fair surface design");
    what is only a few edges wide goes with the steps. What closed parts enclose is kept to a thousandth by a last even
    offset, unless ``max_move_mm`` stands against it; a part that has too few vertices, as a plain box, is left.
    """
    mesh = asset.mesh
    if not iterations or not len(mesh.faces):
        return asset
    before = mesh.vertices
    pinned = on_border(mesh.faces, len(before))
    if against == "noise":
        moved = _without_noise(mesh, pinned, iterations, 2 * float(np.sin(np.radians(edge_deg) / 2)))
    else:
        moved = _without_steps(mesh, pinned, iterations, (step, opposite_step(step, pass_band)))
    moved, spoilt = restore_volume(before, moved, mesh.faces, pinned)
    if spoilt:
        note(f"left {spoilt} parts as they were; they have too few vertices to be smoothed")
    length = np.linalg.norm(moved - before, axis=1)
    if max_move_mm is not None and (length > max_move_mm).any():
        note(f"held {int((length > max_move_mm).sum())} vertices back at {max_move_mm:g} mm")
        share = np.minimum(1.0, max_move_mm / np.maximum(length, 1e-300))
        moved = before + share[:, None] * (moved - before)
    note(f"moved vertices by up to {figures(np.linalg.norm(moved - before, axis=1).max())} mm")
    return asset.with_mesh(mesh.with_vertices(moved))


def _without_noise(mesh: Mesh, pinned: np.ndarray, iterations: int, likeness: float) -> Floats:
    """Bilateral normals, then vertices that follow them."""
    around = surroundings(mesh.vertices, mesh.faces)
    normals = face_normals(mesh.vertices, mesh.faces)
    for round_number in range(iterations):
        progress(round_number / iterations, "smoothing")
        normals = mix_normals(normals, around, likeness)
    return following(mesh.vertices, mesh.faces, normals, pinned)


def _without_steps(mesh: Mesh, pinned: np.ndarray, iterations: int, steps: tuple[float, float]) -> Floats:
    """Taubin's pairs of steps."""
    pull = umbrella(mesh.faces, len(mesh.vertices), pinned)
    moved = mesh.vertices
    for round_number in range(iterations):
        progress(round_number / iterations, "smoothing")
        for share in steps:
            moved = moved + share * (pull @ moved)
    return moved
