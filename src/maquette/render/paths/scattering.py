"""How surfaces throw light back: a matt body under a rough mirror, and clear glass. All in the surface's own frame.

Directions are (N, 3) with z along the normal; ``view`` points to where the path came from. The mirror is GGX (Walter et
al. 2007) with height-correlated masking (Heitz 2014), drawn by visible normals (Dupuy & Benyoub 2023). What one bounce
on a rough mirror loses is given back (Turquin 2019), and what the mirror throws back does not reach the body, so no
surface gives more than it gets.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from maquette.core.arrays import Bools, Singles
from maquette.render.color import Colors
from maquette.render.paths.numbers import by_cosine, dots, largest, length_one, pairs
from maquette.render.surfaces import DIELECTRIC, Layers, Surface

_SMOOTHEST = 0.03  # roughness below which float32 can no longer tell directions apart
_CELLS = 48  # of the table of what a rough mirror throws back, along cosine and roughness


@dataclass(frozen=True)
class Coat:
    """Clear lacquer over N surfaces, a smooth or rough mirror by itself."""

    strength: Singles  # (N,) how much of the surface it covers
    gain: Singles  # (N,) what several bounces within it add
    alpha: Singles  # (N,)
    drawn: Singles  # (N,) how often it is drawn, not what lies under it


@dataclass(frozen=True)
class Finish:
    """N surfaces as seen from their views, ready to be asked and drawn from."""

    straight: Colors  # (N, 3) reflectance at right angles
    gain: Colors  # (N, 3) what several bounces within the mirror add
    body: Colors  # (N, 3) share of the light that the body scatters
    alpha: Singles  # (N,) width of the mirror's normals
    mirrors: Singles  # (N,) how often the mirror is drawn, not the body
    coat: Coat | None = None


def finish_of(surface: Surface, facing: Singles) -> Finish:
    """From materials and the cosine (N,) of the view."""
    metal = surface.metallic[:, None]
    roughness = np.maximum(surface.roughness, _SMOOTHEST)
    straight = surface.reflectance[:, None] * (1 - metal) + surface.color * metal
    scale, offset = _mirror_share(facing, roughness)
    gain = 1 + straight * (1 / np.maximum(scale + offset, 0.05) - 1)[:, None]
    shine = (straight * scale[:, None] + offset[:, None]) * gain
    body = surface.color * (1 - metal) * np.maximum(1 - largest(shine), 0)[:, None]
    bright, matt = largest(shine), largest(body)
    share = np.clip(bright / np.maximum(bright + matt, 1e-6), 0.1, 0.9)
    mirrors = np.where(matt < 1e-4, np.float32(1), share.astype(np.float32))
    finish = Finish(straight, gain.astype(np.float32), body.astype(np.float32), np.square(roughness), mirrors)
    if surface.layers is None or not surface.layers.coat.any():
        return finish
    return _under_lacquer(finish, surface.layers, facing, bright + matt)


def _under_lacquer(finish: Finish, layers: Layers, facing: Singles, below: Singles) -> Finish:
    """The finish with what the coat mirrors taken from everything below it, so that no light is made."""
    roughness = np.maximum(layers.coat_roughness, _SMOOTHEST)
    scale, offset = _mirror_share(facing, roughness)
    gain = 1 + DIELECTRIC * (1 / np.maximum(scale + offset, 0.05) - 1)
    shine = layers.coat * (DIELECTRIC * scale + offset) * gain
    left = (1 - shine)[:, None]
    share = np.clip(shine / np.maximum(shine + below, 1e-6), 0.15, 0.9)
    drawn = np.where(layers.coat > 0, share, 0).astype(np.float32)
    coat = Coat(layers.coat, gain.astype(np.float32), np.square(roughness), drawn)
    return replace(finish, gain=finish.gain * left, body=finish.body * left, coat=coat)


def response(finish: Finish, view: Singles, light: Singles) -> tuple[Colors, Singles]:
    """Share of light from ``light`` that goes to ``view``, times the cosine, (N, 3); and the density of drawing it."""
    half = length_one(view + light)
    n_l = np.maximum(light[:, 2], 0)
    bow = (1 - np.clip(dots(view, half), 0, 1)) ** 5
    lobe, likely = _lobe(finish.alpha, view, n_l, half)
    fresnel = finish.straight + (1 - finish.straight) * bow[:, None]
    shared = fresnel * finish.gain * lobe[:, None] + finish.body * (n_l / np.float32(np.pi))[:, None]
    density = finish.mirrors * likely + (1 - finish.mirrors) * n_l / np.float32(np.pi)
    if finish.coat is not None:
        coat = finish.coat
        lobe, likely = _lobe(coat.alpha, view, n_l, half)
        shared += (coat.strength * (DIELECTRIC + (1 - DIELECTRIC) * bow) * coat.gain * lobe)[:, None]
        density = coat.drawn * likely + (1 - coat.drawn) * density
    up = light[:, 2] > 0
    return np.where(up[:, None], shared, 0).astype(np.float32), np.where(up, density, 0).astype(np.float32)


def _lobe(alpha: Singles, view: Singles, n_l: Singles, half: Singles) -> tuple[Singles, Singles]:
    """What tiny mirrors of this spread throw back but for Fresnel's share, times the cosine, and their density."""
    squared, n_v = np.square(alpha), np.maximum(view[:, 2], 1e-4)
    spread = _spread(half, squared)
    root_v, root_l = (np.sqrt(squared + (1 - squared) * np.square(n)) for n in (n_v, n_l))
    masking = 0.5 / np.maximum(n_l * root_v + n_v * root_l, 1e-7)
    return spread * masking * n_l, spread / (2 * (n_v + root_v))


def draw_direction(finish: Finish, view: Singles, pair: Singles, choice: Singles) -> Singles:
    """A direction to follow from each surface, (N, 3); below the surface :func:`response` to it is zero."""
    direction = by_cosine(pair)
    alpha = finish.alpha
    if finish.coat is not None:
        drawn = finish.coat.drawn
        coated = choice < drawn
        alpha = np.where(coated, finish.coat.alpha, alpha)
        choice = np.where(coated, np.float32(-1), (choice - drawn) / (1 - drawn))
    mirror = np.flatnonzero(choice < finish.mirrors)
    view = view.take(mirror, axis=0)
    half = draw_normal(view, alpha.take(mirror), pair.take(mirror, axis=0))
    direction[mirror] = reflect(view, half)
    return direction


def draw_normal(view: Singles, alpha: Singles, pair: Singles) -> Singles:
    """A tiny mirror's normal among those that the view sees, (N, 3)."""
    stretched = length_one(np.column_stack([view[:, :2] * alpha[:, None], np.maximum(view[:, 2], 1e-4)]))
    angle = 2 * np.float32(np.pi) * pair[:, 0]
    z = (1 - pair[:, 1]) * (1 + stretched[:, 2]) - stretched[:, 2]
    radius = np.sqrt(np.clip(1 - z * z, 0, 1))
    cap = np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1) + stretched
    squeezed = np.column_stack([cap[:, :2] * alpha[:, None], np.maximum(cap[:, 2], 1e-6)])
    return length_one(squeezed.astype(np.float32))


def reflect(view: Singles, normal: Singles) -> Singles:
    """Directions (N, 3) that a mirror of this normal sends towards the view."""
    mirrored: Singles = 2 * dots(view, normal)[:, None] * normal - view
    return mirrored


def dielectric(cosine: Singles, ratio: Singles) -> Singles:
    """Share of light that the border of two clear media throws back (Fresnel), (N,).

    ``ratio`` is the far medium's index over the near one's, ``cosine`` that of the near side. Total reflection gives 1.
    """
    squared = 1 - (1 - np.square(cosine)) / np.square(ratio)
    beyond = np.sqrt(np.maximum(squared, 0))
    across = (ratio * cosine - beyond) / (ratio * cosine + beyond)
    along = (cosine - ratio * beyond) / (cosine + ratio * beyond)
    share = (np.square(across) + np.square(along)) / 2
    result: Singles = np.where(squared <= 0, 1.0, share).astype(np.float32)
    return result


def refract(view: Singles, normal: Singles, ratio: Singles) -> Singles:
    """Directions (N, 3) beyond the border, on the other side of ``normal``; Snell's law."""
    cosine = dots(view, normal)
    beyond = np.sqrt(np.maximum(1 - (1 - np.square(cosine)) / np.square(ratio), 0))
    direction = (cosine / ratio - beyond)[:, None] * normal - view / ratio[:, None]
    return length_one(direction.astype(np.float32))


def pass_glass(
    view: Singles, front: Bools, ior: float | Singles, alpha: Singles, pair: Singles, choice: Singles
) -> tuple[Singles, Bools]:
    """Where light goes on at clear glass: mirrored as often as Fresnel says, else refracted; and which crossed (N,)."""
    half = draw_normal(view, alpha, pair)
    ratio: Singles = np.where(front, ior, 1 / ior).astype(np.float32)
    cosine = np.clip(dots(view, half), 0, 1)
    crosses = choice >= dielectric(cosine, ratio)
    beyond, mirrored = refract(view, half, ratio), reflect(view, half)
    direction: Singles = np.where(crosses[:, None], beyond, mirrored).astype(np.float32)
    wrong = (direction[:, 2] > 0) == crosses  # a rough border may send light where it cannot be
    direction[wrong, 2] *= -1
    return direction, crosses


def _spread(half: Singles, squared: Singles) -> Singles:
    """GGX's density of normals, in the frame's coordinates: no digit is lost near the pole."""
    flat = np.square(half[:, 0]) + np.square(half[:, 1])
    spread: Any = 1 / (np.float32(np.pi) * squared * np.square(flat / squared + np.square(half[:, 2])))
    return cast(Singles, spread)


def _mirror_share(facing: Singles, roughness: Singles) -> tuple[Singles, Singles]:
    """What a rough mirror throws back in one bounce as ``straight·scale + offset``, (N,) each (Karis 2013)."""
    table = _table()
    row = np.clip(facing * _CELLS, 0, _CELLS - 1).astype(np.int64)
    column = np.clip(roughness * _CELLS, 0, _CELLS - 1).astype(np.int64)
    both = table.take(row * _CELLS + column, axis=0)
    return both[:, 0], both[:, 1]


@functools.cache
def _table() -> Singles:
    """Scale and offset by cosine and roughness, (cells², 2), each by 512 draws."""
    middle = ((np.arange(_CELLS) + 0.5) / _CELLS).astype(np.float32)
    draws = 512
    cosine, roughness = (grid.ravel() for grid in np.meshgrid(middle, middle, indexing="ij"))
    view = np.stack([np.sqrt(1 - cosine**2), np.zeros_like(cosine), cosine], axis=1).astype(np.float32)
    alpha = np.square(np.maximum(roughness, _SMOOTHEST))
    total = np.zeros((len(cosine), 2))
    keys = np.zeros(len(cosine), np.uint32)
    for number in range(draws):
        half = draw_normal(view, alpha, pairs(keys, np.full(len(cosine), number), 0, draws))
        light = reflect(view, half)
        n_l, n_v, squared = np.maximum(light[:, 2], 0), view[:, 2], np.square(alpha)
        root_v, root_l = (np.sqrt(squared + (1 - squared) * np.square(n)) for n in (n_v, n_l))
        weight = n_l * (n_v + root_v) / np.maximum(n_l * root_v + n_v * root_l, 1e-9)  # both maskings over the view's
        bow = (1 - np.clip(dots(view, half), 0, 1)) ** 5
        total += np.stack([weight * (1 - bow), weight * bow], axis=1)
    return (total / draws).astype(np.float32)
