"""Text as outlines: lines of letters as closed loops that a solid can be made of.

A letter with an accent that the font lacks is set together from the letter and a mark. Scripts whose letters join or
change places, as Arabic and those of India, need a shaper and are refused.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import BadSetting
from maquette.geometry.flat.typeface import Typeface, typeface

_LONGEST = 200  # characters: more is a mistake, and a solid nobody prints
_LEADING = 1.75  # from one baseline to the next, in capital heights
_GAP = 0.12  # between a letter and the mark over it, in capital heights


@dataclass(frozen=True)
class _Mark:
    """How a combining mark is drawn: a sign of the font, turned, shrunk, doubled, over the letter or under it."""

    sign: str
    turn: tuple[float, float] = (1.0, 1.0)  # factors along x and y; negative mirrors
    below: bool = False
    twice: bool = False


_MARKS = {
    "\u0300": _Mark("´", (-1.0, 1.0)),
    "\u0301": _Mark("´"),
    "\u0302": _Mark("^", (0.75, 0.5)),
    "\u0303": _Mark("~", (0.8, 0.8)),
    "\u0307": _Mark("."),
    "\u0308": _Mark(".", twice=True),
    "\u030a": _Mark("°"),
    "\u030c": _Mark("^", (0.75, -0.5)),
    "\u0327": _Mark(",", (0.9, 0.9), below=True),
}


def outline(text: str, height_mm: float, font_file: bytes = b"") -> list[Floats]:
    """Text as closed loops (N, 2) in millimetres: outlines counter-clockwise, holes in them clockwise, none crossing.

    ``height_mm`` is that of a capital H. x runs along the line, the text's box has its middle at x = 0; y = 0 is the
    baseline of the last line, lines (``\\n``) stand above each other and are centred. Empty for blank text.
    ``font_file`` are the bytes of a TTF or OTF, none for the default font. Pairs are kerned as the font says.
    ``BadSetting`` names the characters that the font lacks.
    """
    from manifold3d import CrossSection, FillRule

    if len(text) > _LONGEST:
        raise BadSetting(f"text: {len(text)} characters; at most {_LONGEST} fit on a print")
    font = typeface(font_file)
    _insist_on_letters(text, font)
    lines = text.split("\n")
    loops: list[Floats] = []
    for number, line in enumerate(lines):
        rise = (len(lines) - 1 - number) * _LEADING * font.capitals
        loops.extend(loop + [0.0, rise] for loop in _center(_line(line, font)))
    if not loops:
        return []
    scaled = [loop * (height_mm / font.capitals) for loop in _center(loops)]
    area = CrossSection(scaled, FillRule.NonZero)
    if area.area() < 0 or area.is_empty():  # TrueType winds outlines clockwise, PostScript does not
        area = CrossSection([loop[::-1] for loop in scaled], FillRule.NonZero)
    return [np.asarray(loop, dtype=np.float64) for loop in area.to_polygons()]


def _insist_on_letters(text: str, font: Typeface) -> None:
    """``BadSetting`` for what the font cannot write, or nobody could write without a shaper."""
    text = unicodedata.normalize("NFC", text)
    joined = sorted({sign for sign in text if unicodedata.bidirectional(sign) in ("R", "AL") or _changes(sign)})
    if joined:
        named = " ".join(f"{sign!r}" for sign in joined[:12])
        raise BadSetting(f"text: {named} change beside other letters or run to the left; write it with others")
    missing = sorted({sign for sign in text if sign != "\n" and not _spell(sign, font)})
    if missing:
        named = " ".join(f"{sign!r}" for sign in missing[:12])
        raise BadSetting(f"text: {font.name} has no {named}; name a font that has")


def _changes(sign: str) -> bool:
    """Whether a letter's shape or place depends on its neighbours: the scripts of India and Southeast Asia, joiners."""
    return 0x0900 <= ord(sign) <= 0x109F or 0x1780 <= ord(sign) <= 0x17FF or sign in "\u200c\u200d"


def _spell(sign: str, font: Typeface) -> tuple[str, str] | None:
    """A character as the font's own glyph and marks to draw with it; None where the font lacks it."""
    if ord(sign) in font.glyphs:
        return font.glyphs[ord(sign)], ""
    parts = unicodedata.normalize("NFD", sign)
    if ord(parts[0]) not in font.glyphs or not all(
        mark in _MARKS and ord(_MARKS[mark].sign) in font.glyphs for mark in parts[1:]
    ):
        return None
    return font.glyphs[ord(parts[0])], parts[1:]


def _line(line: str, font: Typeface) -> list[Floats]:
    """The loops of one line in font units, from the pen's start at the origin."""
    pen = 0.0
    loops: list[Floats] = []
    before = None
    for sign in unicodedata.normalize("NFC", line):
        spelled = _spell(sign, font)
        if spelled is None:  # _insist_on_letters has said so
            continue
        glyph, marks = spelled
        drawn = font.contours(glyph)
        if marks and unicodedata.normalize("NFD", sign)[0] in "ij" and len(drawn) > 1:
            drawn = sorted(drawn, key=lambda loop: float(loop[:, 1].max()))[:-1]  # the mark takes the dot's place
        for mark in marks:
            drawn = drawn + _mark(mark, drawn, font)
        pen += font.kerning(before, glyph) if before is not None else 0.0
        loops.extend(loop + [pen, 0.0] for loop in drawn)
        pen += font.advance(glyph)
        before = glyph
    return loops


def _mark(mark: str, letter: list[Floats], font: Typeface) -> list[Floats]:
    """A mark's loops over (or under) the middle of a letter's."""
    if not letter:
        return []
    drawn = _MARKS[mark]
    loops = [loop * drawn.turn for loop in font.contours(font.glyphs[ord(drawn.sign)])]
    if drawn.turn[0] * drawn.turn[1] < 0:
        loops = [loop[::-1] for loop in loops]
    low, high = _box(loops)
    if drawn.twice:
        loops = loops + [loop + [1.9 * (high[0] - low[0]), 0.0] for loop in loops]
        low, high = _box(loops)
    under, over = _box(letter)
    rise = -0.3 * _GAP * font.capitals - high[1] if drawn.below else over[1] + _GAP * font.capitals - low[1]
    shift = np.array([(under[0] + over[0] - low[0] - high[0]) / 2, rise])
    return [loop + shift for loop in loops]


def _box(loops: list[Floats]) -> tuple[Floats, Floats]:
    """Lower and upper corner of all loops."""
    points = np.concatenate(loops)
    return points.min(axis=0), points.max(axis=0)


def _center(loops: list[Floats]) -> list[Floats]:
    """The loops shifted along x so that their box has its middle at 0."""
    if not loops:
        return []
    low, high = _box(loops)
    return [loop - [(low[0] + high[0]) / 2, 0.0] for loop in loops]
