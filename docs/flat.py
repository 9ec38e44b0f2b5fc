"""Draw docs/flat.jpg and docs/flat-gallery.md: flat art made by the commands that stand beside it, nothing else.

The photographs come with scikit-image (CC0 or in the public domain), the drawing is ours. Each row is a command that
makes a thing, and one that looks at it or the picture that lies beside it.

python docs/flat.py [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).parent
SIDE, COLUMNS = 300, 4
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 100"><path fill="#1f5f8b"
 d="M8 62 L112 62 L96 86 L24 86 Z"/><path fill="#c8452f" d="M56 8 L56 56 L16 56 Z"/><path fill="#e0a020"
 d="M62 18 L62 56 L96 56 Z"/></svg>"""
LOOK = "maquette picture {0} --size-px 300 --background white --ground none --view "
CLAY = "--look clay "
ROWS = (  # what it is, the command, and the one that looks at it
    ("a lithophane with a lamp behind it",
     "maquette lithophane astronaut.png -o astronaut.stl --width-mm 90 --frame-mm 3",
     "maquette backlight astronaut.stl --size-px 300 -o lithophane.png"),
    ("coins as a relief", "maquette relief coins.png -o coins.stl --width-mm 90 --relief-mm 3",
     LOOK.format("coins.stl") + "top " + CLAY + "-o relief.png"),
    ("a moon lamp", "maquette lamp moon.png -o moon.stl --form ball --width-mm 200",
     LOOK.format("moon.stl") + "front " + CLAY + "-o moon-lamp.png"),
    ("a medal with words on its back", 'maquette medal camera.png -o medal.stl --words "1ST PRIZE" --loop-mm 5',
     LOOK.format("medal.stl") + "top " + CLAY + "-o medal.png"),
    ("a sign of three colors", "maquette sign boat.svg -o sign.3mf --width-mm 70 --rim-mm 2",
     LOOK.format("sign.3mf") + "three-quarter -o sign.png"),
    ("a stamp", "maquette stamp boat.svg -o stamp.stl --width-mm 40 --handle-mm 0",
     LOOK.format("stamp.stl") + "three-quarter " + CLAY + "-o stamp.png"),
    ("a cookie cutter", "maquette cutter boat.svg -o cutter.stl --width-mm 70",
     LOOK.format("cutter.stl") + "three-quarter " + CLAY + "-o cutter.png"),
    ("a cat of eight filaments, as it will look", "maquette paint chelsea.png -o cat.3mf --width-mm 60 --swaps 8",
     "cat.front.png"),
)  # fmt: skip


def make_things(folder: Path) -> list[Path]:
    """Run every command in a folder with the pictures in it; the pictures that they leave."""
    data = Path(str(files("skimage") / "data"))
    for name in ("astronaut", "coins", "moon", "camera", "chelsea"):
        (folder / f"{name}.png").write_bytes((data / f"{name}.png").read_bytes())
    (folder / "boat.svg").write_text(DRAWING)
    shots = []
    for _, make, look in ROWS:
        for command in (make, look):
            words = shlex.split(command)
            if words[0] != "maquette":
                continue  # a picture that the first command left
            subprocess.run([sys.executable, "-m", *words], cwd=folder, check=True, capture_output=True)
        shots.append(folder / shlex.split(look)[-1])
    return shots


def draw_sheet(shots: list[Path]) -> Image.Image:
    """The pictures in rows, each under its name."""
    lines = -(-len(shots) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * SIDE, lines * (SIDE + 20)), "white")
    for number, (shot, (what, _, _)) in enumerate(zip(shots, ROWS, strict=True)):
        picture = Image.open(shot).convert("RGBA")
        picture.thumbnail((SIDE - 10, SIDE - 10), Image.Resampling.LANCZOS)
        left, top = number % COLUMNS * SIDE, number // COLUMNS * (SIDE + 20)
        ImageDraw.Draw(sheet).text((left + 6, top + 5), what, fill="black")
        sheet.paste(picture, (left + (SIDE - picture.width) // 2, top + 20 + (SIDE - picture.height) // 2), picture)
    return sheet


def page() -> str:
    """The gallery's page."""
    rows = "\n".join(f"| {what} | `{make}` | `{look}` |" for what, make, look in ROWS)
    return f"""# Flat art, a gallery

Eight things and the commands that made them; `python docs/flat.py` makes them again. The photographs come with
scikit-image (CC0 or in the public domain), the boat is ours. [Flat art](tutorials/flat-art.md) explains the options.

![Eight things: a lithophane, coins in relief, a moon lamp, a medal, a sign, a stamp, a cutter, a painted cat](flat.jpg)

| what | made by | looked at by |
|---|---|---|
{rows}
"""


def main() -> None:
    """The sheet and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="make the things in this folder and leave them there")
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        draw_sheet(make_things(folder)).save(HERE / "flat.jpg", quality=85, optimize=True)
    (HERE / "flat-gallery.md").write_text(page())


if __name__ == "__main__":
    main()
