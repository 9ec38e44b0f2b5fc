"""The subject's outline as a triangulated flat sheet: what inflate blows up and a cut-out relief stands on."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats
from maquette.core.errors import BadInput, CannotDo
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.geometry.flat.detail import reduce_blocks
from maquette.geometry.flat.outlines import (
    crossings,
    densify,
    grade_spacing,
    loop_areas,
    outlines,
    resample,
    room,
    smooth,
)
from maquette.geometry.flat.planar import Sheet, triangulate

Care = Literal["smoothed", "dense", "plain"]

_FINEST = 1024  # pixels along the subject's longer side that an outline is read at; more cost time and change nothing
_MOST_BORDER = 40_000  # outline points; a photographed thing has 500 to 5,000, noise has any number
_MOST_CROSSINGS = 300_000  # grid edges between inside and outside; a photographed thing has 2,000 to 30,000


def mask_of(subject: Subject, stage: str) -> NDArray[np.float32]:
    """The subject's mask, or ``BadInput`` when it has none or nothing is in it."""
    if subject.mask is None:
        raise BadInput(
            f"{stage}: the photo has no mask, so nobody knows what belongs to the subject; run `matte` first"
        )
    most = float(subject.mask.max())
    if most < 0.5:
        raise BadInput(f"{stage}: the mask is empty, its highest value is {most:.2f} of 1; run `matte` or `use-mask`")
    return subject.mask


def sheet_of(subject: Subject, stage: str, *, edge: float, smallest_share: float) -> Sheet:
    """The inside of the mask as triangles with edges about ``edge`` pixels long, points in pixels of the photo.

    Points are (column, row), the first pixel's centre at (0.5, 0.5). Near thin limbs, narrow gaps and sharp bends the
    triangles get as small as these ask for. Islands and holes below ``smallest_share`` of the subject's area go.
    """
    sheet, scale, corner = _sheet(mask_of(subject, stage), stage, edge, smallest_share)
    return Sheet(sheet.points * scale + corner, sheet.faces, sheet.rim)


def outline_loops(mask: NDArray[np.float32], stage: str, *, edge: float, smallest_share: float) -> list[Floats]:
    """The borders of the same sheet as closed loops (N, 2), islands and holes wound against each other."""
    sheet, scale, corner = _sheet(mask, stage, edge, smallest_share)
    after = np.full(len(sheet.points), -1)
    after[sheet.rim[:, 0]] = sheet.rim[:, 1]
    loops, left = [], set(sheet.rim[:, 0].tolist())
    while left:
        start = min(left)
        walk = [start]
        while (step := int(after[walk[-1]])) != start:
            walk.append(step)
        left -= set(walk)
        loops.append(sheet.points[walk] * scale + corner)
    return loops


def _sheet(mask: NDArray[np.float32], stage: str, edge: float, smallest_share: float) -> tuple[Sheet, float, Floats]:
    """The triangles over the mask's filled part, pixels per unit, and where its origin lies in the photo."""
    field, corner, scale = _field(mask)
    _refuse_noise(stage, crossings(field), _MOST_CROSSINGS, "crossings")
    edge = edge / scale
    loops = _keep_loops(outlines(field), smallest_share)
    attempts: tuple[Care, ...] = ("smoothed", "dense", "plain")  # the plain outline never crosses itself
    for care in attempts:
        border, spacing = _space_loops(loops, edge, care)
        _refuse_noise(stage, sum(len(loop) for loop in border), _MOST_BORDER, "points")
        sheet = triangulate(border, spacing, coarsest=edge)
        if sheet is not None:
            return sheet, scale, corner
    raise CannotDo(f"{stage}: the mask's outline touches itself; run `matte` again or bring a cleaner mask")


def _refuse_noise(stage: str, count: int, most: int, what: str) -> None:
    """``CannotDo`` where the outline is more ragged than any thing's."""
    if count > most:
        raise CannotDo(
            f"{stage}: the mask's outline has {count} {what}, more than {most} are noise and no thing;"
            " run `matte` again or bring a cleaner mask"
        )


def _field(mask: NDArray[np.float32]) -> tuple[Floats, Floats, float]:
    """The mask's filled part, at most ``_FINEST`` long, where its first node lies in the photo, and pixels per node."""
    rows, columns = (np.flatnonzero((mask >= 0.5).any(axis=axis)) for axis in (1, 0))
    top, bottom = max(rows[0] - 2, 0), rows[-1] + 3
    left, right = max(columns[0] - 2, 0), columns[-1] + 3
    part = mask[top:bottom, left:right]
    factor = int(np.ceil(max(part.shape) / _FINEST))
    if factor > 1:
        part = reduce_blocks(part, factor).astype(np.float32)
        if part.max() < 0.5:  # hairlines only: no cell is half full
            part = part / part.max()
    return part.astype(np.float64), np.array([left, top]) + factor / 2, float(factor)


def _keep_loops(loops: list[Floats], smallest_share: float) -> list[Floats]:
    """The loops worth keeping: an island or hole counts against the largest island."""
    areas = loop_areas(loops)
    kept = np.abs(areas) >= smallest_share * areas.max()
    specks, pinholes = int((~kept & (areas > 0)).sum()), int((~kept & (areas < 0)).sum())
    if specks:
        note(f"dropped {specks} specks")
    if pinholes:
        note(f"filled {pinholes} pinholes")
    return [loop for loop, keep in zip(loops, kept, strict=True) if keep]


def _space_loops(loops: list[Floats], edge: float, care: Care) -> tuple[list[Floats], list[Floats]]:
    """The loops with vertices as far apart as the shape allows, at most ``edge``, and the spacing at each."""
    if care != "plain":
        loops = [densify(loop, 0.7 * edge) for loop in loops]
    points, sizes = np.concatenate(loops), np.array([len(loop) for loop in loops])
    spacing = np.clip(0.7 * room(points, sizes, 2 * edge), min(0.7, edge), edge)
    if care == "smoothed":
        points = smooth(points, sizes, int(np.clip(round(edge), 1, 12)))
    spacing = grade_spacing(points, sizes, spacing, growth=0.25)
    cuts = np.cumsum(sizes)[:-1]
    parts = list(zip(np.split(points, cuts), np.split(spacing, cuts), strict=True))
    if care == "smoothed":
        parts = [resample(loop, values) for loop, values in parts]
    return [loop for loop, _ in parts], [values for _, values in parts]
