"""Draw docs/hero.jpg: the photograph that comes with scikit-image, its subject, and the solid from two sides."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image

import maquette as mq
from maquette.flow.make import make

SIDE = 400


def main() -> None:
    """Make the print and lay four pictures side by side."""
    photo = Path(str(files("skimage") / "data" / "coffee.png"))
    made = make(photo, "print", knobs={"height_mm": 60})
    cut = made.cut.pixels * made.cut.mask[..., None] + 255 * (1 - made.cut.mask[..., None])
    cells = [Image.open(photo).convert("RGB"), Image.fromarray(cut.astype(np.uint8))]
    for view, look in (("three-quarter", "textured"), ("three-quarter", "clay")):
        cells.append(
            Image.fromarray(mq.picture(made.asset, view=view, look=look, size_px=SIDE).frames[0]).convert("RGB")
        )
    page = Image.new("RGB", (SIDE * len(cells), SIDE), "white")
    for column, cell in enumerate(cells):
        cell.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        page.paste(cell, (column * SIDE + (SIDE - cell.width) // 2, (SIDE - cell.height) // 2))
    page.save(Path(__file__).parent / "hero.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
