"""Attached: handles, spouts, feet, straws: what of the outline a simple solid leaves over, as round limbs."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats
from maquette.generate.guess.input import NEAREST, Pixels
from maquette.generate.guess.volume import Field
from maquette.geometry.flat.detail import blur_within

_ATTACHED = 0.004  # of the mask: smaller leftovers are no handles
SLIVER = 0.025  # half windows: leftovers that are thinner than twice that are no parts of turned things either
_GAP = 0.02  # half windows: leftovers nearer to the solid than this are inaccuracy
_OWN = 3.0  # half cells that distances counted in cells may differ from the outline's own
_BESIDE = 0.02  # half windows: no deeper outside than this
_EVEN = 2.0  # cells along a limb over which its thickness is evened out


def attachments(body: Field, solid: Pixels, middle: Floats, up: Floats, sliver: float = SLIVER) -> tuple[Pixels, float]:
    """What of the mask a solid leaves over, as a field (D, R, R) in half windows, and its share of the mask.

    ``solid`` (D, R, R) is above 0 where the solid is. The leftovers are blown up about the plane through
    ``middle`` (3,) that holds the axis ``up`` (3,) and faces the viewer. What is nowhere deeper than ``sliver``, half
    windows, is none.
    """
    from scipy.ndimage import binary_dilation, distance_transform_edt, label

    mask = body.outline > 0
    covered = (solid > 0).any(axis=0)
    beside = distance_transform_edt(~covered) * (2 / len(mask))
    left = mask & (beside > _GAP)
    parts, count = label(left)
    sizes = np.bincount(parts.ravel())[1:] if count else np.zeros(0)
    large = np.flatnonzero(sizes > _ATTACHED * mask.sum()) + 1
    if not len(large):
        return np.full(solid.shape, -1, np.float32), 0.0
    deep = distance_transform_edt(left) * (2 / len(mask))
    large = large[[deep[parts == part].max() > sliver for part in large]]
    if not len(large):
        return np.full(solid.shape, -1, np.float32), 0.0
    kept = np.isin(parts, large)
    reach = max(1, round(0.06 * len(mask)))
    grown = mask & binary_dilation(kept, iterations=reach)
    inward = distance_transform_edt(np.pad(grown, 1))[1:-1, 1:-1] * (2 / len(mask)) - 1 / len(mask)
    edge = np.minimum(inward, np.maximum(body.outline, 0))
    own = np.abs(inward - body.outline) < _OWN / len(mask)  # the outline is the limb's own there, to parts of a cell
    edge = np.where(own & grown, np.maximum(body.outline, 0), edge)
    radius = limb_radius(edge, grown)
    side = len(mask)
    axis = (np.arange(side) + 0.5) * (2 / side) - 1
    sideways = up[:2] / max(float(np.linalg.norm(up[:2])), 1e-9)
    along = (axis[None, :] - middle[0]) * sideways[0] + (axis[:, None] - middle[1]) * sideways[1]
    plane = middle[2] + along * up[2] / max(float(np.linalg.norm(up[:2])), 1e-9)
    depth = ((np.arange(len(solid)) + 0.5) * (2 / side) + NEAREST)[:, None, None]
    rim = np.where(mask, -_BESIDE, np.maximum(body.outline, -_BESIDE))
    values = radius - np.hypot(radius - np.where(grown, edge, rim), depth - plane)  # of a circle across the strip
    return values.astype(np.float32), float(kept.sum() / max(mask.sum(), 1))


def round_limbs(edge: Floats, grown: Bools) -> Floats:
    """Half thickness (R, R) of round limbs over a mask: a circle across a strip, from the distance to its edge."""
    radius = limb_radius(edge, grown)
    half: Floats = np.sqrt(np.maximum(radius**2 - np.maximum(radius - edge, 0) ** 2, 0)) * grown
    return half


def limb_radius(edge: Floats, grown: Bools) -> Floats:
    """How far it is to the edge in the middle of the strip that each place of a mask belongs to, evened out, (R, R)."""
    from scipy.ndimage import distance_transform_edt, maximum_filter

    inside = grown.astype(np.float64)
    ridge = (edge >= maximum_filter(edge, 3) - 1e-9) & grown
    if not ridge.any():
        return np.zeros_like(edge)
    place = distance_transform_edt(~ridge, return_distances=False, return_indices=True)
    radius: Floats = np.maximum(blur_within(edge[tuple(place)], inside, _EVEN), edge)  # or its steps would be rings
    return radius
