"""OFF, in and out, in all the spellings that people share."""

from __future__ import annotations

import numpy as np
import pytest

import shapes
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.off import read_off, write_off
from maquette.geometry.topology import is_watertight
from wild_files import volume

CUBE = shapes.box((30, 20, 10))
POINTS = "".join(f"{x} {y} {z}\n" for x, y, z in CUBE.vertices.tolist())
FACES = "".join(f"3 {a} {b} {c}\n" for a, b, c in CUBE.faces.tolist())


def read(text: str | bytes) -> Asset:
    return read_off(Files("a.off", {"a.off": text.encode() if isinstance(text, str) else text}))


SPELLINGS = {
    "plain": f"OFF\n8 12 0\n{POINTS}{FACES}",
    "counts on the first line": f"OFF 8 12 0\n{POINTS}{FACES}",
    "no space": f"OFF8 12 0\n{POINTS}{FACES}",
    "comments and blank lines": f"# made by hand\nOFF\n\n8 12 18 # counts\n{POINTS}\n# faces\n{FACES}",
    "two counts": f"OFF\n8 12\n{POINTS}{FACES}",
    "old Mac": f"OFF\n8 12 0\n{POINTS}{FACES}".replace("\n", "\r"),
    "Windows": f"OFF\n8 12 0\n{POINTS}{FACES}".replace("\n", "\r\n"),
    "small letters": f"off\n8 12 0\n{POINTS}{FACES}",
    "byte order mark": "\ufeff" + f"OFF\n8 12 0\n{POINTS}{FACES}",
    "an edge too": f"OFF\n8 13 0\n{POINTS}{FACES}2 0 1\n",
    "a colour index behind": f"OFF\n8 12 0\n{POINTS}{FACES}".replace("\n3 0", "\n3 0", 1),
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_is_the_same_box(text):
    asset = read(text)
    assert volume(asset.mesh) == pytest.approx(6000)
    assert is_watertight(asset.mesh.faces)
    assert not asset.sized


def test_polygons_and_colors():
    square = "OFF\n5 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n2 0 0\n4 0 1 2 3 255 0 0\n3 1 4 2 0.0 0.5 1.0\n"
    asset = read(square)
    assert len(asset.mesh.faces) == 3
    assert {look.name for look in asset.materials} >= {"#FF0000"}
    colored = read("COFF\n3 1 0\n0 0 0 255 0 0 255\n1 0 0 0 255 0 255\n0 1 0 0 0 255 255\n3 0 1 2\n")
    assert colored.mesh.color.tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OFF BINARY\n" + "x", "binary"),
        ("4OFF\n1 0 0\n", "three dimensions"),
        (f"OFF\n8 12 0\n{POINTS}{FACES[:-10]}", "get the whole file|fewer corners"),
        ("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n", "vertex 7 of 3"),
        ("OFF\n3 1 0\n0 0 0\n1 0 x\n0 1 0\n3 0 1 2\n", "no number"),
        ("OFF\n-3 1 0\n", "no counts"),
        ("OFF\n1e18 1 0\n", "get the whole file"),
        ("solid\n", "instead of `OFF`"),
        ("", "instead of `OFF`"),
        ("OFF\n3 0 0\n0 0 0\n1 0 0\n0 1 0\n", "no faces"),
    ],
)
def test_what_is_no_off_is_refused(text, words):
    with pytest.raises(BadInput, match=words):
        read(text)


def test_it_goes_out_and_comes_back_to_the_last_digit(tmp_path):
    mesh = shapes.torus(20, 5, 24, 12)
    vertex = np.arange(len(mesh.vertices)) % 250
    painted = mesh.replace(color=np.stack([vertex, 255 - vertex, vertex // 2], axis=1).astype(np.uint8))
    for asset in (Asset(mesh), Asset(painted)):
        again = disk.read(disk.save(asset, tmp_path / "a.off"))
        assert np.array_equal(again.mesh.vertices, mesh.vertices)
        assert np.array_equal(again.mesh.faces, mesh.faces)
        assert again.mesh.color is None if asset.mesh.color is None else np.array_equal(again.mesh.color, painted.color)


def test_colors_of_materials_go_to_faces():
    looks = (Material("r", base_color=(1.0, 0.0, 0.0, 1.0)), Material("g", base_color=(0.0, 1.0, 0.0, 1.0)))
    asset = Asset(CUBE.replace(material=np.arange(12) % 2), looks, part_names=())
    with noting() as notes:
        files = write_off(asset)
    again = read_off(files)
    assert [look.name for look in again.materials] == ["#00FF00", "#FF0000"]
    assert again.mesh.material.tolist() == [1, 0] * 6
    assert any("left out several materials" in line for line in notes)
