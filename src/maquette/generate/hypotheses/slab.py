"""Slab: a flat thing of even thickness with a bevel, alike in front and behind: tools, keys, badges, leaves.

One that lies on a table, seen from aside, lies in a plane that leans away from the viewer: it is made there, where it
is not foreshortened, and put upright.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats
from maquette.generate.guess.input import Pixels, enlarge
from maquette.generate.guess.network import Guess
from maquette.generate.guess.volume import Field
from maquette.generate.hypotheses.proposal import Proposal, elevation_of

_SAID = 0.7  # of the network's median thickness, which is that of round things
_PLAUSIBLE = (0.2, 0.7)  # thickness over the width of the widest part
_THINNEST, _THICKEST = 0.05, 0.8  # half windows
_BEVEL, _WIDEST_BEVEL = 0.3, 0.08  # of the thickness; half windows
_LEANS, _MOST = np.radians(20), np.radians(55)  # a plane that leans less is taken for square on; more is no plane
_FLAT = (1.0, 0.3, 0.2, 0.15, 0.1, 0.1)  # half windows beside the plane that halve a place's word, round by round


def slab(body: Field, guess: Guess) -> Proposal:
    """The outline as a plate: as thick as its widest part suggests, its edges rounded, in the plane where it lies."""
    inside = guess.mask >= 0.5
    said = float(np.median((guess.back - guess.front)[inside])) if inside.any() else 0.0
    thick = float(np.clip(_SAID * said, *(2 * float(body.outline.max()) * np.array(_PLAUSIBLE))))
    thick = float(np.clip(thick, _THINNEST, _THICKEST))
    normal, offset = plane_of(body, guess)
    lean = float(np.arccos(np.clip(normal[2], -1, 1)))
    if not _LEANS < lean < _MOST:
        normal, offset, lean = np.array([0.0, 0.0, 1.0]), thick / 2, 0.0
    points = body.centers()
    off = points @ normal - offset
    foot = points - np.outer(off + (0.0 if lean else thick / 2), normal)  # walls run square to the plane
    inward = body.plane_at(body.outline, foot, -1.0).astype(np.float32).reshape(body.values.shape)
    away = np.abs(off).astype(np.float32).reshape(body.values.shape)
    values = np.minimum(_half_thickness(inward, thick) - away, inward)
    if lean:
        values = np.minimum(values, body.outline)
    axis = (np.arange(body.resolution) + 0.5) * (2 / body.resolution) - 1
    across = axis[None, :] * normal[0] + axis[:, None] * normal[1]
    level = (offset - across) / (normal[2] + across / body.eye)  # the depth at which rays meet the plane
    front = np.where(body.outline > 0, level - _half_thickness(body.outline, thick) / normal[2], body.front)
    field = Field(np.clip(values / np.float32(body.cell), -6, 6).astype(np.float32), front.astype(np.float32),
                  body.outline, guess.eye, body.cell)  # fmt: skip
    words = f"a flat thing {thick / 2 * guess.window.side:.0f} px thick"
    words += f" that leans back by {np.degrees(lean):.0f} degrees" if lean else ""
    middle = np.array([0.0, 0.0, offset / normal[2]])
    numbers = {"thickness": thick, "above": elevation_of(guess), "widest": float(body.outline.max()),
               "lean": float(np.degrees(lean)),
               "said": said / max(2 * float(body.outline.max()), 1e-6)}  # fmt: skip
    up = np.array([0.0, -1.0, 0.0]) + normal[1] * normal
    return Proposal(
        "slab", field, up / np.linalg.norm(up), middle, words, numbers, two_sided=True, facing=-normal if lean else None
    )


def plane_of(body: Field, guess: Guess) -> tuple[Floats, float]:
    """Normal (3,) away from the viewer and offset of the plane through the middles between front and back."""
    rows, columns = np.nonzero(body.outline > 0)
    if len(rows) < 20:
        return np.array([0.0, 0.0, 1.0]), 0.0
    axis = (np.arange(body.resolution) + 0.5) * (2 / body.resolution) - 1
    depth = enlarge((guess.front + guess.back) / np.float32(2), body.resolution)[rows, columns].astype(np.float64)
    deep = 1 + depth / body.eye
    a = np.column_stack([axis[columns] * deep, axis[rows] * deep, np.ones(len(rows))])
    weight, slopes = np.ones(len(rows)), np.zeros(3)
    for flat in _FLAT:
        square = (a * weight[:, None]).T @ a + np.diag([0.004, 0.004, 0.0]) * weight.sum()
        slopes = np.linalg.solve(square, (a * weight[:, None]).T @ depth)
        weight = 1 / (1 + ((depth - a @ slopes) / flat) ** 2)
    normal = np.array([-slopes[0], -slopes[1], 1.0])
    length = float(np.linalg.norm(normal))
    return normal / length, float(slopes[2] / length)


def _half_thickness(outline: Pixels, thick: float) -> Pixels:
    """Half the plate's thickness (R, R): a quarter of a circle from the outline inward, then level."""
    bevel = min(_BEVEL * thick, _WIDEST_BEVEL)
    inward = np.clip(outline / bevel, 0, 1)
    half: Pixels = (thick / 2 - bevel + bevel * np.sqrt(np.maximum(1 - (1 - inward) ** 2, 0))).astype(np.float32)
    return half  # beyond the outline as at it, so that walls lie where the outline is and not beside it
