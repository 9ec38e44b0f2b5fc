"""Blind sheets of two folders that bench/likeness.py wrote: the photo, then the old and the new strip, in random order.

    python bench/likeness_sheet.py DATA out/old out/new SHEETS            # sheets and an empty grades.csv; key apart
    python bench/likeness_sheet.py DATA out/old out/new SHEETS --count    # means by folder, once all is graded

Grades by looking: front, side and back together, texture 0 to 3; would print and would ship in a game 0 or 1. The key
lies in SHEETS/key.json; whoever grades opens it only when every row is filled in.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

LIST = Path(__file__).with_name("likeness.json")
COLUMNS = ("front", "side+back", "texture", "print", "game")
ROWS = 4  # pictures a sheet


def entries(old: Path, new: Path) -> list[str]:
    """Pictures that both folders have a strip of, in the order of the list."""
    names = [row["picture"] for row in json.loads(LIST.read_text())]
    return [name for name in names if all((run / "strips" / _file(name)).exists() for run in (old, new))]


def _file(picture: str) -> str:
    return picture.replace("/", "_") + ".png"


def write_sheets(data: Path, old: Path, new: Path, out: Path, seed: int) -> None:
    """Sheets of four pictures, a table to fill in, and the key."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    names = entries(old, new)
    key = {name: bool(rng.integers(2)) for name in names}  # whether A is the new one
    for start in range(0, len(names), ROWS):
        pictures = [_row(data, name, (new, old) if key[name] else (old, new)) for name in names[start : start + ROWS]]
        sheet = Image.new("RGB", (pictures[0].width, sum(p.height for p in pictures)), "white")
        for number, picture in enumerate(pictures):
            sheet.paste(picture, (0, number * picture.height))
        sheet.save(out / f"sheet-{start // ROWS:02d}.jpg", quality=90)
    (out / "key.json").write_text(json.dumps(key))
    if not (out / "grades.csv").exists():
        lines = [f"{name},{letter}" + "," * len(COLUMNS) for name in names for letter in "AB"]
        (out / "grades.csv").write_text("\n".join([",".join(["picture", "which", *COLUMNS]), *lines]) + "\n")


def _row(data: Path, name: str, runs: tuple[Path, Path]) -> Image.Image:
    strips = [Image.open(run / "strips" / _file(name)).convert("RGB") for run in runs]
    side = strips[0].height
    row = Image.new("RGB", (side + 2 * strips[0].width + 20, side + 14), "white")
    photo = Image.open(data / "images" / name).convert("RGBA")
    photo.thumbnail((side, side))
    ground = Image.new("RGBA", photo.size, "white")
    ground.alpha_composite(photo)
    row.paste(ground.convert("RGB"), (0, 14))
    draw = ImageDraw.Draw(row)
    draw.text((2, 1), name, fill="black")
    for number, strip in enumerate(strips):
        left = side + 10 + number * (strip.width + 10)
        row.paste(strip, (left, 14))
        draw.text((left + 2, 1), "AB"[number], fill="red")
    return row


def mean_grades(out: Path) -> str:
    """Mean grades of old and new; refuses while a row is empty."""
    key = json.loads((out / "key.json").read_text())
    with (out / "grades.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    empty = [row["picture"] for row in rows if not all(row[name] for name in COLUMNS)]
    if empty:
        return f"{len(empty)} rows are not graded yet, the first is {empty[0]}"
    lines = [f"| which | {' | '.join(COLUMNS)} |", f"|{' --- |' * (len(COLUMNS) + 1)}"]
    for label, wanted in (("old", False), ("new", True)):
        some = [row for row in rows if key[row["picture"]] == (wanted == (row["which"] == "A"))]
        means = " | ".join(f"{np.mean([float(row[name]) for row in some]):.2f}" for name in COLUMNS)
        lines.append(f"| {label} ({len(some)}) | {means} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "old", "new", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", action="store_true")
    given = parser.parse_args()
    if given.count:
        print(mean_grades(given.out))
    else:
        write_sheets(given.data, given.old, given.new, given.out, given.seed)


if __name__ == "__main__":
    main()
