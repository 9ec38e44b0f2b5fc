"""A sheet as SVG, exact to a ten-thousandth of a millimetre, or as pixels; the same strokes and dashes in both."""

from __future__ import annotations

import json
from html import escape
from typing import Literal

import numpy as np

from maquette.core.arrays import Bytes, Floats
from maquette.render.drafting.sheet import PENS, Pen, Sheet

Ink = Literal["blue", "white"]
INKS = {"blue": ("#17437d", "#f4f8ff"), "white": ("#ffffff", "#101418")}  # paper, lines
_DASH, _SPACE = 2.4, 1.2  # mm, ISO 128
_FINE = 3  # pixels are drawn so many times as fine


def as_svg(sheet: Sheet, ink: Ink, record: dict[str, object]) -> bytes:
    """The sheet as SVG in millimetres; each kind of line is a group, each dimension holds its number."""
    paper, line = INKS[ink]
    width, height = sheet.width, sheet.height
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}">',
        f"<metadata>{escape(json.dumps(record, sort_keys=True))}</metadata>",
        f'<rect width="{width:g}" height="{height:g}" fill="{paper}"/>',
    ]
    for pen, wide in PENS.items():
        parts = sheet.strokes[pen]
        if not parts:
            continue
        dash = " ".join(f"{length:g}" for length in dash_mm(pen))
        dash = f' stroke-dasharray="{dash}"' if dash else ""
        rows.append(
            f'<g id="{pen}" fill="none" stroke="{line}" stroke-width="{wide}" stroke-linecap="round"'
            f' stroke-linejoin="round"{dash}>'
        )
        rows += [f'<path d="{_path(part, height)}"/>' for part in parts]
        rows.append("</g>")
    rows.append(f'<g id="words" fill="{line}" font-family="sans-serif" dominant-baseline="central">')
    for word in sheet.words:
        turn = f' transform="rotate(-90 {word.x:.4f} {height - word.y:.4f})"' if word.upright else ""
        value = "" if word.value_mm is None else f' data-mm="{word.value_mm:.6f}"'
        rows.append(
            f'<text x="{word.x:.4f}" y="{height - word.y:.4f}" font-size="{word.size}" '
            f'text-anchor="{word.anchor}"{turn}{value}>{escape(word.text)}</text>'
        )
    return "\n".join([*rows, "</g>", "</svg>", ""]).encode()


def dash_mm(pen: Pen) -> tuple[float, ...]:
    """Lengths of a line's dashes and spaces, none for one without."""
    return (_DASH, _SPACE) if pen == "hidden" else ()


def _path(segments: Floats, height: float) -> str:
    """Segments as one path; those that go on from the last one share its point."""
    steps, last = [], None
    for (x, y), (other_x, other_y) in segments.tolist():
        if last is None or abs(last[0] - x) > 1e-9 or abs(last[1] - y) > 1e-9:
            steps.append(f"M{x:.4f} {height - y:.4f}")
        steps.append(f"L{other_x:.4f} {height - other_y:.4f}")
        last = (other_x, other_y)
    return "".join(steps)


def as_pixels(sheet: Sheet, ink: Ink, size_px: int) -> Bytes:
    """The sheet (H, W, 4), its width ``size_px``."""
    from PIL import Image, ImageDraw, ImageFont

    paper, line = INKS[ink]
    scale = size_px * _FINE / sheet.width
    shape = (size_px * _FINE, round(sheet.height * size_px / sheet.width) * _FINE)
    image = Image.new("RGB", shape, paper)
    pencil = ImageDraw.Draw(image)
    for pen, wide in PENS.items():
        for part in sheet.strokes[pen]:
            pieces = dashes(part) if dash_mm(pen) else part
            across = max(round(wide * scale), 1)
            for (x, y), (other_x, other_y) in pieces.tolist():
                ends = [(x * scale, shape[1] - y * scale), (other_x * scale, shape[1] - other_y * scale)]
                pencil.line(ends, fill=line, width=across)
                if across > 2:
                    for u, v in ends:
                        r = across / 2 - 0.5
                        pencil.ellipse((u - r, v - r, u + r, v + r), fill=line)
    for word in sheet.words:
        font = ImageFont.load_default(max(word.size * scale, 1.0))
        anchor = {"start": "lm", "middle": "mm", "end": "rm"}[word.anchor]
        if not word.upright:
            pencil.text((word.x * scale, shape[1] - word.y * scale), word.text, fill=line, font=font, anchor=anchor)
            continue
        left, top, right, low = (int(c) for c in font.getbbox(word.text, anchor="mm"))
        label = Image.new("L", (right - left + 8, low - top + 8), 0)
        ImageDraw.Draw(label).text((label.width / 2, label.height / 2), word.text, fill=255, font=font, anchor="mm")
        turned = label.transpose(Image.Transpose.ROTATE_90)
        place = (round(word.x * scale - turned.width / 2), round(shape[1] - word.y * scale - turned.height / 2))
        image.paste(Image.new("RGB", turned.size, line), place, turned)
    small = np.asarray(image.resize((shape[0] // _FINE, shape[1] // _FINE), Image.Resampling.BOX))
    return np.dstack([small, np.full(small.shape[:2], 255, np.uint8)])


def dashes(segments: Floats) -> Floats:
    """Segments (N, 2, 2) cut into dashes that run on from one to the next that continues it."""
    pieces: list[Floats] = []
    phase, last = 0.0, None
    for start, end in segments:
        length = float(np.linalg.norm(end - start))
        if length <= 0:
            continue
        if last is None or np.abs(last - start).max() > 1e-9:
            phase = 0.0
        way, at = (end - start) / length, -phase
        while at < length:
            on, off = max(at, 0.0), min(at + _DASH, length)
            if off > on:
                pieces.append(np.stack([start + way * on, start + way * off]))
            at += _DASH + _SPACE
        phase = (phase + length) % (_DASH + _SPACE)
        last = end
    return np.array(pieces).reshape(-1, 2, 2)
