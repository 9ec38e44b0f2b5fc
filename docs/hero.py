"""Draw docs/hero.jpg from what `make demo` left in out/: what went in above, what came out below."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

SIDE = 400
COLUMNS = (
    ("teapot.jpg", "teapot-0.png"),
    ("robot.jpg", "robot-0.png"),
    ("lion.png", "lion-0.png"),
    ("car-solid-before.png", "car-solid-1.png"),
)


def main() -> None:
    """Lay eight pictures out."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    page = Image.new("RGB", (SIDE * len(COLUMNS), SIDE * 2), "white")
    for column, names in enumerate(COLUMNS):
        for row, name in enumerate(names):
            cell = Image.open(folder / name).convert("RGBA")
            cell.thumbnail((SIDE - 20, SIDE - 20), Image.Resampling.LANCZOS)
            place = (column * SIDE + (SIDE - cell.width) // 2, row * SIDE + (SIDE - cell.height) // 2)
            page.paste(cell, place, cell)
    page.save(Path(__file__).parent / "hero.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
