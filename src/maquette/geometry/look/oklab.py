"""Colour as light and as the eye sees it: sRGB, linear light, OKLab, and the few colours that stand for many.

OKLab (Ottosson 2020) is used where colours are compared: equal steps look equal, and blue stays blue.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bytes, Floats, Ints
from maquette.geometry.look.srgb import LIGHT_OF_BYTE, to_srgb

_TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def light_of(srgb: Bytes) -> Floats:
    """Linear light 0..1 of sRGB bytes (IEC 61966-2-1), any shape."""
    return LIGHT_OF_BYTE[srgb]


def srgb_of(light: Floats) -> Bytes:
    """sRGB bytes of linear light, clipped to 0..1."""
    return np.rint(to_srgb(light) * 255).astype(np.uint8)


def oklab_of(light: Floats) -> Floats:
    """OKLab of linear light, (…, 3) -> (…, 3): lightness 0..1 and two axes of hue of about -0.4..0.4."""
    result: Floats = np.cbrt(np.maximum(light, 0.0) @ _TO_CONE.T) @ _TO_LAB.T
    return result


def light_of_oklab(lab: Floats) -> Floats:
    """Linear light of OKLab, (…, 3) -> (…, 3); outside 0..1 where no screen can show it."""
    result: Floats = (lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONE).T
    return result


def nearest(lab: Floats, palette: Floats) -> tuple[Ints, Floats]:
    """The nearest of a palette (K, 3) to each colour (N, 3), and how far it is: (N,), (N,)."""
    best = np.zeros(len(lab), np.int64)
    least = np.full(len(lab), np.inf)
    for number, color in enumerate(palette):
        away = ((lab - color) ** 2).sum(axis=1)
        closer = away < least
        best[closer], least[closer] = number, away[closer]
    return best, np.sqrt(least)


def group_colors(lab: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The weighted means of colours (N, 3), weights (N,), that look alike: (M, 3), (M,), M some thousands at most."""
    cell = np.floor(lab * 64).astype(np.int64) + 128  # steps of 1/64: just noticed side by side
    _, where = np.unique(cell @ np.array([1 << 20, 1 << 10, 1]), return_inverse=True)
    where = where.reshape(-1)
    total = np.bincount(where, weights=weight).astype(np.float64)
    mean = np.stack([np.bincount(where, weights=weight * lab[:, k]) for k in range(3)], axis=1)
    kept = total > 0
    return mean[kept] / total[kept, None], total[kept]


def clusters(lab: Floats, weight: Floats, count: int, rounds: int = 20) -> Floats:
    """At most ``count`` colours (K, 3) that stand for colours (N, 3) with weights (N,); the heaviest first.

    The group that strays most is split along its main axis until there are enough (Orchard and Bouman 1991), then
    every colour joins the nearest mean and the means move (Lloyd 1982). No dice: the same colours give the same answer.
    """
    lab, weight = group_colors(lab, weight)
    label = np.zeros(len(lab), np.int64)
    for number in range(1, min(count, len(lab))):
        stray = [_main_spread(lab[label == k], weight[label == k]) for k in range(number)]
        widest = int(np.argmax([energy for energy, _, _ in stray]))
        energy, mean, axis = stray[widest]
        if energy <= 1e-12:
            break
        label[(label == widest) & ((lab - mean) @ axis > 0)] = number
        for _ in range(3):
            label, _ = nearest(lab, _means(lab, weight, label))
    for _ in range(rounds):
        means = _means(lab, weight, label)
        moved, _ = nearest(lab, means)
        if (moved == label).all():
            break
        label = moved
    means = _means(lab, weight, label)
    share = np.bincount(nearest(lab, means)[0], weights=weight, minlength=len(means))
    return means[np.argsort(-share, kind="stable")]


def choose_colors(lab: Floats, weight: Floats, palette: Floats, count: int) -> Ints:
    """Which ``count`` of a palette (K, 3) stand best for colours (N, 3): one at a time, then swapped while it helps."""
    lab, weight = group_colors(lab, weight)
    away = ((lab[:, None] - palette) ** 2).sum(axis=2)
    taken: list[int] = []
    for _ in range(min(count, len(palette))):
        held = away[:, taken].min(axis=1) if taken else np.full(len(lab), np.inf)
        cost = (np.minimum(away, held[:, None]) * weight[:, None]).sum(axis=0)
        cost[taken] = np.inf
        taken.append(int(np.argmin(cost)))
    for _ in range(4):
        before = list(taken)
        for place in range(len(taken)):
            rest = taken[:place] + taken[place + 1 :]
            held = away[:, rest].min(axis=1) if rest else np.full(len(lab), np.inf)
            cost = (np.minimum(away, held[:, None]) * weight[:, None]).sum(axis=0)
            cost[rest] = np.inf
            taken[place] = int(np.argmin(cost))
        if taken == before:
            break
    return np.sort(np.array(taken, np.int64))


def _means(lab: Floats, weight: Floats, label: Ints) -> Floats:
    total = np.bincount(label, weights=weight)
    mean = np.stack([np.bincount(label, weights=weight * lab[:, k]) for k in range(3)], axis=1)
    means: Floats = mean[total > 0] / total[total > 0, None]
    return means


def _main_spread(lab: Floats, weight: Floats) -> tuple[float, Floats, Floats]:
    """How much a group strays along its main axis, its mean and that axis."""
    if len(lab) < 2:
        return 0.0, np.zeros(3), np.zeros(3)
    mean = (lab * weight[:, None]).sum(axis=0) / weight.sum()
    apart = lab - mean
    values, vectors = np.linalg.eigh((apart * weight[:, None]).T @ apart)
    axis = vectors[:, -1]
    return float(values[-1]), mean, axis * np.sign(axis[np.argmax(np.abs(axis))])
