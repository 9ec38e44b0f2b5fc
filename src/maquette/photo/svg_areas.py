"""SVG drawings as areas with exact borders: paths, shapes, transforms, fill rules and strokes, one over another.

svgelements reads the drawing, in a process of its own with a clock and a limit of memory, as resvg does for pixels:
`<use>` may multiply by itself. Curves become chords there; nothing is traced from pixels.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import BadInput, Unavailable
from maquette.core.progress import note
from maquette.geometry.flat.areas import Rule, area_of, unite_areas
from maquette.geometry.flat.strokes import Cap, Join, stroke_area
from maquette.photo.svg import MAX_BYTES, SECONDS, ask_worker, scan

_MOST_POINTS = 400_000
_CHORD = 5e-5  # of the drawing's longer side that a chord may be off: 0.005 mm at 100 mm
_WORKER = r"""
import sys, json, io, math, warnings
warnings.simplefilter("ignore")
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass
from svgelements import SVG, Path, Shape, Text, Image, Move, Close, Line
most, share = int(sys.argv[1]), float(sys.argv[2])
text = sys.stdin.buffer.read().decode()
drawing = SVG.parse(io.StringIO(text), reify=True)
paths, left_out, boxes = [], {}, []
for thing in drawing.elements():
    if isinstance(thing, (Text, Image)):
        kind = "text" if isinstance(thing, Text) else "pictures"
        left_out[kind] = left_out.get(kind, 0) + 1
    values = thing.values
    if isinstance(thing, Shape) and values.get("visibility") != "hidden" and values.get("display") != "none":
        path = Path(thing)
        path.reify()
        paths.append((thing, path))
        box = path.bbox()
        if box:
            boxes.append(box)
if not boxes:
    print(json.dumps({"areas": [], "left_out": left_out, "sheet": [0, 0]})); sys.exit(0)
span = max(max(b[2] for b in boxes) - min(b[0] for b in boxes), max(b[3] for b in boxes) - min(b[1] for b in boxes))
off = max(span, 1e-9) * share
total = 0
def chords(segment):
    if isinstance(segment, (Line, Close)):
        return [segment.end]
    kind = type(segment).__name__
    if kind == "Arc":
        r = max(abs(segment.rx), abs(segment.ry), off)
        count = math.ceil(abs(segment.sweep) / (2 * math.acos(max(1 - off / r, -1)))) if r > off else 2
    else:
        controls = [getattr(segment, name, None) for name in ("control", "control1", "control2")]
        points = [segment.start] + [p for p in controls if p is not None] + [segment.end]
        bend = max(abs(complex(a) - 2 * complex(b) + complex(c)) for a, b, c in zip(points, points[1:], points[2:]))
        count = math.ceil(math.sqrt((0.25 if len(points) == 3 else 0.75) * bend / off))
    count = max(2, min(count, 2000))
    return [segment.point(n / count) for n in range(1, count + 1)]
areas = []
for thing, path in paths:
    loops, now, closed = [], [], []
    for segment in path:
        if isinstance(segment, Move):
            if now: loops.append(now); closed.append(False)
            now = [segment.end]
        elif segment.end is not None:
            now += chords(segment)
            if isinstance(segment, Close):
                loops.append(now); closed.append(True)
                now = [segment.end]
        total += 1
        if total + sum(map(len, loops[-1:])) > most: sys.stderr.write("too many points"); sys.exit(3)
    if len(now) > 1: loops.append(now); closed.append(False)
    loops = [[[float(p.x), float(p.y)] for p in loop] for loop in loops]
    total += sum(len(loop) for loop in loops)
    if total > most: sys.stderr.write("too many points"); sys.exit(3)
    def paint(color, raw, opacity):
        raw = str(raw or "")
        if raw.startswith("url("): left_out["gradients"] = left_out.get("gradients", 0) + 1; return [128, 128, 128]
        if color is None or color.value is None or color.opacity * float(opacity) < 0.05: return None
        return [color.red, color.green, color.blue]
    values = thing.values
    fill = paint(thing.fill, values.get("fill"), values.get("fill-opacity") or 1)
    stroke = paint(thing.stroke, values.get("stroke"), values.get("stroke-opacity") or 1)
    if values.get("clip-path") or values.get("mask"): left_out["clips"] = left_out.get("clips", 0) + 1
    areas.append({"loops": loops, "closed": closed, "fill": fill, "rule": values.get("fill-rule") or "nonzero",
        "stroke": stroke, "width": float(thing.stroke_width or 0) if stroke else 0.0,
        "join": values.get("stroke-linejoin") or "miter", "cap": values.get("stroke-linecap") or "butt",
        "miter": float(values.get("stroke-miterlimit") or 4)})
sheet = [float(drawing.width or 0), float(drawing.height or 0)]
print(json.dumps({"areas": areas, "left_out": left_out, "sheet": sheet}))
"""

_FRAME = 0.98  # of the sheet that its ground must fill

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Painted:
    """One area of one colour, in the drawing's own units, y down."""

    area: Any
    color: Color


def svg_areas(drawing: bytes, stage: str, *, drop_sheet: bool) -> list[Painted]:
    """What a drawing shows, each colour once, none over another. ``BadInput`` for what is damaged, endless or blank.

    ``drop_sheet`` leaves out a colour that fills all of the sheet under the rest.
    """
    from importlib.util import find_spec

    if find_spec("svgelements") is None:
        raise Unavailable(f"{stage}: an SVG's exact outlines need svgelements; pip install 'maquette[svg]'")
    if len(drawing) > MAX_BYTES:
        raise BadInput(f"{stage}: an SVG of {len(drawing) / 1e6:.1f} MB; at most 5 MB, simplify it")
    scan(drawing, stage)
    answer = _run(drawing, stage)
    for what, count in sorted(answer["left_out"].items()):
        done = "taken for plain grey" if what == "gradients" else "left out"
        note(f"{count} {what} in the drawing {done}; turn them into paths to keep them")
    layers = [painted for shape in answer["areas"] for painted in _fill_and_stroke(shape)]
    if drop_sheet:
        layers = _without_sheet(layers, *answer["sheet"])
    areas = _flatten_layers(layers)
    if not areas:
        raise BadInput(f"{stage}: the SVG draws nothing; check that its shapes have a fill or a stroke")
    return areas


def _fill_and_stroke(shape: dict[str, Any]) -> list[Painted]:
    """A shape's fill, and its stroke over it."""
    loops: list[Floats] = [np.array(loop, np.float64) for loop in shape["loops"]]
    parts = []
    if shape["fill"] is not None:
        rule: Rule = "evenodd" if shape["rule"] == "evenodd" else "nonzero"
        parts.append(Painted(area_of([loop for loop in loops if len(loop) > 2], rule), tuple(shape["fill"])))
    if shape["stroke"] is not None and shape["width"] > 0:
        join: Join = shape["join"] if shape["join"] in ("round", "bevel") else "miter"
        cap: Cap = shape["cap"] if shape["cap"] in ("round", "square") else "butt"
        pens = [
            stroke_area(loop, shape["width"], closed=closed, join=join, cap=cap, miter=shape["miter"])
            for loop, closed in zip(loops, shape["closed"], strict=True)
        ]
        parts.append(Painted(unite_areas(pens), tuple(shape["stroke"])))
    return [painted for painted in parts if not painted.area.is_empty()]


def _without_sheet(layers: list[Painted], width: float, height: float) -> list[Painted]:
    """The layers above one that fills the whole sheet at the bottom."""
    if len(layers) > 1 and width > 0 and height > 0:
        sheet = area_of([np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]])])
        if (layers[0].area ^ sheet).area() > _FRAME * width * height:
            note("dropped the sheet that the drawing lies on; ground=keep keeps it")
            return layers[1:]
    return layers


def _flatten_layers(layers: list[Painted]) -> list[Painted]:
    """Layers as they are seen from above: what is covered is gone, and every colour is one area."""
    covered, seen = unite_areas([]), dict[Color, list[Any]]()
    for layer in reversed(layers):
        seen.setdefault(layer.color, []).append(layer.area - covered)
        covered = unite_areas([covered, layer.area])
    areas = [Painted(unite_areas(parts), color) for color, parts in seen.items()]
    return [painted for painted in reversed(areas) if not painted.area.is_empty()]


def _run(drawing: bytes, stage: str) -> dict[str, Any]:
    """What the worker read."""
    said = ("read", "read", "simplify it", "save it again as plain SVG")
    words = [str(_MOST_POINTS), str(_CHORD)]
    answer: dict[str, Any] = json.loads(ask_worker(_WORKER, words, drawing, stage, SECONDS, said))
    return answer
