"""The judge: how well each proposal explains the photo, all by the same measures, and which one is believed.

Every proposal is looked at through the photo's own camera. What it shows is held against the mask, against the
network's normals and depths, and against the photo's inner edges; how simple it is and whether it stands counts too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats
from maquette.generate.guess.input import Pixels, block_means, enlarge
from maquette.generate.guess.network import Guess
from maquette.generate.guess.volume import Field
from maquette.generate.hypotheses.proposal import Proposal, normals_of, visible_surface
from maquette.geometry.printing.resting import hull, margin

_RIM = 0.05  # half windows: nearer to the outline than this nobody's normals are worth much
_LAYER = 0.03  # of the height: what lies lower than this carries


def evidence(proposal: Proposal, body: Field, guess: Guess) -> dict[str, float]:
    """What speaks for a proposal.

    ``iou``: of the outlines. ``normal``: mean cosine with the network's normals. ``depth``: mean absolute difference
    of the visible depths beyond a shift, half windows. ``thick``: log of its volume over that of the network's body.
    ``edges``: correlation of its creases with the photo's edges. ``margin``: how far it is from tipping over, as a
    share of its height. ``apart``: share of the solid in other pieces than the photo shows.
    """
    shape = proposal.field
    hit, depth = visible_surface(shape)
    mask = body.outline > 0
    core = hit & (body.outline > _RIM)
    iou = float((hit & mask).sum() / max((hit | mask).sum(), 1))
    if core.sum() < 30:
        return {"iou": iou, "normal": 0.0, "depth": 1.0, "thick": 0.0, "edges": 0.0, "margin": -1.0, "apart": 0.0}
    normals = normals_of(np.where(hit, depth, depth[hit].mean()).astype(np.float32), shape.eye)
    said = _resize(guess.normal, body.resolution)
    said /= np.maximum(np.linalg.norm(said, axis=-1, keepdims=True), 1e-6)
    off = depth - body.front
    return {
        "iou": iou,
        "normal": float((normals * said).sum(axis=-1)[core].mean()),
        "depth": float(np.abs(off - np.median(off[core]))[core].mean()),
        "thick": float(np.log(max(_volume(shape), 1e-6) / max(_volume(body), 1e-6))),
        "edges": _edges(normals, guess, core),
        "margin": _margin(shape, proposal.up),
        "apart": fallen_apart(shape),
    }


def fallen_apart(shape: Field) -> float:
    """Share of the solid that lies outside its largest piece, beyond what of the outline does, 0..1."""
    return max(_beside_largest(shape.values > 0) - _beside_largest(shape.outline > 0), 0.0)


def _beside_largest(inside: Bools) -> float:
    """Share of what is inside that does not hang together with its largest piece."""
    from scipy.ndimage import label

    pieces, count = label(inside)
    if count < 2:
        return 0.0
    sizes = np.bincount(pieces.ravel())[1:]
    return float(1 - sizes.max() / sizes.sum())


def _resize(planes: Pixels, side: int) -> Pixels:
    """Planes (S, S, C) at (side, side, C)."""
    return np.stack([enlarge(planes[..., channel], side) for channel in range(planes.shape[-1])], axis=-1)


def _volume(shape: Field) -> float:
    """Of the solid cells, in half windows cubed; cells grow with their distance from the eye."""
    counts = (shape.values > 0).sum(axis=(1, 2))
    deep = 1 + (np.arange(len(counts)) * (2 / shape.resolution) - 0.8) / shape.eye
    return float((counts * deep**2).sum() * (2 / shape.resolution) ** 3)


def _edges(normals: Pixels, guess: Guess, core: NDArray[np.bool_]) -> float:
    """Correlation of where the normals turn quickly with where the photo's colours do."""
    from scipy.ndimage import gaussian_filter

    side = len(guess.mask)
    turns = np.zeros(normals.shape[:2])
    for axis in range(3):
        down, right = np.gradient(normals[..., axis])
        turns += down**2 + right**2
    turns = _reduce(np.sqrt(turns), side)
    light = gaussian_filter(guess.colors.mean(axis=-1), 0.7)
    down, right = np.gradient(light)
    inside = _reduce(core.astype(float), side) > 0.9
    if inside.sum() < 30:
        return 0.0
    a, b = gaussian_filter(turns, 0.7)[inside], np.hypot(down, right)[inside]
    spread = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 1e-9 else 0.0


def _reduce(plane: Floats, side: int) -> Floats:
    """A plane (R, R) as means over side x side blocks, where R allows; sampled otherwise."""
    if len(plane) % side == 0:
        return block_means(plane.astype(np.float32), len(plane) // side).astype(np.float64)
    return enlarge(plane.astype(np.float32), side).astype(np.float64)


def _margin(shape: Field, up: Floats) -> float:
    """How far the middle of the mass lies inside what carries, as a share of the height; negative: it tips over."""
    solid = np.argwhere(shape.values[::2, ::2, ::2] > 0) * 2.0
    if len(solid) < 10:
        return -1.0
    points = shape.unproject(solid)
    upward = up / max(float(np.linalg.norm(up)), 1e-9)
    side = np.cross(upward, [0.0, 0.0, 1.0])
    side = side / np.linalg.norm(side) if np.linalg.norm(side) > 0.1 else np.array([1.0, 0.0, 0.0])
    frame = np.stack([side, np.cross(upward, side), upward])
    local = points @ frame.T
    low, high = local[:, 2].min(), local[:, 2].max()
    weight = (1 + points[:, 2] / shape.eye) ** 2
    center = (local[:, :2] * weight[:, None]).sum(axis=0) / weight.sum()
    foot = local[local[:, 2] < low + _LAYER * (high - low), :2]
    return float(np.clip(margin(center, hull(foot)) / max(high - low, 1e-6), -1, 1))


FEATURES = ("iou", "normal", "depth", "thick", "edges", "margin")


def merits(some: Mapping[str, Proposal], body: Field, guess: Guess) -> dict[str, float]:
    """How much better each proposal is believed to be than the network's free form, whose merit is 0.

    A proposal starts with what its simplicity is worth and loses what it explains worse: the outline, the network's
    normals and depths, parts it had to attach, an axis that does not stand. The worths were set on 33 cut-out pictures,
    labelled by looking, and held against the validation objects; bench/RESULTS.md has both.
    """
    seen = {name: evidence(proposal, body, guess) for name, proposal in some.items()}
    plain = seen.get("body") or evidence(Proposal("body", body, guess.up, guess.up, ""), body, guess)
    return {name: merit(proposal, seen[name], plain) for name, proposal in some.items()}


def merit(proposal: Proposal, seen: Mapping[str, float], plain: Mapping[str, float]) -> float:
    """The merit of one proposal from its evidence and the body's; what falls apart loses."""
    return _explains(proposal, seen, plain) - _FALLING * min(seen["apart"], _WORST)


def _explains(proposal: Proposal, seen: Mapping[str, float], plain: Mapping[str, float]) -> float:
    """The merit of a proposal that hangs together."""
    normal, depth = seen["normal"] - plain["normal"], seen["depth"] - plain["depth"]
    numbers = proposal.numbers
    if proposal.name == "mirrored":
        if not numbers["aside"]:
            return _FACING + min(normal, 0.0) - 0.02 * max(numbers["above"] - _LEVEL, 0.0)
        return 0.035 + (0.0 if numbers["blank"] else min(normal, 0.0))
    if proposal.name == "turned":
        unlike = 0.1 if abs(numbers["lean"]) > _LYING else 0.0
        unlike += max(_COVERED - numbers["covered"], 0.0)  # what is mostly attached is not turned
        unlike += _SWOLLEN * max(seen["thick"] - _FULLER, 0.0)
        unlike += 1.2 * max(_OUTLINE - seen["iou"], 0) + 0.5 * max(_ROUND - seen["normal"], 0)  # figures are no vases
        rest = 0.3 * max(depth - 0.05, 0) + 0.3 * numbers["attached"] + unlike
        return 0.09 + _RIM_SEEN * numbers["rim"] + normal - rest
    if proposal.name == "box":
        rest = 2 * numbers["misfit"] + 0.3 * numbers["attached"] + 0.3 * max(depth - 0.05, 0)
        return 0.21 + normal - (1 - seen["iou"]) - rest
    if proposal.name == "slab":
        lies = np.clip((numbers["above"] - _LOOKS_DOWN) / 6, 0, 1) if numbers["widest"] < _SLENDER else 0.0
        rest = max(seen["depth"] - 0.07, 0) + (1 - seen["iou"])
        flat = lies > 0 or numbers["said"] < _SHEET  # then no worse than the network's own form will do
        bar = min(_LEVEL_WALL, plain["normal"] + _NO_WORSE) if flat else _LEVEL_WALL
        rest += _LEANING if numbers["lean"] and not flat else 0.0  # thick things do not lie like that
        return 0.045 + _LIES * float(lies) + 4 * min(seen["normal"] - bar, 1 - _LEVEL_WALL) - rest
    return 0.0


_FALLING, _WORST = 8.0, 0.05  # merit that each share of loose pieces costs; no more than this share counts
_LYING = 20.0  # degrees: an axis that leans further than this does not stand
_LEVEL = 30.0  # degrees: from higher above the outline is no longer that of the plane of symmetry
_LIES, _LOOKS_DOWN, _SLENDER = 0.25, 36.0, 0.2  # worth; degrees; half windows: forks lie on tables, parrots do not
_COVERED = 0.7  # of the outline
_OUTLINE, _ROUND = 0.97, 0.95  # intersection over union, cosine of normals: what is turned explains both so well
_SWOLLEN, _FULLER = 0.15, 0.35  # merit that a log of volume more than the free form's costs, beyond this
_LEANING = 0.1
_FACING = -0.03  # of what faces the camera its back is no mirror image: only where nothing else explains it
_SHEET = 0.4  # thickness that the network gives it, over the width of its widest part
_LEVEL_WALL, _NO_WORSE = 0.965, 0.02  # cosine of a plate's normals with the network's, and with its own form's beyond
_RIM_SEEN = 0.03  # what a rim speaks for a turned thing
