"""The main job on a real photograph: the cup of coffee that comes inside scikit-image.

python examples/demo.py [folder]
"""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path


def main() -> int:
    """Make the 3MF and the GLB through the same commands a user types; say where everything is."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    folder.mkdir(parents=True, exist_ok=True)
    photo = Path(str(files("skimage") / "data" / "coffee.png"))
    jobs = [
        ["print", str(photo), "-o", str(folder / "coffee.3mf"), "--height-mm", "60"],
        ["model", str(photo), "-o", str(folder / "coffee-model.glb")],
    ]
    for job in jobs:
        print("$ maquette", " ".join(job), flush=True)
        code = subprocess.run([sys.executable, "-m", "maquette", *job], check=False).returncode
        if code > 1:  # 1: made, but the report found something
            return code
    print("\nThe print:  ", folder / "coffee.3mf", "\nThe model:  ", folder / "coffee-model.glb")
    print("The report: ", folder / "coffee.3mf.report.html")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
