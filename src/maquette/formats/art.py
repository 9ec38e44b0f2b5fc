"""Artwork as SVG: one path a colour, in millimetres."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from maquette.core.artwork import Artwork
from maquette.core.files import Files
from maquette.registry import stage


@stage(writes=(".svg",))
def write_art(
    artwork: Artwork,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "drawing",
    suffix: Annotated[Literal[".svg"], Field(description="kind of file")] = ".svg",
) -> Files:
    """Write a drawing as SVG: a path a colour, every corner to a ten-thousandth of a millimetre."""
    width, height = artwork.size_mm
    low = artwork.points.min(axis=0) if len(artwork.points) else (0.0, 0.0)
    high = artwork.points.max(axis=0) if len(artwork.points) else (1.0, 1.0)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.4f}mm" height="{height:.4f}mm" '
        f'viewBox="{low[0]:.4f} {-high[1]:.4f} {width or 1:.4f} {height or 1:.4f}">'
    ]
    for number, color in enumerate(artwork.colors):
        path = "".join(
            "M" + "L".join(f"{x:.4f} {-y:.4f}" for x, y in loop.tolist()) + "Z" for loop in artwork.loops(number)
        )
        lines.append(f'<path fill="#{color[0]:02x}{color[1]:02x}{color[2]:02x}" fill-rule="evenodd" d="{path}"/>')
    text = "\n".join([*lines, "</svg>", ""])
    return Files(f"{stem}{suffix}", {f"{stem}{suffix}": text.encode()})
