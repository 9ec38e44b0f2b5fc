"""Three views: an orthographic drawing becomes the solid that all its outlines allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bools, Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.geometry.cut.solids import surface_of
from maquette.geometry.flat.areas import area_of
from maquette.geometry.flat.outlines import outlines
from maquette.registry import stage

_LEAST = 0.002  # of the sheet that a view covers
_FRAME = 0.8  # of the sheet's sides that only its frame spans
_ALIKE = 0.06  # by which views' edges may miss each other, of their length


@dataclass(frozen=True)
class _View:
    """A closed drawing on the sheet: its mask, half the pen taken off, in its box (left, top, right, low)."""

    field: Floats  # (H, W) 0..1
    box: tuple[float, float, float, float]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        return self.box[2] - self.box[0], self.box[3] - self.box[1]


@stage
def three_views(
    subject: Subject,
    *,
    width_mm: Annotated[float, Field(ge=0, le=100_000, description="length of the front view; 0: unknown")] = 0.0,
) -> Asset:
    """Make a solid from a drawing that shows front, top and right view on one sheet (third angle).

    The views are closed drawings that touch nothing else; dimensions, words and the sheet's frame are told from them by
    what they enclose. Front and top view share their width, front and right view their height; one of the two may be
    missing, then the depth is that of the other. The solid is the largest one with these outlines (the visual hull):
    what outlines cannot show, a hole seen in no outline for example, is filled. ``width_mm`` gives it its true size,
    else it is 100 mm high by guess. Refuses a sheet on which there are no views that fit together.
    """
    views = _closed_drawings(subject.pixels)
    front, top, right = _arrangement(views)
    width, height = front.size
    depths = [top.size[1] * width / top.size[0]] if top else []
    depths += [right.size[0] * height / right.size[1]] if right else []
    depth = float(np.mean(depths))
    scale = width_mm / width if width_mm else 100.0 / height
    size = np.array([width, depth, height]) * scale
    hull = _raise(front, (size[0], size[2]), size[1], "front")
    if top is not None:
        hull = hull ^ _raise(top, (size[0], size[1]), size[2], "top")
    if right is not None:
        hull = hull ^ _raise(right, (size[1], size[2]), size[0], "right")
    vertices, faces = surface_of(hull)
    if not len(faces):
        raise CannotDo("three-views: the outlines have no solid in common; check that they show one thing")
    note(f"read {2 + (top is not None and right is not None)} views; {' x '.join(f'{s:.4g}' for s in size)} mm")
    middle = np.array([size[0] / 2, size[1] / 2, 0.0])
    return Asset(Mesh(vertices - middle, faces), sized=width_mm > 0, title=subject.title)


def _closed_drawings(pixels: np.ndarray) -> list[_View]:
    """The drawings on a sheet (H, W, 3) that enclose an area, largest first."""
    from scipy.ndimage import binary_fill_holes, find_objects, label

    ink = _ink(pixels)
    parts, _ = label(ink, np.ones((3, 3)))
    views: list[tuple[float, _View]] = []
    rows, columns = ink.shape
    for number, place in enumerate(find_objects(parts), start=1):
        tall, wide = place[0].stop - place[0].start, place[1].stop - place[1].start
        if tall > _FRAME * rows or wide > _FRAME * columns or min(tall, wide) < 8:
            continue
        mine = parts[place] == number
        filled = binary_fill_holes(mine)
        inside = filled.sum() - mine.sum()
        if inside < _LEAST * ink.size or inside < mine.sum() * 0.5:
            continue
        views.append((float(filled.sum()), _without_pen(np.pad(filled, 1), np.pad(mine, 1), place)))
    views.sort(key=lambda pair: -pair[0])
    return [view for _, view in views][:12]


def _ink(pixels: np.ndarray) -> Bools:
    """What differs from the paper, whichever of the two is dark."""
    grey = pixels.astype(np.float64) @ [0.299, 0.587, 0.114]
    off = np.abs(grey - np.median(grey))
    most = float(np.percentile(off, 99.9))
    result: Bools = off > max(0.45 * most, 24)
    return result


def _without_pen(filled: Bools, ink: Bools, place: Any) -> _View:
    """A filled drawing less half its pen: the line's middle is the edge that is meant."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(filled)
    pen = 1.0
    while pen < 40 and ink[(depth > pen) & (depth <= pen + 1)].mean() > 0.5:
        pen += 1.0
    field = np.clip(depth - pen / 2, 0, 1)
    inside = np.argwhere(field >= 0.5)
    (top, left), (low, right) = inside.min(axis=0), inside.max(axis=0) + 1
    y, x = place[0].start - 1, place[1].start - 1
    return _View(field[top:low, left:right], (x + left, y + top, x + right, y + low))


def _arrangement(views: list[_View]) -> tuple[_View, _View | None, _View | None]:
    """Front view, the one above it of its width, the one on its right of its height."""
    best: tuple[int, _View, _View | None, _View | None] | None = None
    for front in views:
        above = next((v for v in views if _shares(front, v, 0) and v.box[3] <= front.box[1]), None)
        beside = next((v for v in views if _shares(front, v, 1) and v.box[0] >= front.box[2]), None)
        count = (above is not None) + (beside is not None)
        if count and (best is None or count > best[0]):
            best = (count, front, above, beside)
    if best is None:
        what = f"{len(views)} closed drawings, no two of which share an edge" if views else "no closed drawing"
        raise CannotDo(f"three-views: {what}; draw front, top above it and right view beside it, aligned")
    return best[1:]


def _shares(front: _View, other: _View, axis: int) -> bool:
    """Whether two views begin and end alike along an axis of the sheet."""
    length = front.box[axis + 2] - front.box[axis]
    off = max(abs(front.box[axis] - other.box[axis]), abs(front.box[axis + 2] - other.box[axis + 2]))
    return other is not front and off <= max(_ALIKE * length, 2)


def _raise(view: _View, flat: tuple[float, float], deep: float, side: str) -> Any:
    """A view's outline stretched to its size and drawn out through the thing, as a Manifold in the thing's place."""
    rows, columns = view.field.shape
    loops = []
    for loop in outlines(view.field):
        x, y = (loop[:, 0] + 0.5) / columns * flat[0], (1 - (loop[:, 1] + 0.5) / rows) * flat[1]
        loops.append(np.stack([x, y], axis=1)[::-1])
    solid = area_of(loops).extrude(deep)
    ways = {
        "front": [[1, 0, 0, 0], [0, 0, -1, deep], [0, 1, 0, 0]],
        "top": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]],
        "right": [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]],
    }
    return solid.transform(np.array(ways[side], float))
