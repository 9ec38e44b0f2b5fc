"""Inspect: how well a photo is suited, and for which route, before anybody waits for a shape.

The rules are the trade's: one subject, whole, centred, on a plain ground, sharp, in even light, large enough. A few
minutes on the photo save more time than any repair of the model.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.report import Finding, Verdict
from maquette.core.subject import Subject
from maquette.photo.autofix import blockiness
from maquette.photo.inspect_picture import inspect_picture
from maquette.photo.kind_of_picture import chance_drawn
from maquette.photo.mask_truth import mask_truth
from maquette.registry import stage

Floats = NDArray[np.float32]
_SCENE = 3.5  # grey levels of unrest behind the subject; desks and walls have 2, the calmest of 19 scenes 4.1
_SMALL = 0.08  # of the picture: a busy one shows much beside what was cut out of it; a dog on a lawn has 0.13
_RUNS_OUT, _RUNS_OUT_BUSY = 0.25, 0.04  # of the border; on a plain ground a bust may stand on the frame
_SPECK = 0.045  # of the picture; a fork, the smallest of 72 whole things, has 0.052
_TILE = 0.95  # of its box that it fills: a card, a tile, a front; rolls and chips have 0.87
WORK_PX = 768  # measures are taken at this long side, so that they mean the same for every photo
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec. 709
GUIDES = "photo guides of image-to-3D services"


@stage
def inspect(
    subject: Subject,
    *,
    min_full_px: Annotated[int, Field(ge=1, description="long side that full 3D asks for")] = 1024,
    min_relief_px: Annotated[int, Field(ge=1, description="short side that a relief asks for")] = 1500,
) -> Iterable[Finding]:
    """Say what in a photo will hurt, with numbers, and whether full 3D or a relief suits it.

    Works with or without a mask; what needs one is "unknown" without it. Nothing is changed. The finding ``mask`` says
    whether the cut-out is likely the subject; a recipe stops where it fails. The finding ``route`` carries the score:
    0.5 and above is full 3D.
    """
    pixels, mask = _small(subject)
    luma = pixels @ LUMA  # 0..255
    yield from _resolution(subject, min_full_px, min_relief_px)
    truth = None if mask is None else mask_truth(subject)
    if mask is None or truth is None:
        reason = "nothing is cut out yet; run matte or use-mask first"
        yield from (Finding(name, "unknown", reason) for name in ("one-subject", "centred", "whole", "outline", "mask"))
    else:
        yield from (_one_subject(mask), _centering(mask), _whole(mask), _outline(mask), truth)
    ground = _background(pixels, mask)
    yield from (ground, _sharp(luma, mask), _light(luma, mask), _contrast(luma, mask))
    yield _blocks(subject)
    yield from inspect_picture(subject, np.clip(pixels, 0, 255).astype(np.uint8), _inside(pixels.shape[:2], mask))
    is_busy = (ground.value or 0.0) > _SCENE
    is_doubted = truth is not None and truth.verdict == "fail"
    yield _route(pixels, mask, is_busy=is_busy, is_doubted=is_doubted)


def recommended_route(findings: Iterable[Finding]) -> Literal["full", "relief"]:
    """The route that the findings speak for; full 3D where they are silent."""
    score = next((finding.value for finding in findings if finding.check == "route"), None)
    return "relief" if score is not None and score < 0.5 else "full"


def _small(subject: Subject) -> tuple[Floats, Floats | None]:
    """Pixels and mask at the working size."""
    from PIL import Image

    scale = min(1.0, WORK_PX / max(subject.width, subject.height))
    size = max(1, round(subject.width * scale)), max(1, round(subject.height * scale))
    image = Image.fromarray(subject.pixels).resize(size, Image.Resampling.BOX)
    if subject.mask is None:
        return np.asarray(image, np.float32), None
    return np.asarray(image, np.float32), np.asarray(
        Image.fromarray(np.asarray(subject.mask)).resize(size, Image.Resampling.BOX)
    )


def _grade(value: float, warn: float, fail: float) -> Verdict:
    """A verdict for a number that is better when smaller."""
    return "fail" if value > fail else "warn" if value > warn else "pass"


def _finding(
    check: str,
    verdict: Verdict,
    good: str,
    bad: str,
    *,
    value: float,
    limit: str,
    unit: str = "",
    fix: str | None = None,
) -> Finding:
    """A finding with one text for a pass and one for anything else."""
    text = good if verdict == "pass" else bad
    return Finding(check, verdict, text, value=value, unit=unit, limit=limit, source=GUIDES, fix=fix)


def _resolution(subject: Subject, full_px: int, relief_px: int) -> Iterable[Finding]:
    """Enough pixels for full 3D and for a relief."""
    long, short = max(subject.width, subject.height), min(subject.width, subject.height)
    size = f"{subject.width} x {subject.height} px"
    yield Finding(
        "resolution",
        "pass" if long >= full_px else "warn",
        f"{size} is enough for full 3D" if long >= full_px else f"{size}; fine detail will be missing, take it closer",
        value=long,
        unit="px",
        limit=f"at least {full_px} on the long side; above 2048 adds nothing",
        source=GUIDES,
    )
    yield Finding(
        "relief-resolution",
        "pass" if short >= relief_px else "warn",
        f"{size} is enough for a relief" if short >= relief_px else f"{size}; edges of a relief will be soft",
        value=short,
        unit="px",
        limit=f"at least {relief_px} on the short side",
        source=GUIDES,
    )


def pieces(mask: Floats) -> tuple[int, float]:
    """How many blobs there are, and the area of all but the largest against it."""
    from scipy.ndimage import label

    blobs, count = label(mask >= 0.5)
    areas = np.sort(np.bincount(blobs.ravel())[1:])[::-1] if count else np.zeros(1)
    return count, float(areas[1:].sum() / max(areas[0], 1))


def _one_subject(mask: Floats) -> Finding:
    """Area of everything beside the largest blob, against it."""
    count, beside = pieces(mask)
    return _finding(
        "one-subject",
        _grade(beside, 0.05, 0.5),
        "one subject",
        f"{count} separate pieces; photograph one thing alone",
        value=round(beside, 3),
        limit="at most 0.05 of the largest piece's area",
        fix="matte",
    )


def _centering(mask: Floats) -> Finding:
    """How far the subject's middle lies from the frame's, in frame sizes."""
    rows, columns = np.nonzero(mask >= 0.5)
    if not len(rows):
        return Finding("centred", "fail", "the mask is empty", fix="matte")
    middle = np.array([rows.mean() / mask.shape[0], columns.mean() / mask.shape[1]])
    offset = float(np.abs(middle - 0.5).max())
    return _finding(
        "centred",
        _grade(offset, 0.2, 0.5),
        "in the middle",
        "off the middle; crop puts it right",
        value=round(offset, 3),
        limit="at most 0.2 of the frame",
        fix="crop",
    )


def touching(mask: Floats) -> float:
    """Share of the frame's border that the subject covers."""
    border = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    return float((border >= 0.5).mean())


def _whole(mask: Floats) -> Finding:
    """Nothing cut off by the frame."""
    share = touching(mask)
    return _finding(
        "whole",
        _grade(share, 0.005, 0.25),
        "whole in the frame",
        f"the frame cuts it off along {share:.0%} of its border; step back until all of it is in the picture",
        value=round(share, 4),
        limit="at most 0.005 of the border",
    )


def _outline(mask: Floats) -> Finding:
    """How much of the cut-out is undecided, against the length of its outline."""
    from scipy.ndimage import binary_erosion

    inside = mask >= 0.5
    outline = max(1, int((inside & ~binary_erosion(inside)).sum()))
    undecided = float(((mask > 0.1) & (mask < 0.9)).sum() / outline)
    return _finding(
        "outline",
        _grade(undecided, 4.0, 20.0),
        "the outline is crisp",
        f"the outline is {undecided:.1f} px wide; a plainer ground or a mask of your own (use-mask) helps",
        value=round(undecided, 2),
        unit="px",
        limit="at most 4 px of doubt across the outline",
        fix="use-mask",
    )


def _background(pixels: Floats, mask: Floats | None) -> Finding:
    """Unrest behind the subject: mean step between neighbours where it surely is not, 0..255."""
    steps = _steps(pixels.mean(axis=2))
    behind = np.zeros(steps.shape, bool)
    if mask is None:
        edge = max(2, min(steps.shape) // 12)
        behind[:edge], behind[-edge:], behind[:, :edge], behind[:, -edge:] = True, True, True, True
    else:
        behind = mask < 0.02
    if behind.sum() < 16:
        return Finding("background", "unknown", "the subject leaves no ground to judge")
    unrest = float(steps[behind].mean())
    return _finding(
        "background",
        _grade(unrest, 6.0, 40.0),
        "a plain ground",
        "a busy ground; put a sheet of paper behind it",
        value=round(unrest, 2),
        limit="at most 6 grey levels from pixel to pixel",
    )


def _steps(luma: Floats) -> Floats:
    """Largest difference to the right and lower neighbour, (H, W)."""
    right = np.abs(np.diff(luma, axis=1, append=luma[:, -1:]))
    down = np.abs(np.diff(luma, axis=0, append=luma[-1:]))
    return np.maximum(right, down)


def _inside(shape: tuple[int, ...], mask: Floats | None) -> NDArray[np.bool_]:
    """Where the subject is; everywhere when nobody knows."""
    if mask is None or not (mask >= 0.5).any():
        return np.ones(shape, bool)
    return np.asarray(mask >= 0.5)


def _sharp(luma: Floats, mask: Floats | None) -> Finding:
    """Sharpness: the 99th percentile of the step between neighbours inside the subject, against its contrast."""
    inside = _inside(luma.shape, mask)
    low, high = np.percentile(luma[inside], [2, 98])
    sharpness = float(np.percentile(_steps(luma)[inside], 99) / max(high - low, 8.0))
    return _finding(
        "sharp",
        "pass" if sharpness >= 0.08 else "warn",
        "sharp",
        "soft or blurred; hold still, focus on the subject",
        value=round(sharpness, 3),
        limit="at least 0.08 of the contrast within one pixel",
        fix="autofix",
    )


def _light(luma: Floats, mask: Floats | None) -> Finding:
    """Share of the subject that is burnt out or drowned in black."""
    values = luma[_inside(luma.shape, mask)]
    lost = float(((values > 252) | (values < 4)).mean())
    return _finding(
        "light",
        _grade(lost, 0.2, 0.8),
        "the light shows the whole surface",
        f"{lost:.0%} of it is burnt out or black; use soft, even light without flash",
        value=round(lost, 3),
        limit="at most 0.2 of the subject",
        fix="autofix",
    )


def _contrast(luma: Floats, mask: Floats | None) -> Finding:
    """Range of brightness inside the subject, 5th to 95th percentile of 255."""
    low, high = np.percentile(luma[_inside(luma.shape, mask)], [5, 95])
    spread = float(high - low) / 255.0
    return _finding(
        "contrast",
        "pass" if spread >= 0.15 else "warn",
        "enough contrast for a relief",
        "little contrast; a relief of it will be flat",
        value=round(spread, 3),
        limit="at least 0.15 of the range",
        fix="autofix",
    )


def _blocks(subject: Subject) -> Finding:
    """JPEG blockiness: steps across 8 px block borders against steps elsewhere (Wang, Bovik and Evans 2000)."""
    measured = blockiness((subject.pixels @ LUMA).astype(np.float32))
    return _finding(
        "compression",
        _grade(measured, 1.35, 4.0),
        "no compression blocks",
        "compressed hard; use the original file",
        value=round(measured, 3),
        limit="at most 1.35 between block borders and the rest",
        fix="autofix",
    )


def _route(pixels: Floats, mask: Floats | None, *, is_busy: bool = False, is_doubted: bool = False) -> Finding:
    """Full 3D for a thing that stands free, a relief for flat art and for pictures without a free-standing subject.

    A scene is a busy picture whose cut-out is likely no thing (a sailboat before trees, a heap of fruit) or a small
    part of it (a kite over a beach), or leaves the frame but by its lower edge, on which a bust stands. On a plain
    ground a doubtful cut-out is still of the thing that lies there, unless it is a speck.

    What stands free and whole may still be flat art: `chance_drawn` says how likely.
    """
    drawn = chance_drawn(np.clip(pixels, 0, 255).astype(np.uint8), _inside(pixels.shape[:2], mask))
    score, why = 1 - drawn, "a thing that stands free" if drawn < 0.5 else "flat art: it looks drawn"
    if mask is None:
        score, why = 0.2, "nothing in it stands free of its ground"
    elif (mask >= 0.5).mean() < _SPECK:
        score, why = 0.25, "a speck in it stands out, and the picture is the rest"
    elif is_busy and (is_doubted or (mask >= 0.5).mean() < _SMALL):
        score, why = 0.25, "a scene, from which no one thing stands free"
    elif touching(mask) > _most_touching(mask, is_busy) or (mask >= 0.5).mean() > 0.85:
        score, why = 0.3, "the subject runs out of the frame"
    elif pieces(mask)[1] > 0.35:
        score, why = 0.4, "several pieces, which only a plate holds together"
    elif _fills_its_box(mask) > _TILE:
        score, why = 0.35, "a tile, a card or a front, of which no side is seen"
    name = "full 3D" if score >= 0.5 else "relief"
    limit = "full 3D from 0.5"
    return Finding("route", "pass", f"{name}: {why}", value=round(score, 3), limit=limit)


def _most_touching(mask: Floats, is_busy: bool) -> float:
    """How much of the border a subject may cover and still be whole; on a busy ground little but its lower edge."""
    lower = float((mask[-1] >= 0.5).sum() / (2 * sum(mask.shape)))
    return _RUNS_OUT if not is_busy or touching(mask) - lower <= _RUNS_OUT_BUSY else _RUNS_OUT_BUSY


def _fills_its_box(mask: Floats) -> float:
    """Share of the upright box around the subject that it covers; 0 of an empty mask."""
    rows, columns = np.nonzero(mask >= 0.5)
    if not len(rows):
        return 0.0
    box = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return float((box >= 0.5).mean())
