"""Coins: their diameters, and round things in a photo that may be one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats
from maquette.photo.flat_things import Photo, Region, edge_offsets

# millimetres, as the mints publish them: ECB, US Mint, Royal Mint, Swissmint, Japan Mint, Royal Canadian Mint,
# Royal Australian Mint. Coins that are not round (1 pound, 20 and 50 pence) are not here.
DIAMETERS = {
    "eur-0.01": 16.25, "eur-0.02": 18.75, "eur-0.05": 21.25, "eur-0.10": 19.75,
    "eur-0.20": 22.25, "eur-0.50": 24.25, "eur-1": 23.25, "eur-2": 25.75,
    "usd-0.01": 19.05, "usd-0.05": 21.21, "usd-0.10": 17.91, "usd-0.25": 24.26, "usd-0.50": 30.61, "usd-1": 26.49,
    "gbp-0.01": 20.30, "gbp-0.02": 25.90, "gbp-0.05": 18.00, "gbp-0.10": 24.50, "gbp-2": 28.40,
    "chf-0.05": 17.15, "chf-0.10": 19.15, "chf-0.20": 21.05, "chf-0.50": 18.20,
    "chf-1": 23.20, "chf-2": 27.40, "chf-5": 31.45,
    "jpy-1": 20.00, "jpy-5": 22.00, "jpy-10": 23.50, "jpy-50": 21.00, "jpy-100": 22.60, "jpy-500": 26.50,
    "cad-0.05": 21.20, "cad-0.10": 18.03, "cad-0.25": 23.88, "cad-1": 26.50, "cad-2": 28.00,
    "aud-0.05": 19.41, "aud-0.10": 23.60, "aud-0.20": 28.65, "aud-1": 25.00, "aud-2": 20.50,
}  # fmt: skip
TOLERANCE = 0.003  # of the diameter: wear and the mint's 0.05 mm
_POINTS = 180
_ON_EDGE = 0.9
_LARGEST = 0.3  # of the picture's long side
_CHROMA = 45.0  # Lab: metal is never as colourful as paint
_RELIEF = 1.5  # Lab lightness: a struck face is not even
_GROUND = 18.0  # Lab: how even the ground around is
_RIMS = 0.05  # diameters that differ by less are one coin's rim and edge


@dataclass(frozen=True)
class Ellipse:
    """Centre (2,), semi-axes (large, small), the large one's direction (2,), and the rim's error, in fine pixels."""

    center: Floats
    axes: tuple[float, float]
    direction: Floats
    error_px: float


def coin(photo: Photo, region: Region) -> Ellipse | None:
    """The region as a coin: an ellipse all around, of metal, struck; None where it is something else."""
    if not (region.second / region.first > 0.6 and 14 <= region.first <= _LARGEST / 2 * max(photo.work.shape[:2])):
        return None
    if abs(region.area / (np.pi * region.first * region.second) - 1) > 0.02:
        return None
    factor = photo.per_work / photo.per_fine
    ellipse = _rim((region.hull + 0.5) * factor - 0.5)
    for share in (0.16, 0.06, 0.06):
        if ellipse is None:
            return None
        ellipse = _measure(photo, ellipse, share)
    return ellipse if ellipse is not None and _is_struck(photo, ellipse) else None


def _rim(points: Floats) -> Ellipse | None:
    """The ellipse nearest to points (N, 2): least squares with the ellipse's own constraint (Fitzgibbon et al. 1999).

    The numerically steady form of Halir and Flusser 1998.
    """
    middle = points.mean(axis=0)
    size = float(np.abs(points - middle).max())
    if len(points) < 6 or not size > 0:
        return None
    x, y = ((points - middle) / size).T
    squares, lines = np.stack([x * x, x * y, y * y], 1), np.stack([x, y, np.ones_like(x)], 1)
    s1, s2, s3 = squares.T @ squares, squares.T @ lines, lines.T @ lines
    turn = -np.linalg.pinv(s3) @ s2.T
    values, vectors = np.linalg.eig(np.linalg.inv([[0, 0, 2], [0, -1, 0], [2, 0, 0]]) @ (s1 + s2 @ turn))
    vectors = vectors.real
    good = np.flatnonzero(4 * vectors[0] * vectors[2] - vectors[1] ** 2 > 0)
    if not len(good) or not np.isfinite(values).all():
        return None
    a, b, c = vectors[:, good[0]]
    d, e, f = turn @ vectors[:, good[0]]
    matrix = np.array([[a, b / 2], [b / 2, c]])
    center = np.linalg.solve(matrix, -np.array([d, e]) / 2)
    level = center @ matrix @ center - f
    lengths, axes = np.linalg.eigh(matrix / level)
    if not (lengths > 0).all():
        return None
    semi = 1 / np.sqrt(lengths) * size
    return Ellipse(center * size + middle, (float(semi[0]), float(semi[1])), axes[:, 0], 0.0)


def _measure(photo: Photo, near: Ellipse, share: float) -> Ellipse | None:
    """The ellipse through the exact edge, looked for within a share of its size; None where too little is an edge."""
    angle = np.arange(_POINTS) / _POINTS * 2 * np.pi
    one, other = near.direction, np.array([-near.direction[1], near.direction[0]])
    large, small = near.axes
    points = near.center + large * np.cos(angle)[:, None] * one + small * np.sin(angle)[:, None] * other
    normals = -(np.cos(angle)[:, None] / large * one + np.sin(angle)[:, None] / small * other)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    reach = int(np.clip(share * large, 3, 200 * share))
    away, contrast = edge_offsets(photo.fine, points, normals, reach)
    exact = points + normals * away[:, None]
    off = np.abs(away - np.median(away))
    kept = off <= max(1.0, 0.02 * large)
    for _ in range(3):
        rim = _rim(exact[kept])
        if rim is None:
            return None
        residual = _residual(rim, exact)
        kept = np.abs(residual) <= max(0.7, 0.008 * large)
        if kept.mean() < 0.5:
            return None
    if rim is None or kept.mean() < _ON_EDGE or np.median(contrast) < 6:
        return None
    error = float(np.sqrt((residual[kept] ** 2).mean() / (kept.sum() / 12)) + 0.1)
    return Ellipse(rim.center, rim.axes, rim.direction, error)


def _residual(ellipse: Ellipse, points: Floats) -> Floats:
    """How far points (N, 2) lie outside an ellipse, nearly, in pixels."""
    apart = points - ellipse.center
    other = np.array([-ellipse.direction[1], ellipse.direction[0]])
    across = np.hypot(apart @ ellipse.direction / ellipse.axes[0], apart @ other / ellipse.axes[1])
    residual: Floats = (across - 1) * np.linalg.norm(apart, axis=1) / np.maximum(across, 1e-9)
    return residual


def _is_struck(photo: Photo, ellipse: Ellipse) -> bool:
    """Whether the inside looks like metal with something struck on it, and all around lies one ground of other colour.

    The finger hole of a pair of scissors shows the ground inside; a wheel or an eye has no one ground about it.
    """
    factor = photo.per_fine / photo.per_work
    y, x = np.mgrid[: photo.work.shape[0], : photo.work.shape[1]]
    apart = np.stack([x, y], -1) - ((ellipse.center + 0.5) * factor - 0.5)
    other = np.array([-ellipse.direction[1], ellipse.direction[0]])
    away = np.hypot(apart @ ellipse.direction / ellipse.axes[0], apart @ other / ellipse.axes[1]) / factor
    margin = 2.5 / (ellipse.axes[1] * factor)  # the soft edge is neither
    inside, around = away < min(0.85, 1 - margin), (away > 1 + margin) & (away < 1.5 + margin)
    if inside.sum() < 40 or around.sum() < 40:
        return False
    seen, ground = photo.work[inside], photo.work[around]
    chroma, middle = np.hypot(seen[:, 1], seen[:, 2]), np.median(ground, axis=0)
    metal = np.median(seen[:, 2]) > -8 and np.median(seen[:, 1]) < 30 and np.quantile(chroma, 0.9) < _CHROMA
    one_ground = (np.linalg.norm(ground - middle, axis=1) < _GROUND).mean() > 0.9
    stands_out = (np.linalg.norm(seen - middle, axis=1) > 8).mean() > 0.85
    return bool(metal and one_ground and stands_out and seen[:, 0].std() > _RELIEF)


def different(ellipses: list[Ellipse]) -> list[Ellipse]:
    """One ellipse for each round thing: of rims around one centre the outermost."""
    kept: list[Ellipse] = []
    for one in sorted(ellipses, key=lambda e: -e.axes[0]):
        if all(np.linalg.norm(one.center - other.center) > 0.5 * other.axes[0] for other in kept):
            kept.append(one)
    return kept


def alike(ellipses: list[Ellipse]) -> bool:
    """Whether all are of one size."""
    large = [one.axes[0] for one in ellipses]
    return max(large) <= min(large) * (1 + _RIMS)
