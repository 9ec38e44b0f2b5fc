"""A contact sheet of a folder: photo, mask, four views and verdict of every picture, failures included."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from maquette.core.errors import BadInput, MaquetteError
from maquette.core.files import Files
from maquette.core.progress import part, progress
from maquette.flow import disk
from maquette.flow.judge import Destination
from maquette.flow.made import Made
from maquette.flow.make import make
from maquette.flow.report.album import on_white
from maquette.photo.open import ENDINGS
from maquette.registry import registry
from maquette.store import Store

VIEWS = ("front", "three-quarter", "left", "back")
CELL = 160
WORDS = 300  # width of the column with name and verdict


@dataclass(frozen=True)
class Row:
    """One picture of the folder and what came of it."""

    name: str
    route: str = ""
    verdict: str = ""
    error: str = ""
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    cells: tuple[Any, ...] = field(default=(), repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        names = ("name", "route", "verdict", "error", "seconds", "problems")
        return {name: getattr(self, name) for name in names}


def write_gallery(
    folder: Path, output: Path, destination: Destination = "print", store: Store | None = None
) -> list[Row]:
    """Run every picture below ``folder`` and write the sheet; the rows, for whoever wants the numbers."""
    if not folder.is_dir():
        raise BadInput(f"gallery: {folder} is no folder; name one with pictures in it")
    photos = [place for place in sorted(folder.rglob("*")) if place.suffix.lower() in ENDINGS]
    if not photos:
        raise BadInput(f"gallery: no picture in {folder}; endings that count: {', '.join(ENDINGS)}")
    rows = []
    for index, place in enumerate(photos):
        progress(index / len(photos), str(place.relative_to(folder)))
        with part(index / len(photos), (index + 1) / len(photos)):
            rows.append(_row(place, str(place.relative_to(folder)), destination, store))
    stream = io.BytesIO()
    sheet(rows).save(stream, "PNG")
    disk.put(Files(output.name, {output.name: stream.getvalue()}), output)
    return rows


def _row(place: Path, name: str, destination: Destination, store: Store | None) -> Row:
    """Make one picture and draw its cells; a refusal is a row too."""
    try:
        result = make(place, destination, store=store)
        cells = tuple(_cells(result))
    except MaquetteError as problem:
        return Row(name, verdict="refused", error=f"{type(problem).__name__}: {problem}")
    bad = tuple(f"{f.check}: {f.message}" for f in result.report.findings if f.verdict in ("warn", "fail"))
    return Row(name, result.route, result.report.verdict, "", round(result.seconds["total"], 2), bad, cells)


def _cells(result: Made) -> list[Any]:
    """Photo, mask and four views as pictures of one cell each."""
    from PIL import Image

    draw = registry()["picture"]
    views = ("top", "three-quarter", "left", "front") if result.route == "relief" else VIEWS
    mask = np.zeros((8, 8), np.uint8) if result.cut.mask is None else (result.cut.mask * 255).astype(np.uint8)
    images = [Image.fromarray(on_white(result.photo)), Image.fromarray(mask).convert("RGB")]
    images += [Image.fromarray(draw(result.asset, view=view, size_px=CELL).frames[0]) for view in views]
    return images


def sheet(rows: list[Row]) -> Any:
    """The rows as one picture."""
    from PIL import Image, ImageDraw

    width = WORDS + CELL * (2 + len(VIEWS))
    page = Image.new("RGB", (width, (CELL + 6) * len(rows) + 6), (246, 247, 249))
    pen = ImageDraw.Draw(page)
    inks = {"pass": (26, 127, 75), "warn": (161, 92, 0), "fail": (192, 40, 45), "refused": (192, 40, 45)}
    for index, row in enumerate(rows):
        top = 6 + index * (CELL + 6)
        pen.text((10, top + 6), row.name, fill=(29, 33, 38))
        pen.text(
            (10, top + 24), f"{row.verdict} {row.route} {row.seconds or ''}", fill=inks.get(row.verdict, (0, 0, 0))
        )
        remarks = [row.error] if row.error else list(row.problems)
        pen.multiline_text((10, top + 44), "\n".join(_wrap(remarks)[:8]), fill=(102, 112, 128), spacing=2)
        for column, cell in enumerate(row.cells):
            picture = cell.convert("RGBA")
            picture.thumbnail((CELL, CELL))
            left = WORDS + column * CELL + (CELL - picture.width) // 2
            page.paste(picture, (left, top + (CELL - picture.height) // 2), picture)
    return page


def _wrap(texts: list[str], width: int = 46) -> list[str]:
    """Remarks broken into lines that fit the column."""
    import textwrap

    plain = [text.replace("²", "2").replace("³", "3") for text in texts]  # not in Pillow's own font
    return [line for text in plain for line in textwrap.wrap(text, width)]
