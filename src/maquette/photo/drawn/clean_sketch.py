"""Clean-sketch: a photographed or scanned line drawing becomes a subject, its closed outline the mask."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Bools, Floats
from maquette.core.errors import CannotDo
from maquette.core.progress import note, progress
from maquette.core.subject import Subject
from maquette.photo.drawn.ink import dark_on_light, ink_of, on_white, sheet_light, stroke_width
from maquette.photo.drawn.strokes import fill_gaps, join_strokes
from maquette.registry import stage

Singles = NDArray[np.float32]

_LONGER = 1024  # pixels that the strokes are looked for on
_LOOSE = 0.75  # of a stroke's width: lines that enclose nothing are thinner than twice that
_ENCLOSED = 0.02  # of the drawing's box: less than that within closed lines is no shape
_ASIDE = 0.02  # of the largest shape: smaller ones beside it are not of it
_NEARLY_ALIKE = 0.86  # intersection over union of the two halves of what a hand meant to be alike
_LIMBS = 0.4  # of the lines' length: so much that encloses nothing is arms and legs, not shading
_COLORED, _FELT = 0.12, 3.0  # of 0..1: paper is grayer; pixels over which color is felt, for photos blur it
_LITTLE = 1e-3  # weight of the tint where no paper is near
_HALF = 0.7  # of the fullest column: where a half drawing's axis stands
_TINT = np.array([0.87, 0.84, 0.785])  # of what was left white


@stage
def clean_sketch(
    subject: Subject,
    *,
    join_share: Annotated[
        float, Field(ge=0, le=0.3, description="gaps in lines up to this share of the longer side are closed")
    ] = 0.06,
    complete: Annotated[
        Literal["auto", "off", "half"],
        Field(description="auto: even out what is nearly alike; half: mirror it about its straight side"),
    ] = "auto",
    lines: Annotated[float, Field(ge=0, le=1, description="how dark lines inside stay; 0: none")] = 0.6,
) -> Subject:
    """Take a drawing of lines for a thing: what its outline encloses is the subject.

    Uneven light and paper are evened out, dust goes, open strokes are joined end to end or to the line that they run
    into; chalk on a board works like ink on paper. What lines enclose becomes the mask, with smooth borders; lines
    that enclose nothing are left out, and where nothing encloses anything, as in stick figures, the strokes themselves
    are the subject. Colors inside stay, white becomes a warm gray. Figures nearly alike left and right become so.
    ``half`` is for profiles drawn against an axis, as turners do. Regions inside an outline count as filled. Refuses a
    sheet without lines.
    """
    from PIL import Image

    scale = min(1.0, _LONGER / max(subject.width, subject.height))
    size = max(1, round(subject.width * scale)), max(1, round(subject.height * scale))
    sheet = np.asarray(Image.fromarray(_on_paper(subject)).resize(size, Image.Resampling.BOX), np.float64) / 255
    sheet = dark_on_light(sheet)
    colors = on_white(sheet)
    share = colors.max(axis=-1)  # red and yellow fillings are as light as paper by their brightest channel
    ink, level = ink_of(share)
    if not ink.any():
        raise CannotDo("clean-sketch: there are no lines on this sheet; draw darker, or photograph it from nearer")
    progress(0.3, "found the strokes")
    width = stroke_width(ink)
    joined, count = join_strokes(ink, join_share * max(size), width)
    if count:
        note(f"gaps between strokes joined: {count}; --join-share {join_share / 2:.2g} joins less")
    inside = _inside_of(joined, width, join_share * max(size))
    progress(0.6, "filled the outline")
    colors = _paint_in(sheet_light(sheet, inside | ink), share, level, inside, lines)
    colors, weight = _complete(colors, _soft(inside, width), complete, width)
    return Subject(
        np.round(np.clip(colors, 0, 1) * 255).astype(np.uint8), mask=weight, title=subject.title,
        mm_per_pixel=subject.mm_per_pixel and subject.mm_per_pixel / scale,
    )  # fmt: skip


def _on_paper(subject: Subject) -> NDArray[np.uint8]:
    """The picture's pixels, a transparent ground as white paper."""
    if subject.mask is None:
        return subject.pixels
    weight = subject.mask[..., None]
    return np.round(subject.pixels * weight + 255 * (1 - weight)).astype(np.uint8)


def _inside_of(ink: Bools, width: float, reach: float) -> Bools:
    """What lines (H, W) enclose, included, joined over gaps up to ``reach`` pixels and without bystanders."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt, label
    from skimage.morphology import skeletonize

    filled = binary_fill_holes(ink)
    rows, columns = np.nonzero(ink)
    box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    if (filled & ~ink).sum() < _ENCLOSED * box:
        note("nothing is enclosed by lines; the strokes themselves are taken for the thing")
        return ink
    far = _LOOSE * width + 1
    core = distance_transform_edt(np.pad(filled, 1))[1:-1, 1:-1] > far
    shapes = (distance_transform_edt(~core) <= far) & filled
    middles = skeletonize(ink)
    if (middles & ~shapes).sum() > _LIMBS * middles.sum():
        shapes = filled
    shapes, count = label(shapes)
    sizes = np.bincount(shapes.ravel())[1:]
    keep = np.array([False, *(sizes >= _ASIDE * sizes.max())]) if count else np.zeros(1, bool)
    inside = fill_gaps(shapes * keep[shapes], reach) if keep.sum() > 1 else keep[shapes]
    if (parts := label(inside)[1]) > 1:
        note(f"{parts} closed shapes; each is a part")
    return inside


def _soft(inside: Bools, width: float) -> Singles:
    """The mask (H, W) 0..1 with the wobble of the hand, up to half a stroke, evened out of its border."""
    from scipy.ndimage import gaussian_filter

    even = gaussian_filter(np.clip(_distance_inside(inside), -3 * width, 3 * width), width / 2)
    soft: Singles = np.clip(even + 0.5, 0, 1).astype(np.float32)
    return soft


def _paint_in(colors: Floats, share: Floats, level: float, inside: Bools, lines: float) -> Floats:
    """Colors (H, W, 3): what was colored in stays, paper gets a tint, lines stay as dark as asked."""
    from scipy.ndimage import gaussian_filter

    chroma = np.ptp(gaussian_filter(colors, (_FELT, _FELT, 0)), axis=-1)
    ground = np.where((chroma > _COLORED)[..., None], colors, _TINT)
    paper = (share >= level) & inside
    spread = 0.01 * max(inside.shape)
    weight = gaussian_filter(paper.astype(float), spread)
    sums = [gaussian_filter(ground[..., c] * paper, spread) + _LITTLE * _TINT[c] for c in range(3)]
    even = np.stack(sums, axis=-1) / (weight + _LITTLE)[..., None]
    under = np.where(paper[..., None], ground, even)  # below the lines, what is beside them
    dark = lines * np.clip((1 - share) / max(1 - level, 1e-3) - 0.3, 0, 1)[..., None]
    result: Floats = under * (1 - 0.8 * dark)
    return result


def _complete(colors: Floats, weight: Singles, how: str, width: float) -> tuple[Floats, Singles]:
    """Colors (H, W, 3) and mask (H, W) evened out left and right, or doubled about a half's straight side."""
    columns = np.flatnonzero((weight >= 0.5).any(axis=0))
    if how == "off" or not len(columns):
        return colors, weight
    if how == "half":
        return _double(colors, weight, round(1.5 * width))
    own = slice(int(columns[0]), int(columns[-1]) + 1)
    mask = weight[:, own]
    inside, other = mask >= 0.5, mask[:, ::-1] >= 0.5
    if (inside & other).sum() < _NEARLY_ALIKE * (inside | other).sum():
        return colors, weight
    note("evened out left and right, for they are nearly alike; --complete off leaves them")
    result = weight.copy()
    result[:, own] = np.clip(_between(mask, mask[:, ::-1]), 0, 1)
    return colors, result


def _double(colors: Floats, weight: Singles, line: int) -> tuple[Floats, Singles]:
    """A half drawing and its mirror image about its straighter side, without the line that it was drawn against."""
    full = (weight >= 0.5).sum(axis=0)
    columns = np.flatnonzero(full >= _HALF * full.max())
    used = np.flatnonzero(full)
    is_right = used[-1] - columns[-1] <= columns[0] - used[0]
    low, high = (used[0], columns[-1] - line) if is_right else (columns[0] + line, used[-1] + 1)
    if high <= low:
        raise CannotDo(
            "clean-sketch: beside its axis this half drawing holds nothing; draw the profile too, or take complete off"
        )
    own = slice(int(low), int(high))
    note(f"mirrored about its {'right' if is_right else 'left'} side")

    def both(plane: Floats, ground: float) -> Floats:
        part = plane[:, own]
        edge = np.full((len(part), max(4, part.shape[1] // 10), *part.shape[2:]), ground, part.dtype)
        pair = [part, part[:, ::-1]] if is_right else [part[:, ::-1], part]
        return np.concatenate([edge, *pair, edge], axis=1)

    return both(colors, 1.0), both(weight.astype(np.float64), 0.0).astype(np.float32)


def _between(one: Singles, other: Singles) -> Singles:
    """The mask (H, W) halfway between two: where the mean of their signed distances is above 0."""
    return ((_distance_inside(one >= 0.5) + _distance_inside(other >= 0.5)) / 2 + 0.5).astype(np.float32)


def _distance_inside(inside: Bools) -> Floats:
    """How far each pixel (H, W) lies within the border of a shape, negative outside."""
    from scipy.ndimage import distance_transform_edt

    signed: Floats = np.where(inside, distance_transform_edt(inside) - 0.5, 0.5 - distance_transform_edt(~inside))
    return signed
