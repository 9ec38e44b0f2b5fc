"""Fill unseen: colors for the sides that the photo does not show."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bools, Floats
from maquette.core.asset import Asset
from maquette.core.progress import note, progress
from maquette.geometry.look.membrane_colors import spread_along
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.nearest import Surface
from maquette.geometry.rows import dot
from maquette.registry import stage
from maquette.texture.photo_sight import SURE, Lens, Places, Sight, sight
from maquette.texture.pictures import base_color_at, paint_all

_LIKE = 0.02  # of the diagonal: a mirrored surface lies this near to itself, on average, where there is a mirror
_MEET = 0.03  # of the diagonal: how far a mirrored place may lie off the surface
_ALIKE = 0.5  # cosine between the normals of twins
_PLAIN = 3.0  # of 255: unseen colors that spread less are no picture of anything
_SHOWN = 0.6  # of the channel `seen`: cosine 0.4 in sculpt's
_ASIDE = 0.5  # cosine: a mirror whose normal lies this far off the line of sight shows a side by the other


@stage(version=2)
def fill_unseen(
    asset: Asset,
    *,
    texture_px: Annotated[
        int, Field(ge=0, le=8192, description="side of the texture; 0: that of the texture it has")
    ] = 1024,
    texture_seed: Annotated[int, Field(ge=0, description="another seed, another grain; 0: none")] = 0,
    erode_px: Annotated[
        float, Field(ge=0, le=64, description="photo pixels along the cut-out's edge that count as unseen")
    ] = 3.0,
    mirror: Annotated[
        Literal["any", "sideways", "never"],
        Field(description="which mirrors count: sideways leaves out the one that would put the front on the back"),
    ] = "any",
) -> Asset:
    """Paint the sides that the photo does not show from those that it does; what is seen keeps its color.

    Where the shape is its own mirror image, an unseen place takes what the photo shows of its twin. The rest keeps the
    colors that it has, or, where those are plain, takes what flows there along the surface from what is known, never
    across a seam of the texture. A seed adds grain as coarse as the seen paint varies. A model that knows no photo
    and camera comes back as it is, with a note; one without uv is refused.
    """
    if asset.mesh.uv is not None and (asset.camera is None or asset.source is None):
        note("the model knows no photo and camera; its colors stay as they are")
        return asset
    progress(0.1, "look through the camera")
    lens = Lens(asset, "fill-unseen", erode_px)
    view = sight(asset, lens, texture_px)
    seen = view.weight > SURE
    if asset.mesh.seen is not None:  # what other photos showed is not made up either
        seen |= view.texels.at(asset.mesh.seen[asset.mesh.faces][:, :, None])[:, 0] > _SHOWN
    if not seen.any() or seen.all():
        return asset
    old = base_color_at(asset, view.texels.face, view.texels.weights)
    light = light_of(old[:, :3])
    progress(0.4, "mirror")
    known = seen.copy()
    if mirror != "never":
        _mirror_colors(asset, lens, view, light, known, mirror == "sideways")
    mirrored = int(known.sum() - seen.sum())
    plain = bool((old[~seen, :3].std(axis=0) < _PLAIN).all())
    progress(0.7, "let colors flow")
    if plain and not known.all():
        light[~known] = _flow_colors(asset, view, light, known)[~known]
    if texture_seed:
        grain = np.random.default_rng(texture_seed).normal(0, 0.5 * light[seen].std(axis=0).mean(), (len(light), 1))
        light = np.where(seen[:, None], light, np.clip(light + 0.2 * grain, 0, 1))
    rest = "filled from around" if plain else "as they were"
    note(
        f"{seen.mean():.0%} of the texels are seen, {mirrored / len(seen):.0%} mirrored, {1 - known.mean():.0%} {rest}"
    )
    old[~seen, :3] = srgb_of(light[~seen])
    return paint_all(asset, view.texels, old)


def _mirror_colors(asset: Asset, lens: Lens, view: Sight, light: Floats, known: Bools, sideways: bool) -> None:
    """Put the photo's colors of twins across the mirrors into ``light`` (T, 3), and mark those as ``known`` (T,).

    Mirrors stand in the middle of the box, across x and across y; the one that fits better comes first.
    """
    mesh = asset.mesh
    middle = mesh.bounds.mean(axis=0)
    surface = Surface(mesh.vertices, mesh.faces)
    sample = mesh.vertices[:: len(mesh.vertices) // 2000 + 1]
    flips = [np.where(np.arange(3) == axis, -1.0, 1.0) for axis in (0, 1)]
    off = [float(surface.nearest((sample - middle) * flip + middle).distance.mean()) for flip in flips]
    ahead = np.abs(lens.to_eye(middle[None])[0])
    for axis in np.argsort(off, kind="stable"):
        if off[axis] <= _LIKE * mesh.diagonal and not (sideways and ahead[axis] > _ASIDE) and not known.all():
            _take_from_twins(lens, view, light, known, middle, flips[axis])


def _take_from_twins(lens: Lens, view: Sight, light: Floats, known: Bools, middle: Floats, flip: Floats) -> None:
    """Put what the photo shows of mirror images on unknown places, and mark those as known."""
    missing = np.flatnonzero(~known)
    at = lens.places(view.texels, missing)
    twin = Places((at.points - middle) * flip + middle, at.normals * flip, at.outward * flip)
    back = lens.to_eye(twin.points)
    towards = np.flatnonzero(dot(twin.normals, back) ** 2 > SURE / 2)
    reach = _MEET * lens.mesh.diagonal
    hits = lens.tracer.first(twin.points[towards] + reach * back[towards], -back[towards])
    near = hits.distance <= 2 * reach
    towards, face, distance = towards[near], hits.face[near], hits.distance[near]
    plain = lens.outward[face]
    alike = dot(plain, twin.normals[towards]) > _ALIKE
    towards, plain, distance = towards[alike], plain[alike], distance[alike]
    met = twin.points[towards] + (reach - distance)[:, None] * back[towards]
    place, weight = lens.shown(Places(met, plain, plain))
    share = np.clip(weight / SURE, 0, 1)[:, None]
    good = np.flatnonzero(share[:, 0] > 0)
    rows = missing[towards[good]]
    photo = light_of(np.rint(lens.colors(place[good])).astype(np.uint8))
    part = share[good] * (1 - np.clip(view.weight[rows] / SURE, 0, 1))[:, None]
    light[rows] = light[rows] * (1 - part) + photo * part
    known[rows[share[good, 0] > 0.5]] = True


def _flow_colors(asset: Asset, view: Sight, light: Floats, known: Bools) -> Floats:
    """Colors (T, 3) as they settle along the surface: each vertex the mean of its neighbors, known ones held."""
    mesh, texels = asset.mesh, view.texels
    mean = light[known].mean(axis=0)
    rows = np.flatnonzero(known)
    settled = mean + spread_along(
        mesh.vertices, mesh.faces, texels.face[rows], texels.weights[rows], light[rows] - mean, np.inf
    )
    return np.clip(texels.at(settled[mesh.faces]), 0, 1)
