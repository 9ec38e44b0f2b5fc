"""Draw the pictures of the documentation: ``python docs/hero.py [out]``, after ``make demo``.

hero.jpg from what the demo left in out/: what went in above, what came out below. cup.jpg, the gallery's hard case:
the photo that comes with scikit-image, its subject, and the solid from two sides.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from PIL import Image

SIDE = 400
COLUMNS = (
    ("teapot.jpg", "teapot-0.png"),
    ("robot.jpg", "robot-0.png"),
    ("lion.png", "lion-0.png"),
    ("car-solid-before.png", "car-solid-1.png"),
)


def draw_hero(folder: Path) -> None:
    """Lay eight pictures out."""
    page = Image.new("RGB", (SIDE * len(COLUMNS), SIDE * 2), "white")
    for column, names in enumerate(COLUMNS):
        for row, name in enumerate(names):
            cell = Image.open(folder / name).convert("RGBA")
            cell.thumbnail((SIDE - 20, SIDE - 20), Image.Resampling.LANCZOS)
            place = (column * SIDE + (SIDE - cell.width) // 2, row * SIDE + (SIDE - cell.height) // 2)
            page.paste(cell, place, cell)
    page.save(Path(__file__).parent / "hero.jpg", quality=88, optimize=True)


def draw_cup(folder: Path) -> None:
    """Make the cup by the commands that a user types, and lay four pictures side by side."""
    photo = str(files("skimage") / "data" / "coffee.png")
    jobs = (
        ["matte", photo, "-o", "cup-cut.png"],
        ["print", photo, "-o", "cup.3mf", "--height-mm", "60", "--force"],
        ["picture", "cup.3mf", "-o", "cup-0.png", "--view", "three-quarter", "--size-px", str(SIDE)],
        ["picture", "cup.3mf", "-o", "cup-1.png", "--view", "three-quarter", "--look", "clay", "--size-px", str(SIDE)],
    )
    for words in jobs:
        subprocess.run([sys.executable, "-m", "maquette", *words], cwd=folder, check=False)
    page = Image.new("RGB", (SIDE * 4, SIDE), "white")
    for column, place in enumerate((photo, folder / "cup-cut.png", folder / "cup-0.png", folder / "cup-1.png")):
        cell = Image.open(place).convert("RGBA")
        cell.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        page.paste(cell, (column * SIDE + (SIDE - cell.width) // 2, (SIDE - cell.height) // 2), cell)
    page.save(Path(__file__).parent / "cup.jpg", quality=86, optimize=True)


if __name__ == "__main__":
    made_by_demo = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    draw_hero(made_by_demo)
    draw_cup(made_by_demo)
