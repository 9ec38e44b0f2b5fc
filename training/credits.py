"""Write DATA.md: what the network is trained on, and who made it.

python -m training.credits DATA > training/DATA.md
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path

_SPLITS = ("train_A", "train_B", "shape-only")

_HEAD = """# What the sculpting network learns from

None of the meshes is part of this project; the weights in `src/maquette/generate/guess/data` are trained on pictures
made from them and from shapes that `procedural.py` makes up. The objects of the split named `validation` are never read
by anything under `training/` and were never trained on; `bench/generators.py` alone opens them.

- {count} objects of {sources} sources and authors, listed below with their licences; thanks to all who made them. The
  works under CC-BY are credited by this table (source repository, author); their shapes and colours are changed:
  scaled, stretched, recoloured, relit and cut to 20,000 faces.
- {flat} of them are flat building modules and count a quarter; scanned things count four times; alike objects of one
  source count by the square root of their number (`objects.py`).
- 35 % of the examples are made-up shapes: turned, extruded, cut, jointed and blobby ones.
- Colour: the object's own (60 % of the time, where it has any), else stripes, checks, labels and clouds, so that paint
  is not taken for relief.
- Light, backdrops, blur, noise, JPEG, colour cast, toon looks, wobbling masks, lenses of 20 to 60 degrees: `light.py`,
  `views.py`.

| objects | source | repository | licence | author |
| --- | --- | --- | --- | --- |
"""


def credits(data: Path) -> str:
    """The page for a data folder with MANIFEST.csv."""
    with (data / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "mesh" and row["split"] in _SPLITS]
    counts = Counter((row["source"], row["repo"], row["licence"], row["author"]) for row in rows)
    flat = sum(row["split"] == "train_B" for row in rows)
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    lines = [f"| {count} | {' | '.join(part.replace('|', '/') for part in key)} |" for key, count in ordered]
    return _HEAD.format(count=len(rows), sources=len(counts), flat=flat) + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(credits(Path(sys.argv[1])))
