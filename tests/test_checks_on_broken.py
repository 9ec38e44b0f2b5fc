"""The checks on damaged files from the world, against what somebody else's tools found in them.

The notes say for instance ``open(4);winding``: four open edges, faces that disagree. The files lie beside the
repository; without them this skips.
"""

from __future__ import annotations

import csv
import re

import pytest

from broken_meshes import FOLDER, open_alone
from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.registry import registry

MOST_FACES = 13_000
# Cuts shallower than 32-bit numbers tell at these coordinates; the notes come from exact arithmetic.
SHALLOW = {"Generic_Twin_7081.1.t0_right", "Offset2", "hull-mask", "Edited_Front_Wheel", "Lower_hull"}
# Their quads were cut along the other diagonal, which there makes or unmakes doubled faces.
RECUT = {"extruder_idler_quads", "space_in_material_name"}


def list_defects() -> list[tuple[str, dict[str, int]]]:
    """Files that we can read and that are small, with their defects and how many of each (1 where unsaid)."""
    manifest = FOLDER / "MANIFEST.csv"
    if not manifest.is_file():
        return []
    with manifest.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["path"].startswith("broken/")]
    small = [row for row in rows if int(row["faces"]) <= MOST_FACES and row["path"].endswith((".stl", ".obj", ".ply"))]
    return [
        (row["path"], {k: int(n or 1) for k, n in re.findall(r"(\w+)(?:\((\d+)\))?", row["notes"])}) for row in small
    ]


FILES = list_defects()


@pytest.mark.skipif(not FILES, reason=f"no damaged meshes in {FOLDER}")
def test_there_are_enough_of_every_kind():
    assert len(FILES) > 70
    for kind in ("open", "nonmanifold", "winding", "inverted", "degenerate", "selfint", "dupfaces"):
        assert sum(kind in notes for _, notes in FILES) >= 3, kind


@pytest.mark.parametrize(("path", "notes"), FILES, ids=[path.removeprefix("broken/") for path, _ in FILES])
def test_the_right_check_fires(path, notes):
    asset = registry()[f"read-{path[-3:]}"](open_alone(FOLDER / path))
    before = asset.digest
    if any(name in path for name in RECUT):
        pytest.skip("quads cut differently")
    exact = "degenerate" not in notes  # faces that collapse when welded take their edges along
    assert agrees(number(asset, "watertight"), notes.get("open", 0), exact)
    assert agrees(number(asset, "edge-manifold"), notes.get("nonmanifold", 0), exact)
    alike, outward = findings(asset, "winding")
    assert (alike.value > 0) == ("winding" in notes)
    assert outward.value > 0 or "inverted" not in notes
    assert number(asset, "degenerate") > 0 or "degenerate" not in notes
    if "selfint" in notes and exact and not any(name in path for name in SHALLOW):
        assert number(asset, "self-intersections") > 0
    if "dupfaces" in notes and exact:
        assert "of the faces lie on another" in findings(asset, "edge-manifold")[0].message
    assert asset.digest == before


def findings(asset: Asset, check: str) -> tuple[Finding, ...]:
    return registry()[check](asset)


def number(asset: Asset, check: str) -> float:
    (found,) = findings(asset, check)
    assert (found.verdict == "pass") == (found.value == 0)
    return found.value


def agrees(counted: float, noted: int, exact: bool) -> bool:
    return counted == noted if exact else counted <= noted
