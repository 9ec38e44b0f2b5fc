"""What speaks for and against a mask: independent cues, each one number that a person could check by eye."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.photo.color import lab as to_lab
from maquette.photo.color import mixture
from maquette.photo.pointing import NOWHERE
from maquette.photo.salient_network import salient_odds
from maquette.photo.seen_by_network import Sight, see, see_ours
from maquette.photo.sizes import resize, scale_down

Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
WORK_PX = 256


@dataclass(frozen=True)
class Cues:
    """What speaks for and against a mask; shares are 0..1.

    ``agreement``: overlap with what our network sees, ``salient`` with what the published one does, ``firm``: how sure
    they are together; ``trust``: our network in itself; ``doubt``: where the network
    fears to be wrong, against the mask's area; ``parted``: pixels whose color is on their own side; ``on_edges``: edges
    along the outline against all edges; ``framed``: outline along the frame; ``ragged``: logarithm of outline squared
    over that of a disc; ``pieces``: logarithm of their number; ``daylight``: holes against the area; ``area``: of the
    picture.
    """

    agreement: float
    salient: float
    firm: float
    trust: float
    doubt: float
    parted: float
    on_edges: float
    framed: float
    ragged: float
    pieces: float
    daylight: float
    area: float

    def numbers(self) -> Singles:
        """In the order of the fields, (12,)."""
        return np.array(dataclasses.astuple(self), np.float32)


def cues_of(pixels: Bytes, mask: Singles) -> Cues | None:
    """The cues of a mask (H, W) over its picture (H, W, 3); None where there is no network to compare with."""
    sight = see(pixels)
    if sight is None:
        return None
    small = scale_down(pixels, WORK_PX)
    inside = resize(mask, small.shape[:2]) > 0.5
    lab = to_lab(small).astype(np.float32)
    ours, salient = see_ours(pixels) or sight, salient_odds(pixels, NOWHERE.box)
    published = sight if salient is None else dataclasses.replace(sight, odds=salient)
    agreement, doubt = _sight_overlap(ours, inside)
    return Cues(
        agreement, _sight_overlap(published, inside)[0], sight.firmness, sight.trust, doubt,
        _color_parting(lab, inside), _on_edges(lab, inside), *_shape(inside),
    )  # fmt: skip


def _sight_overlap(sight: Sight, inside: Bools) -> tuple[float, float]:
    """Overlap with the network's mask, and its doubt against the mask's area."""
    chance, doubt = resize(sight.chance, inside.shape), resize(sight.doubt, inside.shape)
    both = float(np.minimum(chance, inside).sum())
    return both / max(float(np.maximum(chance, inside).sum()), 1.0), min(float(doubt.sum() / max(inside.sum(), 1)), 2.0)


def _color_parting(lab: Singles, inside: Bools) -> float:
    """Share of the pixels near the outline that the colors of the other half of the pixels put on their own side."""
    from scipy.ndimage import binary_dilation, binary_erosion

    reach = max(3, min(inside.shape) // 12)
    near = binary_dilation(inside, iterations=reach) & ~binary_dilation(inside, iterations=2)
    core = inside & ~binary_erosion(inside, iterations=3 * reach, border_value=1)
    rows, columns = np.indices(inside.shape)
    half = (rows // 4 + columns // 4) % 2 == 0
    if min((core & half).sum(), (near & half).sum(), (core & ~half).sum(), (near & ~half).sum()) < 20:
        return 0.5
    odds = []
    for region in (core & half, near & half):
        colors = lab[region][:: max(1, int(region.sum()) // 2000)]
        odds.append(mixture(colors, np.ones(len(colors), np.float32), 4).log_likelihood(lab.reshape(-1, 3)))
    more = (odds[0] - odds[1]).reshape(inside.shape)
    return float(((more > 0)[core & ~half].mean() + (more <= 0)[near & ~half].mean()) / 2)


def _on_edges(lab: Singles, inside: Bools) -> float:
    """Slopes along the outline against those elsewhere: 0.5 as strong, near 1 far stronger."""
    from scipy.ndimage import binary_dilation, binary_erosion, maximum_filter

    slope = np.sqrt(sum(part**2 for channel in np.moveaxis(lab, -1, 0) for part in np.gradient(channel)))
    line = binary_dilation(inside) & ~binary_erosion(inside, border_value=1)
    line[[0, -1]] = False
    line[:, [0, -1]] = False
    if line.sum() < 8:
        return 0.5
    along, usual = float(np.mean(maximum_filter(slope, 3)[line])), float(np.mean(maximum_filter(slope, 3)))
    return along / max(along + usual, 1e-6)


def _shape(inside: Bools) -> tuple[float, float, float, float, float]:
    """Outline along the frame, raggedness, pieces, holes and area; see `Cues`."""
    from scipy.ndimage import binary_erosion, binary_fill_holes, label

    area = max(float(inside.sum()), 1.0)
    outline = float((inside & ~binary_erosion(inside)).sum())
    border = np.concatenate([inside[0], inside[-1], inside[1:-1, 0], inside[1:-1, -1]]).sum()
    pieces, count = label(inside)
    sizes = np.bincount(pieces.ravel())[1:] if count else np.zeros(1)
    real = int((sizes > 0.05 * sizes.max()).sum())
    holes = float(binary_fill_holes(inside).sum()) - area
    ragged = float(np.log(max(outline**2 / (4 * np.pi * area), 0.5)))
    return float(border / max(outline, 1)), ragged, float(np.log(max(real, 1))), holes / area, area / inside.size
