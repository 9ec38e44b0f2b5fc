"""OpenSCAD: simple parts as a script with named sizes, so that a replacement is made exact by editing numbers.

What a part is, is read off its sections: a box has the same rectangle at every height, a turned part circles, a plate
the same outline all through its thickness. Written that way it holds the same volume as the mesh.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadInput, CannotDo
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.geometry.cut.sections import in_plane, outline_pieces
from maquette.geometry.printing.resting import hull
from maquette.geometry.surface import signed_volume
from maquette.registry import stage

_LEVELS = 48
_AREA = 0.04  # of a section's area that may be missing: rounded edges, and the surface's noise
_ROUND = 0.05  # of a radius that a circle may be off by
_TRUE = 0.06  # of a size by which the volume may speak against it
_NAMES = ("x", "y", "z")
_AXES = (2, 1, 0)  # upright first


@dataclass(frozen=True)
class Sections:
    """Cuts across an axis: heights (N,), enclosed areas (N,), and the loose pieces (M, 2, 2) of each outline."""

    axis: int
    heights: Floats
    areas: Floats
    pieces: list[Floats]

    @property
    def points(self) -> Floats:
        """All outline points, (K, 2)."""
        return np.concatenate([piece[:, 0] for piece in self.pieces])


@stage(writes=(".scad",), destinations=("print",))
def write_scad(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, description="file name without its ending")] = "model",
    tolerance_mm: Annotated[
        float, Field(gt=0, le=10, description="how far a plate's outline may be moved to take points away")
    ] = 0.1,
) -> Files:
    """Write a box, a turned part or a plate as an OpenSCAD script whose sizes have names.

    The script holds the volume of the mesh; rounded edges and relief, within 4 % of a section, are left out. Colours
    stay behind. Refuses what is none of the three, with the numbers that speak against each.
    """
    mesh = asset.mesh
    volume = abs(signed_volume(mesh.vertices, mesh.faces)) if len(mesh.faces) else 0.0
    if volume <= 0:
        raise BadInput("write-scad: the asset encloses no volume; solidify it first")
    reasons = []
    for axis in _AXES:
        cuts = _sections(mesh, axis)
        for kind in (_as_box, _as_turned, _as_plate):
            model = kind(cuts, mesh, volume, tolerance_mm)
            if model.startswith("//"):
                note(model.partition("\n")[0][3:])
                return Files(f"{stem}.scad", {f"{stem}.scad": model.encode()})
            reasons.append(model)
    raise CannotDo(
        f"write-scad: it is no simple part ({'; '.join(reasons[:3])}); write STL or 3MF, or sculpt it with --shape box"
    )


def _sections(mesh: Mesh, axis: int) -> Sections:
    low, high = mesh.bounds[:, axis]
    heights = low + (high - low) * (np.arange(_LEVELS) + 0.5) / _LEVELS
    pieces = [outline_pieces(mesh.vertices, mesh.faces, axis, float(height))[0] for height in heights]
    areas = [float((p[:, 0, 0] * p[:, 1, 1] - p[:, 1, 0] * p[:, 0, 1]).sum() / 2) for p in pieces]
    return Sections(axis, heights, np.abs(areas), pieces)


def _as_box(cuts: Sections, mesh: Mesh, volume: float, _: float) -> str:
    corners = hull(cuts.points)
    middle, sizes, turn = _smallest_rectangle(corners)
    missing = 1 - float(np.median(cuts.areas)) / max(float(sizes.prod()), 1e-12)
    even = float(np.ptp(cuts.areas[2:-2]) / max(float(cuts.areas.max()), 1e-12))
    low, high = mesh.bounds[:, cuts.axis]
    tall = volume / float(sizes.prod())
    if missing > _AREA or even > _AREA or abs(tall / (high - low) - 1) > _TRUE:
        return f"as a box a section lacks {missing:.0%} of its rectangle"
    lines = ["// a box", f"width = {sizes[0]:.3f};", f"depth = {sizes[1]:.3f};", f"height = {tall:.3f};", ""]
    place = f"translate([{middle[0]:.3f}, {middle[1]:.3f}, {low:.3f}]) rotate([0, 0, {np.degrees(turn):.3f}])"
    body = "translate([-width / 2, -depth / 2, 0]) cube([width, depth, height]);"
    return "\n".join([*lines, f"{_axis_turn(cuts.axis)} {place}", f"  {body}", ""])


def _as_turned(cuts: Sections, mesh: Mesh, volume: float, _: float) -> str:
    middle = (cuts.points.min(axis=0) + cuts.points.max(axis=0)) / 2
    radius = np.sqrt(cuts.areas / np.pi)
    off = [np.abs(np.linalg.norm(p[:, 0] - middle, axis=1) / max(r, 1e-9) - 1).max() if len(p) else 1.0
           for p, r in zip(cuts.pieces, radius, strict=True)]  # fmt: skip
    if np.median(off) > _ROUND or np.quantile(off, 0.9) > 3 * _ROUND:
        return f"as something turned a section is off a circle by {np.median(off):.0%}"
    low, high = mesh.bounds[:, cuts.axis]
    heights = np.concatenate([[low], cuts.heights, [high]]) - low
    radius = np.concatenate([radius[:1], radius, radius[-1:]])
    steps = np.diff(heights)
    held = np.pi / 3 * (steps * (radius[1:] ** 2 + radius[1:] * radius[:-1] + radius[:-1] ** 2)).sum()
    radius *= np.sqrt(volume / held)
    profile = ", ".join(f"[{r:.3f}, {h:.3f}]" for r, h in zip(radius, heights, strict=True))
    lines = ["// something turned", f"height = {high - low:.3f};", f"diameter = {2 * radius.max():.3f};"]
    lines += ["sides = 180;", f"profile = [[0, 0], {profile}, [0, {high - low:.3f}]];  // radius, height", ""]
    scale = f"scale([diameter / {2 * radius.max():.3f}, diameter / {2 * radius.max():.3f}, height / {high - low:.3f}])"
    place = f"translate([{middle[0]:.3f}, {middle[1]:.3f}, {low:.3f}]) {scale}"
    return "\n".join(
        [*lines, f"{_axis_turn(cuts.axis)} {place}", "  rotate_extrude($fn = sides) polygon(profile);", ""]
    )


def _as_plate(cuts: Sections, mesh: Mesh, volume: float, tolerance: float) -> str:
    inner = slice(_LEVELS // 4, 3 * _LEVELS // 4)
    even = float(np.ptp(cuts.areas[inner]) / max(float(cuts.areas.max()), 1e-12))
    low, high = mesh.bounds[:, cuts.axis]
    if even > _AREA:
        return f"as a plate its sections differ by {even:.0%}"
    loops = [_fewer_points(loop, tolerance) for loop in _loops(cuts.pieces[_LEVELS // 2])]
    loops = [loop for loop in loops if len(loop) > 2]
    area = abs(sum(_area(loop) for loop in loops))
    thick = volume / max(area, 1e-12)
    if not loops or abs(thick / (high - low) - 1) > 3 * _TRUE:
        return f"as a plate it holds what {thick:.3g} mm would, not {high - low:.3g}"
    points = ", ".join(f"[{x:.3f}, {y:.3f}]" for loop in loops for x, y in loop)
    starts = np.cumsum([0, *(len(loop) for loop in loops)])
    paths = ", ".join(str(list(range(a, b))) for a, b in pairwise(starts.tolist()))
    lines = ["// a plate", f"thickness = {thick:.3f};", f"outline = [{points}];", f"paths = [{paths}];", ""]
    place = f"translate([0, 0, {(low + high) / 2:.3f}])"
    body = "linear_extrude(thickness, center = true) polygon(outline, paths);"
    return "\n".join([*lines, f"{_axis_turn(cuts.axis)} {place}", f"  {body}", ""])


def _axis_turn(axis: int) -> str:
    """What turns a script's z into the axis that was cut across."""
    u, v = in_plane(axis)
    rows = np.zeros((3, 4))
    rows[u, 0] = rows[v, 1] = rows[axis, 2] = 1
    words = ", ".join("[" + ", ".join(f"{value:g}" for value in row) + "]" for row in rows)
    return f"multmatrix([{words}])"


def _smallest_rectangle(corners: Floats) -> tuple[Floats, Floats, float]:
    """Middle, sizes and turn of the smallest rectangle around a convex polygon (H, 2); one side lies on one of its."""
    best: tuple[float, Floats, Floats, float] | None = None
    for way in np.roll(corners, -1, axis=0) - corners:
        turn = float(np.arctan2(way[1], way[0]) % (np.pi / 2))
        frame = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        flat = corners @ frame.T
        low, high = flat.min(axis=0), flat.max(axis=0)
        area = float((high - low).prod())
        if best is None or area < best[0] - 1e-9:
            best = area, (low + high) / 2 @ frame, high - low, turn
    assert best is not None
    return best[1], best[2], best[3]


def _loops(pieces: Floats) -> Iterator[Floats]:
    """Loose pieces (N, 2, 2) joined to closed outlines (K, 2)."""
    keys = [tuple(row) for row in np.round(pieces[:, 0], 9)]
    following = {key: tuple(row) for key, row in zip(keys, np.round(pieces[:, 1], 9), strict=True)}
    while following:
        start, spot = next(iter(following.items()))
        loop = [start]
        del following[start]
        while spot in following:
            loop.append(spot)
            spot = following.pop(spot)
        yield np.array(loop)


def _area(loop: Floats) -> float:
    x, y = loop.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _fewer_points(loop: Floats, tolerance: float) -> Floats:
    """The outline without points that lie within a tolerance of the line (Douglas & Peucker 1973)."""
    if len(loop) < 4:
        return loop
    kept = np.zeros(len(loop), bool)
    far = int(np.linalg.norm(loop - loop[0], axis=1).argmax())
    kept[[0, far]] = True
    spans = [(0, far), (far, len(loop))]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        a, b = loop[start], loop[end % len(loop)]
        way = (b - a) / max(float(np.linalg.norm(b - a)), 1e-12)
        between = loop[start + 1 : end] - a
        off = np.abs(between[:, 0] * way[1] - between[:, 1] * way[0])
        place = int(off.argmax())
        if off[place] > tolerance:
            kept[start + 1 + place] = True
            spans += [(start, start + 1 + place), (start + 1 + place, end)]
    fewer_points: NDArray[np.float64] = loop[kept]
    return fewer_points
