"""The damaged meshes that lie beside the repository, with the face counts somebody else's reader found in them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from maquette.core.files import Files

FOLDER = Path(__file__).parents[2] / "shared" / "data"


def list_files(suffix: str) -> list[tuple[Path, int]]:
    """Files of one kind and their number of triangles; skips the test where there are none."""
    manifest = FOLDER / "MANIFEST.csv"
    if not manifest.is_file():
        pytest.skip(f"no damaged meshes in {FOLDER}")
    with manifest.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["path"].startswith("broken/")]
    return [(FOLDER / row["path"], int(row["faces"])) for row in rows if row["path"].endswith(suffix)]


def open_alone(path: Path) -> Files:
    """One file by itself, without what it refers to."""
    return Files(path.name, {path.name: path.read_bytes()})
