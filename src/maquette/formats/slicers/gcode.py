"""G-code as slicers write it: what the extrusion moves add up to, and where the first layer's lines lie.

The three dialects name the parts of a print by comments: ``;TYPE:External perimeter`` (PrusaSlicer), ``;TYPE:Outer
wall`` (OrcaSlicer), ``;TYPE:WALL-OUTER`` (CuraEngine). Moves are Marlin's G0 and G1; an arc (G2, G3) counts as its
chord.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["outer wall", "inner wall", "solid", "infill", "support", "tower", "skirt", "other"]

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("support", "support"),
    ("tower", "tower"),
    ("skirt", "skirt"),
    ("brim", "skirt"),
    ("external perimeter", "outer wall"),
    ("outer", "outer wall"),
    ("overhang", "outer wall"),
    ("perimeter", "inner wall"),
    ("inner", "inner wall"),
    ("solid", "solid"),
    ("surface", "solid"),
    ("skin", "solid"),
    ("bridge", "solid"),
    ("infill", "infill"),
    ("fill", "infill"),
)
_TOKEN = re.compile(
    r"^(?:G[0123] (?P<move>[^;\n]*)|G92 (?P<zero>[^;\n]*)|(?P<mode>M8[23])|(?P<load>M600)|"
    r"; ?(?:TYPE|FEATURE): ?(?P<type>[^\n]*))",
    re.M,
)
_WORD = re.compile(r"([XYZE])(-?\d*\.?\d+)")
_LEVEL = 0.02  # mm: z within this is one layer; layers are 0.05 and more


@dataclass(frozen=True)
class Stroke:
    """One extruded line: from and to in mm on the bed, its height, the filament it takes in mm, and its part.

    ``loads`` is how often the printer stopped before it for another filament (M600).
    """

    start: tuple[float, float]
    end: tuple[float, float]
    z: float
    filament: float
    kind: Kind
    loads: int = 0


def strokes(text: str) -> Iterator[Stroke]:
    """Every move that extrudes, in order."""
    relative, kind, e, loads = False, "other", 0.0, 0
    at = {"X": 0.0, "Y": 0.0, "Z": 0.0}
    for token in _TOKEN.finditer(text):
        if token["type"] is not None:
            kind = kind_of(token["type"])
        elif token["mode"] is not None:
            relative = token["mode"] == "M83"
        elif token["load"] is not None:
            loads += 1
        elif token["zero"] is not None:
            e = dict(_numbers(token["zero"])).get("E", e)
        else:
            words = dict(_numbers(token["move"]))
            pushed = 0.0
            if "E" in words:
                pushed = words["E"] if relative else words["E"] - e
                e = words.pop("E")
            before = (at["X"], at["Y"])
            at.update(words)
            after = (at["X"], at["Y"])
            if pushed > 0 and before != after:
                yield Stroke(before, after, at["Z"], pushed, kind, loads)  # type: ignore[arg-type]


def _numbers(words: str) -> list[tuple[str, float]]:
    """Axis words of a line as letter and number."""
    return [(axis, float(number)) for axis, number in _WORD.findall(words)]


def kind_of(name: str) -> Kind:
    """The part of a print that a slicer's comment names."""
    low = name.strip().lower().replace("_", " ")
    return next((kind for word, kind in _KINDS if word in low), "other")


def share_of(kind: Kind, text: str) -> float:
    """Share of the filament on lines that goes into one part, supports or the purge tower say, 0..1."""
    names = set(re.findall(r"^; ?(?:TYPE|FEATURE): ?([^\n]*)", text, flags=re.M))
    if kind not in map(kind_of, names):
        return 0.0
    total = part = 0.0
    for stroke in strokes(text):
        total += stroke.filament
        part += stroke.filament if stroke.kind == kind else 0.0
    return part / total if total else 0.0


def tool_changes(text: str) -> int:
    """How often another filament is taken up; the first does not count."""
    tools = re.findall(r"^T(\d+)\b", text, flags=re.M)
    return sum(one != other for one, other in pairwise(tools))


def first_layer(text: str) -> tuple[NDArray[np.float64], list[Kind]]:
    """Lines of the lowest layer, (N, 2, 2) from and to in mm on the bed, and what each is part of.

    What is extruded before the first comment that names a part is the printer's own start and left out.
    """
    lines: list[tuple[tuple[float, float], tuple[float, float]]] = []
    kinds: list[Kind] = []
    level: float | None = None
    for stroke in strokes(text):
        if stroke.kind == "other":
            continue
        level = stroke.z if level is None else level
        if stroke.z > level + _LEVEL:
            break
        lines.append((stroke.start, stroke.end))
        kinds.append(stroke.kind)
    return np.array(lines, dtype=np.float64).reshape(-1, 2, 2), kinds
