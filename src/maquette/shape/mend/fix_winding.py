"""Fix winding: every face turned so that its outside is outside."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.geometry.inside.parts import areas_by, outermost
from maquette.geometry.orientation import Agreement, agreement, capped_volumes
from maquette.geometry.topology import edges
from maquette.registry import stage

# Below this volume, against area^1.5, an open patch has no inside to speak of (a plate 1/350 as thick as wide).
_FLAT = 1e-3


@stage
def fix_winding(asset: Asset) -> Asset:
    """Turn faces so that neighbours agree and the outside faces outward.

    Neighbours are made to agree over every edge that joins exactly two faces, turning as little area as possible.
    Then each closed part is turned so that it encloses a positive volume. A part inside another one turns along with
    the outermost part around it, so a cavity stays a cavity and a solid inside a solid stays solid. An open part is
    judged as if its openings were closed; a flat sheet has no outside and keeps the winding most of it has. A one-sided
    part (like a Moebius strip) cannot be wound and is left alone with a note. Corners keep their uv.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        return asset
    patches = agreement(mesh.vertices, mesh.faces)
    progress(0.5, "winding the faces alike")
    turn = patches.turn.copy()
    agreed = mesh.flipped(turn) if turn.any() else mesh
    volume = capped_volumes(agreed.vertices, agreed.faces, patches.patch, patches.count)
    inside_out = _inside_out(agreed, patches, volume)
    turn ^= inside_out[patches.patch]
    if patches.one_sided.any():
        faces = int(patches.one_sided[patches.patch].sum())
        note(f"left {int(patches.one_sided.sum())} one-sided parts ({faces} faces) as they were; they have no outside")
    if not turn.any():
        return asset
    note(f"turned {int(turn.sum())} of {len(turn)} faces")
    return asset.with_mesh(mesh.flipped(turn))


def _inside_out(agreed: Mesh, patches: Agreement, volume: Floats) -> np.ndarray:
    """Which patches to turn as a whole, (P,) bool."""
    area = areas_by(patches.patch, agreed.vertices, agreed.faces, patches.count)
    closed = _closed_patches(agreed, patches)
    wrong = volume < 0
    wrong[~closed & (np.abs(volume) < _FLAT * area**1.5)] = False
    wrong[patches.one_sided] = False
    if not (wrong & closed).any() or closed.sum() < 2:
        return wrong
    number = np.cumsum(closed) - 1  # closed patches among themselves
    mine = closed[patches.patch]
    root = outermost(agreed.vertices, agreed.faces[mine], number[patches.patch[mine]], np.abs(volume[closed]))
    wrong[closed] = (volume[closed] < 0)[root]
    return wrong


def _closed_patches(agreed: Mesh, patches: Agreement) -> np.ndarray:
    """Which patches have no open and no crowded edge, (P,) bool."""
    edge = edges(agreed.faces)
    ragged = patches.patch[np.flatnonzero(edge.count[edge.of_half] != 2) // 3]
    closed = ~patches.one_sided
    closed[ragged] = False
    return closed
