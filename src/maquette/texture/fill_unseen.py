"""Fill unseen: colors for the sides that the photo does not show."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bools, Floats
from maquette.core.asset import Asset
from maquette.core.progress import note, progress
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.nearest import Surface
from maquette.geometry.topology import edges
from maquette.registry import stage
from maquette.texture.photo_sight import SURE, Sight, sight
from maquette.texture.pictures import base_color_at, paint_all

_LIKE = 0.02  # of the diagonal: a mirrored surface lies this near to itself, on average, where there is a mirror
_MEET = 0.03  # of the diagonal: how far a mirrored place may lie off the surface


@stage
def fill_unseen(
    asset: Asset,
    *,
    texture_px: Annotated[int, Field(ge=16, le=8192, description="side of the texture")] = 1024,
    texture_seed: Annotated[int, Field(ge=0, description="another seed, another grain; 0: none")] = 0,
    erode_px: Annotated[
        float, Field(ge=0, le=64, description="photo pixels along the cut-out's edge that count as unseen")
    ] = 3.0,
) -> Asset:
    """Paint the sides that the photo does not show from those that it does; what is seen keeps its color.

    Where the shape is its own mirror image, an unseen place takes the color of its seen twin. The rest is what flows
    there along the surface from what is known, never across a seam of the texture. A seed adds grain as coarse as the
    seen paint varies. Refuses a model without uv, photo or camera.
    """
    progress(0.1, "look through the camera")
    view = sight(asset, "fill-unseen", texture_px, erode_px)
    seen = view.weight > SURE
    if not seen.any() or seen.all():
        return asset
    old = base_color_at(asset, view.texels.face, view.texels.weights)
    light = light_of(old[:, :3])
    progress(0.4, "mirror")
    light, known = _mirror_colors(asset, view, light, seen)
    mirrored = int(known.sum() - seen.sum())
    progress(0.7, "let colors flow")
    if not known.all():
        light[~known] = _flow_colors(asset, view, light, known)[~known]
    if texture_seed:
        grain = np.random.default_rng(texture_seed).normal(0, 0.5 * light[seen].std(axis=0).mean(), (len(light), 1))
        light = np.where(seen[:, None], light, np.clip(light + 0.2 * grain, 0, 1))
    note(
        f"{seen.mean():.0%} of the texels are seen, {mirrored / len(seen):.0%} mirrored, "
        f"{1 - known.mean():.0%} filled from around"
    )
    colors = np.where(seen[:, None], old[:, :3], srgb_of(light))
    return paint_all(asset, view.texels, np.concatenate([colors, old[:, 3:]], axis=1))


def _mirror_colors(asset: Asset, view: Sight, light: Floats, seen: Bools) -> tuple[Floats, Bools]:
    """Colors (T, 3) with those of seen twins across the mirrors, and which are known then, (T,).

    Mirrors stand in the middle of the box, across x and across y; the one that fits better comes first.
    """
    mesh, light, known = asset.mesh, light.copy(), seen.copy()
    middle = mesh.bounds.mean(axis=0)
    surface = Surface(mesh.vertices, mesh.faces)
    sample = mesh.vertices[:: len(mesh.vertices) // 2000 + 1]
    flips = [np.where(np.arange(3) == axis, -1.0, 1.0) for axis in (0, 1)]
    off = [float(surface.nearest((sample - middle) * flip + middle).distance.mean()) for flip in flips]
    for axis in np.argsort(off, kind="stable"):
        if off[axis] <= _LIKE * mesh.diagonal and not known.all():
            _take_from_twins(view, light, known, middle, flips[axis], mesh.diagonal)
    return light, known


def _take_from_twins(view: Sight, light: Floats, known: Bools, middle: Floats, flip: Floats, size: float) -> None:
    """Put the colors of known places on their unknown mirror images, and mark those as known."""
    from scipy.spatial import cKDTree

    missing, there = np.flatnonzero(~known), np.flatnonzero(known)
    scale = 0.1 * size  # a twin looks the mirrored way: normals count as so much of the way
    tree = cKDTree(np.concatenate([view.points[there], scale * view.normals[there]], axis=1))
    mirrored = (view.points[missing] - middle) * flip + middle
    asked = np.concatenate([mirrored, scale * view.normals[missing] * flip], axis=1)
    distance, twin = tree.query(asked, distance_upper_bound=_MEET * size)
    met = np.isfinite(distance)
    light[missing[met]] = light[there[twin[met]]]
    known[missing[met]] = True


def _flow_colors(asset: Asset, view: Sight, light: Floats, known: Bools) -> Floats:
    """Colors (T, 3) as they settle along the surface: each vertex the mean of its neighbors, known ones held."""
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import spsolve

    mesh, count = asset.mesh, len(asset.mesh.vertices)
    corner = mesh.faces[view.texels.face[known]]  # (K, 3)
    share = view.texels.weights[known]
    mass = np.bincount(corner.ravel(), share.ravel(), count)
    total = np.stack(
        [np.bincount(corner.ravel(), (share * light[known][:, k : k + 1]).ravel(), count) for k in range(3)], axis=1
    )
    ends = edges(mesh.faces).ends
    length = np.linalg.norm(mesh.vertices[ends[:, 0]] - mesh.vertices[ends[:, 1]], axis=1)
    weight = 1 / np.maximum(length, 1e-9 * mesh.diagonal)
    pull = coo_matrix((weight, (ends[:, 0], ends[:, 1])), shape=(count, count))
    pull = (pull + pull.T).tocsr()
    degree = np.asarray(pull.sum(axis=1)).ravel()
    held = np.where(mass > 0, 1e3 * (degree.mean() + degree), 1e-6 * degree.mean())
    mean = (light[known]).mean(axis=0)
    wish = np.where(mass[:, None] > 0, total / np.maximum(mass, 1e-12)[:, None], mean)
    settled = spsolve((diags(degree + held) - pull).tocsc(), held[:, None] * wish)
    result: Floats = np.clip(view.texels.at(settled[mesh.faces]), 0, 1)
    return result
