"""One quantity a picture: depth, normals, position, parts, color, what was seen, lines, bends, corners in shade."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from maquette.core.arrays import Bools, Floats, Singles
from maquette.core.camera import Camera
from maquette.core.errors import CannotDo
from maquette.render.color import ramp_colors, to_srgb
from maquette.render.lighting import Rig, visibility
from maquette.render.passes.buffers import Buffers, look_through, own_color, part_of
from maquette.render.passes.lines import border_masks
from maquette.render.scene import Scene

Quantity = Literal[
    "depth",
    "normals",
    "position",
    "part",
    "albedo",
    "roughness",
    "occlusion",
    "shadow",
    "seen",
    "outline",
    "curvature",
]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
_GOLDEN = 0.61803398875


def measure(scene: Scene, camera: Camera, width: int, height: int, kind: Quantity) -> tuple[Singles, Bools]:
    """The numbers themselves, (H, W) or (H, W, 3), and where they hold (H, W).

    Depth in millimetres along the view; normals in the world's frame; position in millimetres; part as numbers from 0;
    albedo and roughness linear 0..1; occlusion 1 where the whole sky is seen;
    shadow 1 where the studio's key lamp is seen whole, 0 where it is hidden; seen 1 where the photo showed it; outline
    1 on lines; curvature 1/mm, positive where the surface bulges.
    """
    if kind == "seen" and scene.mesh.seen is None:
        raise CannotDo("render-pass: this asset does not know what a photo showed of it; choose another kind")
    buffers = look_through(scene, camera, width, height)
    return _numbers(scene, camera, buffers, kind).astype(np.float32), buffers.mask


def _numbers(scene: Scene, camera: Camera, buffers: Buffers, kind: Quantity) -> Floats | Singles:
    """The picture of one quantity."""
    from maquette.render.surfaces import textured_surface

    samples = buffers.samples
    if kind == "depth":
        return buffers.depth
    if kind == "normals":
        return buffers.normal
    if kind == "position":
        return buffers.point
    if kind == "part":
        return part_of(scene, buffers).astype(np.float64)
    if kind == "albedo":
        return own_color(scene, buffers)
    if kind == "roughness":
        return buffers.spread(textured_surface(scene, samples).roughness)
    if kind == "seen":
        assert scene.mesh.seen is not None
        return buffers.spread(np.clip(scene.of_vertices(scene.mesh.seen, samples), 0, 1))
    if kind == "curvature":
        return curvature(buffers)
    if kind == "outline":
        outline, inner = border_masks(scene, buffers, 32.0)
        return (outline | inner).astype(np.float64)
    row, column = np.divmod(samples.pixel, buffers.face.shape[1])
    start = samples.point + samples.normal * (20 * scene.tracer.step)
    reached = visibility(scene, Rig.around(camera), start, samples.normal, row, column)
    return buffers.spread(reached[:, 1 if kind == "shadow" else 0])


def curvature(buffers: Buffers) -> Floats:
    """How fast the normal turns along the surface between neighbouring pixels, 1/mm (H, W); a ball of r has 1/r."""
    total, count = np.zeros(buffers.face.shape), np.zeros(buffers.face.shape)
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        between = buffers.point[other] - buffers.point[one]
        squared = np.einsum("hwc,hwc->hw", between, between)
        turn = np.einsum("hwc,hwc->hw", buffers.normal[other] - buffers.normal[one], between)
        both = buffers.mask[one] & buffers.mask[other] & (squared > 0)
        bend = np.divide(turn, squared, out=np.zeros_like(turn), where=both)
        for place in (one, other):
            total[place] += bend
            count[place] += both
    mean: Floats = total / np.maximum(count, 1)
    return mean


def as_colors(numbers: Singles, mask: Bools, kind: Quantity) -> Singles:
    """Numbers as sRGB colors 0..1 (H, W, 3) that a person can read; black where there is nothing."""
    if kind == "albedo":
        shown = to_srgb(numbers)
    elif kind == "normals":
        shown = (numbers * 0.5 + 0.5).astype(np.float32)
    elif kind == "position":
        shown = _stretch(numbers, mask)
    elif kind == "part":
        shown = _part_colors(numbers)
    elif kind == "depth":
        shown = np.repeat(1 - 0.9 * _stretch(numbers, mask)[..., None], 3, axis=2)
    elif kind == "curvature":
        limit = float(np.percentile(np.abs(numbers[mask]), 95)) if mask.any() else 1.0
        shown = ramp_colors(numbers / max(limit, 1e-12) / 2 + 0.5, "balance")
    elif kind == "seen":
        shown = ramp_colors(numbers, "viridis")
    else:
        shown = np.repeat(np.clip(numbers, 0, 1)[..., None], 3, axis=2)
    return np.where(mask[..., None], shown, 0).astype(np.float32)


def _stretch(numbers: Singles, mask: Bools) -> Singles:
    """Least to greatest as 0..1."""
    values = numbers[mask]
    if not len(values):
        return np.zeros_like(numbers)
    low, high = values.min(axis=0), values.max(axis=0)
    stretched: Singles = np.clip((numbers - low) / np.maximum(high - low, 1e-12), 0, 1)
    return stretched


def _part_colors(numbers: Singles) -> Singles:
    """A color for each number, neighbours far apart (steps of the golden ratio around the hues)."""
    hue = (numbers * _GOLDEN % 1.0) * 6
    wheel = np.stack([np.abs(hue - 3) - 1, 2 - np.abs(hue - 2), 2 - np.abs(hue - 4)], axis=2)
    color: Singles = (0.25 + 0.7 * np.clip(wheel, 0, 1)).astype(np.float32)
    return color
