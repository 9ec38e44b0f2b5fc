"""Blueprint: a technical drawing of a model."""

from __future__ import annotations

import io
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.registry import stage
from maquette.render.drafting.ink_sheet import Ink, as_pixels, as_svg
from maquette.render.drafting.pdf_sheet import as_pdf
from maquette.render.drafting.sheet import Sheet, scale_name, three_views

_SIDES = ("front", "top", "right")


@stage
def blueprint(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "blueprint",
    suffix: Annotated[Literal[".svg", ".pdf", ".png"], Field(description="kind of file")] = ".svg",
    paper: Annotated[Literal["a4", "a3"], Field(description="the sheet, lying")] = "a4",
    hidden: Annotated[Literal["dashed", "none"], Field(description="lines that the model itself hides")] = "dashed",
    ink: Annotated[Ink, Field(description="white lines on blue, or black on white")] = "blue",
    width_px: Annotated[int, Field(ge=200, le=8192, description="of a PNG")] = 1600,
) -> Files:
    """Draw a model as an engineer would: front, top and right view to one standard scale, with dimensions in mm.

    Third angle: the top view lies above the front view, the right view beside it. Outlines are 0.7 mm wide, edges 0.35,
    hidden ones dashed, dimensions 0.18 (ISO 128); they are the model's own to 0.01 mm. The sheet has a frame and a
    title block with name, size, scale and the model's digest. In SVG every kind of line is a group, every dimension
    holds its number (``data-mm``), and coordinates are millimetres of paper; a PDF prints at its true size.

    Refuses a model that is flat, and one that fits no sheet at 1:1000.
    """
    sheet = three_views(asset, paper, hidden == "dashed")
    note(f"drawn at {scale_name(sheet.scale)} on {paper.upper()}")
    record = sheet_record(sheet, asset)
    name = f"{stem}{suffix}"
    if suffix == ".svg":
        data = as_svg(sheet, ink, record)
    elif suffix == ".pdf":
        data = as_pdf(sheet, ink, record, asset.title or stem)
    else:
        data = _png(sheet, ink, width_px)
    return Files(name, {name: data})


def sheet_record(sheet: Sheet, asset: Asset) -> dict[str, object]:
    """What the sheet is, for machines: the model's digest, the scale, where each view's lower left corner lies."""
    low, high = asset.mesh.bounds
    places: dict[str, Any] = {side: [round(c, 6) for c in place] for side, place in sheet.places.items()}
    size = [round(float(s), 6) for s in np.asarray(high) - np.asarray(low)]
    return {"kind": "drawing", "model": asset.digest, "scale": sheet.scale, "views": places, "size_mm": size}


def _png(sheet: Sheet, ink: Ink, width_px: int) -> bytes:
    """The sheet as PNG, with its true size on paper."""
    from PIL import Image

    pixels = as_pixels(sheet, ink, width_px)
    buffer = io.BytesIO()
    dpi = width_px / sheet.width * 25.4
    Image.fromarray(pixels[..., :3]).save(buffer, format="PNG", dpi=(dpi, dpi))
    return buffer.getvalue()
