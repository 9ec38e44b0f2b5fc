"""Is a mask likely the subject, the whole of it and nothing else? Independent cues, weighed by what masks taught.

Each cue is one number that a person could check by eye. None is enough alone: a car that wears the hill behind it has
crisp edges and one piece, but its colors do not part and the network sees another shape. The weights are a logistic
regression on masks of known overlap (`bench/mask_truth.py` fits and tests them on other pictures).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.photo.color import lab as to_lab
from maquette.photo.color import mixture
from maquette.photo.seen_by_network import Sight, see
from maquette.photo.segment import resize, scale_down

Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
WORK_PX = 256


@dataclass(frozen=True)
class Cues:
    """What speaks for and against a mask; shares are 0..1.

    ``agreement``: overlap with what the network sees; ``trust``: the network in itself; ``doubt``: where the network
    fears to be wrong, against the mask's area; ``parted``: pixels whose color is on their own side; ``on_edges``:
    edges along the outline against all edges; ``framed``: outline along the frame; ``ragged``:
    logarithm of outline squared over that of a disc; ``pieces``: logarithm of their number; ``daylight``: holes against
    the area; ``area``: of the picture.
    """

    agreement: float
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
        """In the order of the fields, (10,)."""
        return np.array(dataclasses.astuple(self), np.float32)


WEIGHTS = Cues(2.0, 2.0, -2.0, 2.0, 1.0, -1.0, -0.5, -0.5, -0.5, 0.0)
BASE = -3.0
LIMIT = 0.5  # chance of an overlap of 0.8 below which a mask is not believed


WAYS_OUT = (
    "point at the thing (point = x,y, or box), take a photo of it alone on a plain ground, or give a mask of your own "
    "(use-mask)"
)
LIMIT_WORDS = f"at least {LIMIT} likely to share 0.8 with the thing"


def mask_truth(subject: Subject) -> Finding:
    """Whether the mask is likely the thing, the whole of it and nothing else; one that somebody gave is believed."""
    assert subject.mask is not None
    if not was_cut_here(subject):
        return Finding("mask", "pass", "the mask came with the photo", limit=LIMIT_WORDS)
    cues = cues_of(subject.pixels, np.asarray(subject.mask))
    if cues is None:
        return Finding("mask", "unknown", "no network here to compare the cut with; look at it yourself")
    chance = round(chance_of_truth(cues), 2)
    if chance >= LIMIT:
        return Finding("mask", "pass", "what was cut out is likely the thing", value=chance, limit=LIMIT_WORDS)
    message = f"what was cut out may not be the thing ({_weakest(cues)}); look at the picture, then {WAYS_OUT}"
    return Finding("mask", "fail", message, value=chance, limit=LIMIT_WORDS, fix="matte")


def was_cut_here(subject: Subject) -> bool:
    """Whether the mask is our own guess: the last step that gave one was `matte`, and it did not keep one."""
    for step in reversed(subject.history):
        if step.stage == "use-mask":
            return False
        if step.stage == "matte":
            return not any(note.startswith("kept the mask") for note in step.notes)
    return False


def _weakest(cues: Cues) -> str:
    """The cue that speaks most against it, in words."""
    against = {
        "another look at it sees another shape": 0.9 - cues.agreement,
        "inside and outside have the same colors": 0.95 - cues.parted,
        "its outline follows no edges": 0.75 - cues.on_edges,
        "the frame cuts much of it": cues.framed - 0.1,
        "it falls apart": cues.pieces - 0.3,
        "its outline is ragged": (cues.ragged - 2.0) / 3,
    }
    return max(against, key=against.__getitem__)


def chance_of_truth(cues: Cues) -> float:
    """How likely the overlap with the true mask is 0.8 and more, 0..1."""
    return float(1 / (1 + np.exp(-(BASE + float(WEIGHTS.numbers() @ cues.numbers())))))


def cues_of(pixels: Bytes, mask: Singles) -> Cues | None:
    """The cues of a mask (H, W) over its picture (H, W, 3); None where there is no network to compare with."""
    small = scale_down(pixels, WORK_PX)
    sight = see(pixels)
    if sight is None:
        return None
    shape = small.shape[:2]
    weight = resize(mask, shape)
    inside = weight > 0.5
    lab = to_lab(small).astype(np.float32)
    agreement, doubt = _seen(sight, inside)
    return Cues(
        agreement, sight.trust, doubt, _parted(lab, inside), _on_edges(lab, inside), *_shape(inside)
    )  # fmt: skip


def _seen(sight: Sight, inside: Bools) -> tuple[float, float]:
    """Overlap with the network's mask, and its doubt against the mask's area."""
    chance, doubt = resize(sight.chance, inside.shape), resize(sight.doubt, inside.shape)
    both = float(np.minimum(chance, inside).sum())
    return both / max(float(np.maximum(chance, inside).sum()), 1.0), min(float(doubt.sum() / max(inside.sum(), 1)), 2.0)


def _parted(lab: Singles, inside: Bools) -> float:
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
