"""Draw docs/shapes.jpg: twelve photographs that nobody chose for being easy, and what comes of each, from four sides.

python docs/shapes.py            # the photographs that come with scikit-image
python docs/shapes.py FOLDER     # every picture of a folder instead, into FOLDER/shapes.jpg
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import maquette as mq
from maquette.core.errors import MaquetteError
from maquette.photo.open import ENDINGS

SIDE = 150
VIEWS = (("front", "unlit"), ("right", "unlit"), ("back", "unlit"), ("three-quarter", "clay"))
NAMES = [
    "astronaut",
    "camera",
    "chelsea",
    "clock_motion",
    "coffee",
    "coins",
    "horse",
    "logo",
    "moon",
    "motorcycle_left",
    "phantom",
    "rocket",
]


def row(place: Path) -> Image.Image:
    """The photograph, four sides of the model, and what it was taken for, or why there is none."""
    made = Image.new("RGB", (SIDE * (1 + len(VIEWS)), SIDE + 14), "white")
    words = "{0}: {1}"
    photo = Image.open(place).convert("RGB")
    photo.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    made.paste(photo, ((SIDE - photo.width) // 2, 14 + (SIDE - photo.height) // 2))
    try:
        asset = mq.settle(mq.sculpt(mq.crop(mq.matte(mq.open(place.read_bytes())))))
    except MaquetteError as problem:
        ImageDraw.Draw(made).text((4, 1), words.format(place.stem, str(problem)[:110]), fill="black")
        return made
    notes = [note for step in asset.history for note in step.notes if note.startswith("taken for")]
    said = notes[0].partition(" (")[0] if notes else "a free form"
    ImageDraw.Draw(made).text((4, 1), words.format(place.stem, said), fill="black")
    for number, (view, look) in enumerate(VIEWS):
        shot = mq.picture(asset, view=view, look=look, size_px=SIDE, ground="none")
        made.paste(Image.fromarray(np.asarray(shot.frames[0])).convert("RGB"), (SIDE * (number + 1), 14))
    return made


def main() -> None:
    """One row a photograph, two columns."""
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        places, goal = sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS), folder / "shapes.jpg"
    else:
        data = Path(str(files("skimage") / "data"))
        places = [next(data.glob(f"{name}.*")) for name in NAMES]
        goal = Path(__file__).parent / "shapes.jpg"
    rows = [row(place) for place in places]
    page = Image.new("RGB", (2 * rows[0].width, -(-len(rows) // 2) * rows[0].height), "white")
    for number, picture in enumerate(rows):
        page.paste(picture, (number % 2 * picture.width, number // 2 * picture.height))
    page.save(goal, quality=88, optimize=True)


if __name__ == "__main__":
    main()
