"""Text as outlines: the letters of a TrueType font read exactly, as closed loops that a solid can be made of.

The font is the one that Pillow carries inside, a subset of Aileron Regular (CC0), so nothing is shipped or looked up.
It holds ASCII and a few signs; letters with an accent are set together from a letter and a mark. Curves are read from
the ``glyf`` table (OpenType 1.9) and not traced from pixels: corners stay sharp at any size.
"""

from __future__ import annotations

import functools
import struct
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadSetting, Unavailable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LONGEST = 200  # characters: more is a mistake, and a solid nobody prints
_LEADING = 1.75  # from one baseline to the next, in capital heights
_GAP = 0.12  # between a letter and the mark over it, in capital heights
_CHORD = 0.002  # a curve may be off by this share of the capitals' height: 0.02 mm on letters of 10 mm


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


@dataclass(frozen=True)
class _Font:
    """What is needed of a font: letters by code, advances and contours in font units."""

    data: bytes
    tables: dict[str, int]
    glyphs: dict[int, int]  # character code -> glyph
    capitals: float  # height of an H

    def numbers(self, form: str, at: int) -> tuple[int, ...]:
        """Big-endian numbers at a place in the file."""
        return struct.unpack_from(f">{form}", self.data, at)

    def advance(self, glyph: int) -> float:
        """How far the pen moves on."""
        (count,) = self.numbers("H", self.tables["hhea"] + 34)
        return float(self.numbers("H", self.tables["hmtx"] + 4 * min(glyph, count - 1))[0])

    def contours(self, glyph: int) -> list[Floats]:
        """Closed loops (N, 2) of a simple glyph, its curves cut into chords."""
        (long,) = self.numbers("h", self.tables["head"] + 50)
        where = self.numbers("2L" if long else "2H", self.tables["loca"] + glyph * (4 if long else 2))
        start, stop = (place if long else 2 * place for place in where)
        if start == stop:
            return []
        at = self.tables["glyf"] + start
        (count,) = self.numbers("h", at)
        if count < 0:
            raise BadSetting("text: the font builds this letter out of others; use another letter")
        ends = self.numbers(f"{count}H", at + 10)
        (instructions,) = self.numbers("H", at + 10 + 2 * count)
        points, on = self._points(at + 12 + 2 * count + instructions, ends[-1] + 1)
        first = (0, *(end + 1 for end in ends[:-1]))
        return [_flatten(points[a : b + 1], on[a : b + 1]) for a, b in zip(first, ends, strict=True)]

    def _points(self, at: int, count: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Points of a glyph and which of them lie on the curve (OpenType, "Simple glyph table")."""
        flags: list[int] = []
        while len(flags) < count:
            flag = self.data[at]
            at += 1
            repeats = 1
            if flag & 8:
                repeats += self.data[at]
                at += 1
            flags.extend([flag] * repeats)
        axes = []
        for short, same in ((2, 16), (4, 32)):
            place, values = 0, []
            for flag in flags:
                if flag & short:
                    place += self.data[at] if flag & same else -self.data[at]
                    at += 1
                elif not flag & same:
                    place += self.numbers("h", at)[0]
                    at += 2
                values.append(place)
            axes.append(values)
        return np.array(axes, dtype=np.float64).T, np.array(flags) & 1 > 0


def outline(text: str, height_mm: float) -> list[Floats]:
    """Text as closed loops (N, 2) in millimetres: outlines counter-clockwise, holes in them clockwise, none crossing.

    ``height_mm`` is that of a capital H. x runs along the line, the text's box has its middle at x = 0; y = 0 is the
    baseline of the last line, lines (``\\n``) stand above each other and are centred. Empty for blank text.
    ``BadSetting`` names the characters that the font lacks.
    """
    from manifold3d import CrossSection, FillRule

    if len(text) > _LONGEST:
        raise BadSetting(f"text: {len(text)} characters; at most {_LONGEST} fit on a print")
    font = _font()
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
    if area.area() < 0 or area.is_empty():  # TrueType winds outlines clockwise
        area = CrossSection([loop[::-1] for loop in scaled], FillRule.NonZero)
    return [np.asarray(loop, dtype=np.float64) for loop in area.to_polygons()]


def _insist_on_letters(text: str, font: _Font) -> None:
    """``BadSetting`` for what the font cannot write."""
    missing = sorted({sign for sign in text if sign != "\n" and not _drawable(sign, font)})
    if missing:
        named = " ".join(f"{sign!r}" for sign in missing[:12])
        raise BadSetting(f"text: the font has no {named}; it writes Latin letters, digits and ASCII signs")


def _drawable(sign: str, font: _Font) -> bool:
    parts = unicodedata.normalize("NFD", sign)
    return ord(parts[0]) in font.glyphs and all(mark in _MARKS for mark in parts[1:])


def _line(line: str, font: _Font) -> list[Floats]:
    """The loops of one line in font units, from the pen's start at the origin."""
    pen = 0.0
    loops: list[Floats] = []
    for sign in unicodedata.normalize("NFC", line):
        parts = unicodedata.normalize("NFD", sign)
        letter, marks = parts[0], parts[1:]
        glyph = font.glyphs[ord(letter)]
        drawn = font.contours(glyph)
        if marks and letter in "ij" and len(drawn) > 1:
            drawn = sorted(drawn, key=lambda loop: float(loop[:, 1].max()))[:-1]  # the mark takes the dot's place
        for mark in marks:
            drawn = drawn + _mark(mark, drawn, font)
        loops.extend(loop + [pen, 0.0] for loop in drawn)
        pen += font.advance(glyph)
    return loops


def _mark(mark: str, letter: list[Floats], font: _Font) -> list[Floats]:
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


def _flatten(points: Floats, on: NDArray[np.bool_]) -> Floats:
    """One contour of quadratic curves as a loop of chords. Between two control points lies a point on the curve."""
    following = np.roll(points, -1, axis=0)
    both_off = ~on & ~np.roll(on, -1)
    order = np.argsort(np.concatenate([np.arange(len(points)), np.flatnonzero(both_off) + 0.5]), kind="stable")
    points = np.concatenate([points, (points + following)[both_off] / 2])[order]
    on = np.concatenate([on, np.ones(int(both_off.sum()), dtype=bool)])[order]
    begin = int(on.argmax())
    points, on = np.roll(points, -begin, axis=0), np.roll(on, -begin)
    pieces = []
    for index in range(len(points)):
        if on[index]:
            pieces.append(points[index : index + 1])
            continue
        a, b, c = points[index - 1], points[index], points[(index + 1) % len(points)]
        sag = float(np.linalg.norm(a - 2 * b + c)) / 4
        count = int(np.ceil(np.sqrt(sag / (_CHORD * 700)))) + 1  # chords are off by sag / count²; 700: capitals' height
        t = np.arange(1, count)[:, None] / count
        pieces.append((1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c)
    return np.concatenate(pieces)


@functools.cache
def _font() -> _Font:
    """Pillow's own font, read once."""
    from PIL import ImageFont

    data = getattr(ImageFont.load_default(16.0), "font_bytes", b"")
    if data[:4] != b"\x00\x01\x00\x00":
        raise Unavailable("text: Pillow was built without FreeType; pip install --force-reinstall pillow")
    (count,) = struct.unpack_from(">H", data, 4)
    records = [struct.unpack_from(">4sIII", data, 12 + 16 * number) for number in range(count)]
    tables = {name.decode("ascii"): place for name, _, place, _ in records}
    font = _Font(data, tables, _character_map(data, tables["cmap"]), 1.0)
    tall = max(float(loop[:, 1].max()) for loop in font.contours(font.glyphs[ord("H")]))
    return _Font(data, tables, font.glyphs, tall)


def _character_map(data: bytes, at: int) -> dict[int, int]:
    """Glyph by character code, from the first subtable of format 4 (segments of the basic plane)."""
    (count,) = struct.unpack_from(">H", data, at + 2)
    places = [at + struct.unpack_from(">HHI", data, at + 4 + 8 * number)[2] for number in range(count)]
    table = next(place for place in places if struct.unpack_from(">H", data, place)[0] == 4)
    (twice,) = struct.unpack_from(">H", data, table + 6)
    form = f">{twice // 2}"
    ends = struct.unpack_from(f"{form}H", data, table + 14)
    starts = struct.unpack_from(f"{form}H", data, table + 16 + twice)
    deltas = struct.unpack_from(f"{form}h", data, table + 16 + 2 * twice)
    offsets = struct.unpack_from(f"{form}H", data, table + 16 + 3 * twice)
    made: dict[int, int] = {}
    for number, (start, end, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if offset:
                spot = table + 16 + 3 * twice + 2 * number + offset + 2 * (code - start)
                (glyph,) = struct.unpack_from(">H", data, spot)
            if not offset or glyph:
                made[code] = (glyph + delta) & 0xFFFF
    return made
