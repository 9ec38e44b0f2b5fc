"""Lines drawn from geometry, as a draughtsman would: outlines, folds, borders of parts. No picture is searched for.

A line is where neighbouring pixels show surfaces that do not continue each other. It is found at three times the size
and averaged, so that it has soft edges and any width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Singles
from maquette.core.camera import Camera
from maquette.render.color import Colors
from maquette.render.passes.buffers import Buffers, look_through, own_color, part_of
from maquette.render.scene import Scene

_FINE = 3
_PAIRS = ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:]))
_COLOR_STEP = 0.12  # of gamma-2 color between neighbours on two faces


@dataclass(frozen=True)
class Strokes:
    """How much ink lies on each pixel, (H, W) 0..1: the outline, and lines within."""

    outline: Singles
    inner: Singles


def strokes(
    scene: Scene, camera: Camera, size: tuple[int, int], width_px: float = 1.5, fold_deg: float = 32.0
) -> Strokes:
    """The lines of a view, ``size`` (width, height): outlines ``width_px`` wide, inner ones two thirds of it."""
    width, height = size
    buffers = look_through(scene, camera, width * _FINE, height * _FINE)
    outline, inner = border_masks(scene, buffers, fold_deg)
    pen = width_px * _FINE / 2
    return Strokes(_ink(outline, pen), _ink(inner & ~_wide(outline, 1.0), pen * 0.66))


def border_masks(scene: Scene, buffers: Buffers, fold_deg: float) -> tuple[Bools, Bools]:
    """Pixels (H, W) beside an outline (of the whole, or of what stands before other things), and beside inner lines."""
    label, mask = part_of(scene, buffers), buffers.mask
    tint = np.sqrt(np.maximum(own_color(scene, buffers), 0))
    outline, inner = np.zeros(mask.shape, bool), np.zeros(mask.shape, bool)
    pixel = _side(buffers)
    for one, other in _PAIRS:
        both = mask[one] & mask[other]
        edge = mask[one] != mask[other]
        between = buffers.point[other] - buffers.point[one]
        facing = np.minimum(
            np.abs(np.einsum("hwc,hwc->hw", between, buffers.normal[one])),
            np.abs(np.einsum("hwc,hwc->hw", between, buffers.normal[other])),
        )
        edge |= both & (facing > 2.5 * pixel) & (np.linalg.norm(between, axis=2) > 6 * pixel)
        bend = np.einsum("hwc,hwc->hw", buffers.normal[one], buffers.normal[other])
        line = both & ((bend < np.cos(np.radians(fold_deg))) | (label[one] != label[other]))
        line |= both & (buffers.face[one] != buffers.face[other]) & _differs(tint[one], tint[other])
        for place in (one, other):
            outline[place] |= edge
            inner[place] |= line & ~edge
    return outline, inner


def _differs(one: Colors, other: Colors) -> Bools:
    """Where two pictures' colors are steps apart."""
    steps: Bools = np.abs(one - other).max(axis=2) > _COLOR_STEP
    return steps


def _side(buffers: Buffers) -> float:
    """A pixel's side on the model, mm."""
    camera, height = buffers.camera, buffers.face.shape[0]
    middle = float(np.median(buffers.depth[buffers.mask])) if buffers.mask.any() else 1.0
    return float(camera.span / height * (middle if camera.projection == "perspective" else 1.0))


def _wide(mask: Bools, radius: float) -> Bools:
    """A mask with everything that lies nearer than ``radius`` pixels."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return mask
    result: Bools = distance_transform_edt(~mask) <= radius
    return result


def _ink(mask: Bools, radius: float) -> Singles:
    """A fine mask drawn with a pen of that radius, averaged to pixels."""
    fine = _wide(mask, max(radius - 0.5, 0.0)).astype(np.float32)
    height, width = (side // _FINE for side in fine.shape)
    result: Singles = fine.reshape(height, _FINE, width, _FINE).mean(axis=(1, 3), dtype=np.float32)
    return result
