"""Typeface: the letters of a TrueType or OpenType font as closed loops, their advances and their kerning.

fontTools reads the file: composites, quadratic and cubic curves, every form of character map. Curves become chords;
nothing is traced from pixels, so corners stay sharp at any size. The default is the font that Pillow carries inside, a
subset of Aileron Regular (CC0), so nothing is shipped or looked up.
"""

from __future__ import annotations

import functools
import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import BadSetting, Unavailable

_CHORD = 1.4e-3  # of the em square a curve may be off: 0.02 mm on letters of 10 mm
_STROKES = 20_000  # of one letter, that are taken for honest
_FAR = 100  # em squares: nothing of a letter lies farther away


@dataclass(frozen=True)
class Typeface:
    """A font that was read. Lengths are in its own units."""

    name: str  # for messages
    glyphs: dict[int, str]  # character code -> glyph
    em: float
    capitals: float  # height of an H, or of what stands for it
    outlines: Any  # fontTools' glyph set: draws a glyph, knows its width
    pairs: tuple[Any, ...]  # kerning tables, the first that knows a pair counts
    known: dict[str, list[Floats]] = field(default_factory=dict)  # glyphs that were drawn

    def advance(self, glyph: str) -> float:
        """How far the pen moves on."""
        with _reading(self.name):
            return float(self.outlines[glyph].width)

    def contours(self, glyph: str) -> list[Floats]:
        """Closed loops (N, 2) of a glyph, its curves cut into chords."""
        if glyph not in self.known:
            self.known[glyph] = self._draw(glyph)
        return self.known[glyph]

    def kerning(self, left: str, right: str) -> float:
        """What to add to the advance between two glyphs: the font designer's own number, or 0."""
        with _reading(self.name):
            distances = (_pair_in(table, left, right) for table in self.pairs)
            return next((value for value in distances if value is not None), 0.0)

    def _draw(self, glyph: str) -> list[Floats]:
        from fontTools.pens.recordingPen import DecomposingRecordingPen

        pen = DecomposingRecordingPen(self.outlines)
        with _reading(self.name):
            self.outlines[glyph].draw(pen)
            if len(pen.value) > _STROKES:
                raise BadSetting(f"text: {glyph!r} of {self.name} has {len(pen.value)} strokes; use a plainer font")
            loops = _loops(pen.value, _CHORD * self.em)
            if any(np.abs(loop).max() > _FAR * self.em for loop in loops):
                raise ValueError(f"{glyph!r} reaches {_FAR} times its size away")
            return loops


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Whatever fontTools raises on damaged tables becomes ``BadSetting``."""
    try:
        yield
    except BadSetting:
        raise
    except Exception as problem:
        reason = f"{type(problem).__name__}: {problem}"
        raise BadSetting(f"text: {name} cannot be read ({reason[:120]}); use another TTF or OTF") from None


def _loops(drawn: Iterable[tuple[str, tuple[Any, ...]]], off: float) -> list[Floats]:
    """A pen's record as loops whose chords are off by so much at most."""
    loops: list[Floats] = []
    path: list[Floats] = []
    for verb, points in drawn:
        at = [np.array(point, dtype=np.float64) for point in points if point is not None]
        if verb in ("closePath", "endPath"):
            if path and len(loop := _without_repeats(np.concatenate(path))) > 2:
                loops.append(loop)
            path = []
        elif verb == "moveTo":
            path = [at[0][None]]
        elif verb == "lineTo":
            path.append(at[0][None])
        elif verb == "curveTo":
            path.append(_cubic(path[-1][-1], at, off))
        elif points[-1] is None:  # a loop without a point on the curve: one lies between two controls
            start = (at[-1] + at[0]) / 2
            path = [start[None], *_quadratics(start, [*at, start], off)]
        else:
            path += _quadratics(path[-1][-1], at, off)
    return loops


def _without_repeats(loop: Floats) -> Floats:
    """The loop without points that repeat the one before."""
    kept: Floats = loop[(loop != np.roll(loop, 1, axis=0)).any(axis=1)]
    return kept


def _quadratics(start: Floats, points: list[Floats], off: float) -> list[Floats]:
    """TrueType's chain of quadratic curves: controls, then the end; between two controls lies a point on the curve."""
    pieces = []
    controls, end = points[:-1], points[-1]
    for number, control in enumerate(controls):
        stop = (control + controls[number + 1]) / 2 if number + 1 < len(controls) else end
        sag = float(np.linalg.norm(start - 2 * control + stop)) / 4
        count = int(np.ceil(np.sqrt(sag / off))) + 1  # chords are off by sag / count²
        t = np.arange(1, count + 1)[:, None] / count
        curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * stop
        curve[-1] = stop
        pieces.append(curve)
        start = stop
    return pieces or [end[None]]


def _cubic(start: Floats, points: list[Floats], off: float) -> Floats:
    """A cubic Bézier curve (two controls and its end) as chords behind its start."""
    first, second, end = points
    bend = max(float(np.linalg.norm(start - 2 * first + second)), float(np.linalg.norm(first - 2 * second + end)))
    count = int(np.ceil(np.sqrt(0.75 * bend / off))) + 1  # Wang's bound: sqrt(d(d-1) bend / (8 off)), d = 3
    t = np.arange(1, count + 1)[:, None] / count
    curve: Floats = (1 - t) ** 3 * start + 3 * t * (1 - t) ** 2 * first + 3 * t**2 * (1 - t) * second + t**3 * end
    curve[-1] = end
    return curve


@functools.lru_cache(maxsize=4)
def typeface(data: bytes = b"") -> Typeface:
    """A font file's bytes read (TTF, OTF, TTC, WOFF), the default font for none; ``BadSetting`` for what is no font."""
    from fontTools.ttLib import TTFont

    own = data or _pillows()
    logging.getLogger("fontTools").addHandler(logging.NullHandler())  # or Python prints what it logs
    with _reading("the font"):
        font = TTFont(io.BytesIO(own), fontNumber=0, lazy=True)
        if not any(table in font for table in ("glyf", "CFF ", "CFF2")):
            raise BadSetting("text: the font holds pictures and no outlines; use another")
        glyphs = dict(font.getBestCmap() or {})
        em, outlines = float(font["head"].unitsPerEm), font.getGlyphSet()
        if not em > 0:
            raise ValueError("its em square is 0")
        family = font["name"].getDebugName(1) if data and "name" in font else None
        name = f"the font {family}" if family else "the font"
        bare = Typeface(name, glyphs, em, 0.7 * em, outlines, _kerning_tables(font))
    tall = bare.contours(glyphs[ord("H")]) if ord("H") in glyphs else []
    height = max((float(loop[:, 1].max()) for loop in tall), default=0.0)
    return replace(bare, capitals=height) if height > 0 else bare


def _pillows() -> bytes:
    """Pillow's own font."""
    from PIL import ImageFont

    data: bytes = getattr(ImageFont.load_default(16.0), "font_bytes", b"")
    if data[:4] != b"\x00\x01\x00\x00":
        raise Unavailable("text: Pillow was built without FreeType; pip install --force-reinstall pillow")
    return data


def _kerning_tables(font: Any) -> tuple[Any, ...]:
    """Pair adjustments of the ``kern`` feature (OpenType 1.9, GPOS lookup 2), or the old ``kern`` table."""
    if "GPOS" in font and font["GPOS"].table.FeatureList is not None:
        table = font["GPOS"].table
        features = [record.Feature for record in table.FeatureList.FeatureRecord if record.FeatureTag == "kern"]
        numbers = dict.fromkeys(number for feature in features for number in feature.LookupListIndex)
        subtables = [sub for number in numbers for sub in table.LookupList.Lookup[number].SubTable]
        plain = [getattr(sub, "ExtSubTable", sub) for sub in subtables]
        return tuple(sub for sub in plain if getattr(sub, "LookupType", 0) == 2)
    if "kern" in font:
        return tuple(table.kernTable for table in font["kern"].kernTables if hasattr(table, "kernTable"))
    return ()


def _pair_in(table: Any, left: str, right: str) -> float | None:
    """A pair's adjustment in one table, None where it says nothing of it."""
    if isinstance(table, dict):
        return float(table[left, right]) if (left, right) in table else None
    if left not in table.Coverage.glyphs:
        return None
    if table.Format == 1:
        rows = table.PairSet[table.Coverage.glyphs.index(left)].PairValueRecord
        value = next((row.Value1 for row in rows if row.SecondGlyph == right), False)
        return None if value is False else float(getattr(value, "XAdvance", 0) or 0)
    first, second = table.ClassDef1.classDefs.get(left, 0), table.ClassDef2.classDefs.get(right, 0)
    value = table.Class1Record[first].Class2Record[second].Value1
    return float(getattr(value, "XAdvance", 0) or 0)
