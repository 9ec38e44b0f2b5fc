"""What a user waits for: import, --help, and a 1024 px photo to a 3MF, stage by stage.

python bench/journey.py [photo]
"""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

from PIL import Image

from maquette.flow.make import make


def whole_process(*words: str, runs: int = 7) -> float:
    """Median wall seconds of a fresh Python process."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def photo_of(place: Path, long_side: int = 1024) -> bytes:
    """A photo enlarged or shrunk to this long side, as PNG."""
    image = Image.open(place).convert("RGB")
    scale = long_side / max(image.size)
    stream = io.BytesIO()
    image.resize((round(image.width * scale), round(image.height * scale))).save(stream, "PNG")
    return stream.getvalue()


def main() -> None:
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(str(files("skimage") / "data" / "coffee.png"))
    nothing = whole_process("-c", "pass")
    print(f"{'python -c pass':<28}{nothing:6.3f} s")
    print(f"{'import numpy':<28}{whole_process('-c', 'import numpy') - nothing:6.3f} s, start of Python taken off")
    print(
        f"{'import maquette':<28}{whole_process('-c', 'import maquette') - nothing:6.3f} s, start of Python taken off"
    )
    print(f"{'maquette --help':<28}{whole_process('-m', 'maquette', '--help'):6.3f} s")
    data = photo_of(place)
    for destination in ("print", "model"):
        make(data, destination)  # load libraries once
        made = make(data, destination)
        print(f"\n{destination}, {place.name} at 1024 px, {len(made.asset.mesh.faces):,} faces, {made.report.verdict}")
        for stage, seconds in made.seconds.items():
            print(f"  {stage:<14}{seconds:6.2f} s")


if __name__ == "__main__":
    main()
