"""Write-marker: a page to print, with the marker that measure finds in a photo."""

from __future__ import annotations

import io
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.files import Files
from maquette.core.progress import note
from maquette.photo.marker import CELLS, grid
from maquette.registry import stage

_MM_PER_POINT = 25.4 / 72
_DPI = 600


@stage
def write_marker(
    *,
    marker_mm: Annotated[
        float, Field(ge=10, le=150, description="side of the black square; measure must know it")
    ] = 40,
    suffix: Annotated[Literal[".pdf", ".svg", ".png"], Field(description="kind of file")] = ".pdf",
) -> Files:
    """Write the marker that `measure` looks for as a page at true size, with a line to check the print by.

    Print it at 100 % ("actual size", never "fit to page"), hold a ruler to the line below the marker, cut it out with
    its white margin, lay it flat beside the thing, and give `measure` the same ``marker_mm``. The line is exactly 50 mm
    long (or as long as the marker's side, where that is shorter), and the page says so. PDF and SVG are in millimetres;
    PNG has 600 dots an inch and says so.
    """
    width, height, _ = _boxes(float(marker_mm))
    size = f"{width:.4g} x {height:.4g} mm" + (f" at {_DPI} dots an inch" if suffix == ".png" else "")
    note(f"a page of {size}: print it at 100 %, then the line below the marker is {_rule(float(marker_mm)):g} mm long")
    name = f"marker-{marker_mm:g}mm{suffix}"
    data = {".pdf": _pdf, ".svg": _svg, ".png": _png}[suffix](float(marker_mm))
    return Files(name, {name: data})


def _rule(side: float) -> float:
    """Length of the line that the print is checked by, in millimetres."""
    return min(side, 50.0)


def _words(side: float) -> str:
    """What stands under the line."""
    return f"Print at 100 %: this line is {_rule(side):g} mm."


def _line_of_words(side: float) -> tuple[float, float, float]:
    """Where the words begin (x, baseline y) and how large they are, in millimetres from the page's top left."""
    size = _rule(side) / 19  # as wide as the line, at half an em a letter
    return 2 * side / CELLS, side + 3 * side / CELLS + 1.8 + 1.1 * size, size


def _boxes(side: float) -> tuple[float, float, list[tuple[float, float, float, float]]]:
    """Width and height of the page and black boxes (x, y, width, height) from its top left, in millimetres."""
    cell = side / CELLS
    margin, rule = 2 * cell, _rule(side)
    row, column = np.nonzero(~grid())
    boxes = [
        (margin + c * cell, margin + r * cell, cell, cell) for r, c in zip(row.tolist(), column.tolist(), strict=True)
    ]
    below = margin + side + cell
    boxes += [(margin, below, rule, 0.3), (margin, below - 1.5, 0.3, 3.3), (margin + rule - 0.3, below - 1.5, 0.3, 3.3)]
    return side + 2 * margin, side + 2 * margin + cell, boxes


def _svg(side: float) -> bytes:
    width, height, boxes = _boxes(side)
    rows = "".join(f'<rect x="{x:.4f}" y="{y:.4f}" width="{w:.4f}" height="{h:.4f}"/>' for x, y, w, h in boxes)
    x, y, size = _line_of_words(side)
    words = f'<text x="{x:.4f}" y="{y:.4f}" font-family="sans-serif" font-size="{size:.4f}">{_words(side)}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.4f}mm" height="{height:.4f}mm" '
        f'viewBox="0 0 {width:.4f} {height:.4f}" shape-rendering="crispEdges">'
        f'<rect width="100%" height="100%" fill="#fff"/>{rows}{words}</svg>\n'
    ).encode()


def _pdf(side: float) -> bytes:
    """PDF 1.4 by hand: a page of one content stream of filled boxes and a line of Helvetica (ISO 32000-1)."""
    width, height, boxes = _boxes(side)
    k = 1 / _MM_PER_POINT
    drawn = "".join(f"{x * k:.4f} {(height - y - h) * k:.4f} {w * k:.4f} {h * k:.4f} re f\n" for x, y, w, h in boxes)
    x, y, size = _line_of_words(side)
    drawn += f"BT /F1 {size * k:.4f} Tf {x * k:.4f} {(height - y) * k:.4f} Td ({_words(side)}) Tj ET\n"
    parts = [
        "<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width * k:.4f} {height * k:.4f}] "
        "/Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}endstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    text, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(text))
        text += f"{number} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    tail = f"trailer << /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF\n"
    return f"{text}xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}{tail}".encode()


def _png(side: float) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    width, height, boxes = _boxes(side)
    dots = _DPI / 25.4
    page = np.full((round(height * dots), round(width * dots)), 255, np.uint8)
    for x, y, w, h in boxes:
        page[round(y * dots) : round((y + h) * dots), round(x * dots) : round((x + w) * dots)] = 0
    image = Image.fromarray(page)
    x, y, size = _line_of_words(side)
    font = ImageFont.load_default(size * dots)
    ImageDraw.Draw(image).text((x * dots, y * dots), _words(side), fill=0, font=font, anchor="ls")
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(_DPI, _DPI))
    return out.getvalue()
