"""Boxes, bars and balls with the noise of any exporter through `solidify`: does any body, or any part of one, get lost?

    python bench/noisy.py [--cases 5000] [--first 0]

The cases are those of tests/noisy_solids.py: rows of bricks, blocks of cubes, bars that overlap in one plane, crosses,
shared walls, boxes flush within others, overlapping balls, turned and up to 10,000 km away, each plane moved by up to
three steps of a 32-bit number. A point is solid when it lies in a body, by solid angles alone. Every result is judged
by the judge of hostile meshes too, which shares no code with `solidify`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.geometry.topology import face_components
from maquette.shape.mend.solidify import solidify

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from hostile_meshes import complaints
from noisy_solids import KINDS, noisy


def verdict(number: int) -> str:
    """What became of one case, in a word or two."""
    case = noisy(number)
    try:
        made = solidify(Asset(case.mesh)).mesh
    except CannotDo as refusal:
        return f"refused: {refusal}"
    lost, gained = case.filled_by(made)
    wrong = complaints(made, 200)
    if lost or gained:
        return f"wrong: {lost:.0%} of the points lost, {gained:.0%} gained"
    if wrong:
        return f"no solid: {'; '.join(wrong)}"
    if case.touching and face_components(made.faces)[0] > 1:
        return "in pieces"
    return "one more than 40 times the faces" if len(made.faces) > 40 * len(case.mesh.faces) else "right"


def main() -> None:
    """Run the cases and print a table of kinds by verdict."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--cases", type=int, default=5000)
    ask.add_argument("--first", type=int, default=0)
    asked = ask.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    start, slowest = time.process_time(), (0.0, 0)
    for number in range(asked.first, asked.first + asked.cases):
        before = time.process_time()
        said = verdict(number)
        slowest = max(slowest, (time.process_time() - before, number))
        counts[KINDS[number % len(KINDS)], said.partition(":")[0]] += 1
        if said != "right":
            print(number, KINDS[number % len(KINDS)], said, flush=True)
    for kind, said in sorted(counts):
        print(f"{kind:14} {said:30} {counts[kind, said]}")
    print(f"{time.process_time() - start:.0f} CPU s, the slowest {slowest[0]:.1f} s (case {slowest[1]})")


if __name__ == "__main__":
    main()
