"""Fits the bed: can this printer make it in one piece?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding, Verdict
from maquette.core.words import figures
from maquette.registry import stage

_PRINTER = Printer.default()


@stage(destinations=("print",), gates=True)
def fits_bed(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose bed it must fit")] = _PRINTER,
) -> Iterable[Finding]:
    """Compare the model's box with the printer's, as it stands and turned about the vertical axis.

    The number is the share of the bed that it takes in the direction where it is tightest, in percent; above 100 it
    does not fit as it stands. A model that fits after a turn is a warning that names the angle; of one that does not,
    the message says how far to shrink it; ``split`` cuts it into pieces that fit. Pieces that were laid out on several
    plates are measured plate by plate, and the fullest one counts.
    """
    bed, plates = np.asarray(printer.bed_mm), _plates(asset)
    sizes = [np.ptp(points, axis=0) if len(points) else np.zeros(3) for points in plates]
    fullest = int(np.argmax([(size / bed).max() for size in sizes]))
    size, vertices = sizes[fullest], plates[fullest]
    used = float((size / bed).max())
    verdict: Verdict = "pass"
    message = f"{_text(size)} on {_text(bed)} of {printer.label}"
    if len(plates) > 1:
        message = f"the fullest of {len(plates)} plates takes {message}"
    if used > 1:
        angle, room = _best_turn(vertices, bed)
        verdict = "fail" if room < 1 else "warn"
        turned = f" turned by {angle} deg about z" if angle else ""
        message += f"; it fits{turned}" if room >= 1 else f"; it would fit{turned} at {room:.1%} of this size, or split"
    yield Finding(
        "fits-bed",
        verdict,
        message,
        value=100 * used,
        unit="% of the bed",
        limit="at most 100",
        source=printer.source("bed_mm"),
        fix="rotate" if verdict == "warn" else "scale-to",
    )


def _plates(asset: Asset) -> list[Floats]:
    """Vertices of each plate that ``lay-out`` named, (V, 3); the whole model where it named none."""
    mesh = asset.mesh
    names = [re.match(r"plate \d+(?=:)", name) for name in asset.part_names]
    if mesh.part is None or not names or not all(names):
        return [mesh.vertices]
    of_part = np.unique([match.group() for match in names if match], return_inverse=True)[1]
    of_face = of_part[mesh.part]
    return [mesh.vertices[np.unique(mesh.faces[of_face == plate])] for plate in np.unique(of_face)]


def _best_turn(vertices: Floats, bed: Floats) -> tuple[int, float]:
    """Whole degrees about z to turn it by, and the scale up to which it then fits the bed.

    A quarter turn if that will do, else the smallest angle within one per cent of the best.
    """
    outline = _outline(vertices[:, :2])
    angles = np.radians(np.arange(180))
    width = np.ptp(outline @ np.stack([np.cos(angles), -np.sin(angles)]), axis=0)  # (180,) along x after the turn
    extent = np.stack([width, np.roll(width, 90), np.full(180, np.ptp(vertices[:, 2]))], axis=1)
    room = np.divide(bed, extent, out=np.full((180, 3), np.inf), where=extent > 0).min(axis=1) + 1e-9
    enough = min(1.0, room.max() * 0.99)
    angle = 90 if room[90] >= enough and room[0] < enough else int(np.argmax(room >= enough))
    return angle, float(room[angle])


def _outline(points: Floats) -> Floats:
    """The corners of the convex hull of points (N, 2); all of them where they lie on a line."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        corners: Floats = points[ConvexHull(points).vertices]
        return corners
    except (QhullError, ValueError):
        return points


def _text(size: Floats) -> str:
    return " x ".join(figures(side, 4) for side in size) + " mm"
