"""A sheet in millimetres of paper: strokes of a kind and words, however they are drawn in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.geometry.rays import Tracer
from maquette.render.drafting.view_lines import AXES, Side, ViewLines, view_lines

Pen = Literal["outline", "edge", "hidden", "dimension", "frame"]
PENS: dict[Pen, float] = {"outline": 0.7, "edge": 0.35, "hidden": 0.35, "dimension": 0.18, "frame": 0.25}  # ISO 128, mm
PAPERS = {"a4": (297.0, 210.0), "a3": (420.0, 297.0)}
_SCALES = (50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)  # ISO 5455
_MARGIN, _GAP, _TITLE = 10.0, 24.0, 22.0  # around the sheet, between views, height of the title block
_ARROW, _OFF = 2.6, 9.0  # length of an arrow head, distance of a dimension from its view
_TEXT = 3.5  # height of the words, ISO 3098


@dataclass(frozen=True)
class Word:
    """A word whose middle line starts, is centered or ends at a place of the sheet; ``upright``: turned left."""

    x: float
    y: float
    text: str
    size: float = _TEXT
    anchor: Literal["start", "middle", "end"] = "middle"
    upright: bool = False
    value_mm: float | None = None


@dataclass
class Sheet:
    """Strokes (N, 2, 2) by pen, and words, in mm of paper from the lower left corner."""

    width: float
    height: float
    scale: float
    strokes: dict[Pen, list[Floats]] = field(default_factory=lambda: {pen: [] for pen in PENS})
    words: list[Word] = field(default_factory=list)
    places: dict[Side, tuple[float, float]] = field(default_factory=dict)  # where each view's origin lies

    def draw(self, pen: Pen, segments: Floats) -> None:
        """Add segments (N, 2, 2)."""
        if len(segments):
            self.strokes[pen].append(np.asarray(segments, float).reshape(-1, 2, 2))

    def line(self, pen: Pen, x: float, y: float, other_x: float, other_y: float) -> None:
        """Add one line."""
        self.draw(pen, np.array([[[x, y], [other_x, other_y]]]))


def three_views(asset: Asset, paper: str, hidden: bool) -> Sheet:
    """Front view, top view above it and right view beside it (third angle), to one scale, dimensioned.

    Refuses a model without extent.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        raise CannotDo("blueprint: the model has no faces; there is nothing to draw")
    low, high = mesh.vertices[mesh.faces].min(axis=(0, 1)), mesh.vertices[mesh.faces].max(axis=(0, 1))
    size = high - low
    if size.min() <= 0:
        raise CannotDo(f"blueprint: the model is flat ({size[0]:g} x {size[1]:g} x {size[2]:g} mm); give it thickness")
    sheet = _empty(size, paper)
    tracer = Tracer(mesh.vertices, np.asarray(mesh.faces))
    for side, place in sheet.places.items():
        lines = view_lines(mesh.vertices, np.asarray(mesh.faces), tracer, side)
        _put(sheet, lines, AXES[side][:2] @ low, place, hidden)
    _dimension_all(sheet, size)
    _frame(sheet, asset, size)
    return sheet


def _empty(size: Floats, paper: str) -> Sheet:
    """A sheet with the largest standard scale at which all views fit, and their places: left lower corners."""
    width, height = PAPERS[paper]
    room = np.array([width - 2 * _MARGIN - _GAP - 3 * _OFF, height - 2 * _MARGIN - _TITLE - _GAP - 3 * _OFF])
    need = np.array([size[0] + size[1], size[2] + size[1]])
    fitting = [scale for scale in _SCALES if (need * scale <= room).all()]
    if not fitting:
        raise CannotDo(f"blueprint: {size.max():g} mm fit no sheet at 1:1000; scale the model down")
    scale = fitting[0]
    sheet = Sheet(width, height, scale)
    spare = room - need * scale
    x = _MARGIN + 1.6 * _OFF + spare[0] / 2
    y = _MARGIN + _TITLE + 1.4 * _OFF + spare[1] / 2
    sheet.places["front"] = (x, y)
    sheet.places["top"] = (x, y + size[2] * scale + _GAP)
    sheet.places["right"] = (x + size[0] * scale + _GAP, y)
    return sheet


def _put(sheet: Sheet, lines: ViewLines, low: Floats, place: tuple[float, float], hidden: bool) -> None:
    """A view on the sheet, its lower left corner at ``place``."""

    def on_paper(points: Floats) -> Floats:
        result: Floats = (points - low) * sheet.scale + place
        return result

    for loop in lines.outline:
        closed = on_paper(loop)
        sheet.draw("outline", np.stack([closed, np.roll(closed, -1, axis=0)], axis=1))
    sheet.draw("edge", on_paper(lines.visible))
    if hidden:
        sheet.draw("hidden", on_paper(lines.hidden))


def _dimension_all(sheet: Sheet, size: Floats) -> None:
    """Width under the front view, height on its left, depth on the right of the top view and under the right view."""
    (front_x, front_y), (top_x, top_y), (right_x, right_y) = (sheet.places[s] for s in ("front", "top", "right"))
    width, depth, height = size * sheet.scale
    _level(sheet, front_x, front_x + width, front_y, float(size[0]))
    _level(sheet, right_x, right_x + depth, right_y, float(size[1]))
    _upright(sheet, front_y, front_y + height, front_x, float(size[2]))
    _upright(sheet, top_y, top_y + depth, top_x, float(size[1]))


def _level(sheet: Sheet, x: float, other_x: float, y: float, value: float) -> None:
    """A dimension below a view."""
    line = y - _OFF
    for at in (x, other_x):
        sheet.line("dimension", at, y - 1.2, at, line - 1.5)
    sheet.line("dimension", x, line, other_x, line)
    _arrow(sheet, np.array([x, line]), np.array([1.0, 0.0]))
    _arrow(sheet, np.array([other_x, line]), np.array([-1.0, 0.0]))
    sheet.words.append(Word((x + other_x) / 2, line + 2.6, figure(value), value_mm=value))


def _upright(sheet: Sheet, y: float, other_y: float, x: float, value: float) -> None:
    """A dimension on the left of a view."""
    line = x - _OFF
    for at in (y, other_y):
        sheet.line("dimension", x - 1.2, at, line - 1.5, at)
    sheet.line("dimension", line, y, line, other_y)
    _arrow(sheet, np.array([line, y]), np.array([0.0, 1.0]))
    _arrow(sheet, np.array([line, other_y]), np.array([0.0, -1.0]))
    sheet.words.append(Word(line - 2.6, (y + other_y) / 2, figure(value), upright=True, value_mm=value))


def _arrow(sheet: Sheet, tip: Floats, way: Floats) -> None:
    """An open head whose tip lies on the measured line."""
    aside = np.array([-way[1], way[0]])
    for sign in (-1, 1):
        end = tip + _ARROW * way + sign * 0.22 * _ARROW * aside
        sheet.line("dimension", *tip, *end)


def figure(value: float) -> str:
    """A dimension to a hundredth of a millimetre, without zeros that say nothing."""
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _frame(sheet: Sheet, asset: Asset, size: Floats) -> None:
    """A frame and a title block: name, size, scale, unit, projection, the model's digest."""
    left, low = _MARGIN / 2, _MARGIN / 2
    right, high = sheet.width - left, sheet.height - low
    corners = [(left, low), (right, low), (right, high), (left, high)]
    for (x, y), (other_x, other_y) in zip(corners, corners[1:] + corners[:1], strict=True):
        sheet.line("frame", x, y, other_x, other_y)
    start, top = right - 150.0, low + _TITLE
    sheet.line("frame", start, low, start, top)
    sheet.line("frame", start, top, right, top)
    sheet.line("frame", start, low + _TITLE / 2, right, low + _TITLE / 2)
    sheet.line("frame", start + 90, low, start + 90, top)
    sized = "" if asset.sized else " (scale by guess)"
    cells = [
        (start + 3, top - _TITLE / 4, (asset.title or "model")[:36], 4.2),
        (start + 3, low + _TITLE / 4, f"{' x '.join(figure(float(s)) for s in size)} mm{sized}", 3.2),
        (start + 93, top - _TITLE / 4, f"scale {scale_name(sheet.scale)}   mm", 3.2),
        (start + 93, low + _TITLE / 4, f"third angle   {asset.digest[:8]}", 3.2),
    ]
    sheet.words += [Word(x, y, text, tall, "start") for x, y, text, tall in cells]


def scale_name(scale: float) -> str:
    """``1:2`` or ``5:1``."""
    return f"{scale:g}:1" if scale >= 1 else f"1:{1 / scale:g}"
