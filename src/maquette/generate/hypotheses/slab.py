"""Slab: a flat thing of even thickness with a bevel, alike in front and behind: tools, keys, badges, leaves."""

from __future__ import annotations

import numpy as np

from maquette.generate.guess.input import Pixels
from maquette.generate.guess.network import Guess
from maquette.generate.guess.volume import Field
from maquette.generate.hypotheses.proposal import Proposal, elevation_of

_SAID = 0.7  # of the network's median thickness, which is that of round things
_PLAUSIBLE = (0.2, 0.7)  # thickness over the width of the widest part
_THINNEST, _THICKEST = 0.05, 0.8  # half windows
_BEVEL, _WIDEST_BEVEL = 0.3, 0.08  # of the thickness; half windows


def slab(body: Field, guess: Guess) -> Proposal:
    """The outline as a plate: as thick as its widest part suggests, its edges rounded, square to the line of sight."""
    inside = guess.mask >= 0.5
    said = float(np.median((guess.back - guess.front)[inside])) if inside.any() else 0.0
    thick = float(np.clip(_SAID * said, *(2 * float(body.outline.max()) * np.array(_PLAUSIBLE))))
    thick = float(np.clip(thick, _THINNEST, _THICKEST))
    points = body.centers()
    straight = points * [1.0, 1.0, 0.0]  # on the front's plane at depth 0: walls run square to it, not along the rays
    inward = body.plane_at(body.outline, straight, -1.0).astype(np.float32).reshape(body.values.shape)
    half = _half_thickness(body.outline, thick)
    depth = points[:, 2].astype(np.float32).reshape(body.values.shape)
    values = np.minimum(_half_thickness(inward, thick) - np.abs(depth - thick / 2), inward) / np.float32(body.cell)
    front = np.where(body.outline > 0, thick / 2 - half, body.front).astype(np.float32)
    field = Field(np.clip(values, -6, 6).astype(np.float32), front, body.outline, guess.eye, body.cell)
    words = f"a flat thing {thick / 2 * guess.window.side:.0f} px thick"
    middle = np.array([0.0, 0.0, thick / 2])
    numbers = {"thickness": thick, "above": elevation_of(guess), "widest": float(body.outline.max())}
    return Proposal("slab", field, np.array([0.0, -1.0, 0.0]), middle, words, numbers, two_sided=True)


def _half_thickness(outline: Pixels, thick: float) -> Pixels:
    """Half the plate's thickness (R, R): a quarter of a circle from the outline inward, then level."""
    bevel = min(_BEVEL * thick, _WIDEST_BEVEL)
    inward = np.clip(outline / bevel, 0, 1)
    half: Pixels = (thick / 2 - bevel + bevel * np.sqrt(np.maximum(1 - (1 - inward) ** 2, 0))).astype(np.float32)
    return half  # beyond the outline as at it, so that walls lie where the outline is and not beside it
