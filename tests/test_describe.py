"""What is said of a model is so: colors by name, size, symmetry, parts, material, view."""

from __future__ import annotations

import json

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.look.color_names import name_colors
from maquette.geometry.look.oklab import oklab_of
from maquette.geometry.look.srgb import to_linear
from shapes import box, sphere, together


def description_of(asset, **settings):
    return json.loads(mq.describe(asset, **settings).data)


def two_colors() -> Asset:
    """A red ball of 10 mm beside a small blue box."""
    ball = sphere(10.0, 3)
    mesh = together(ball, box((4, 4, 4)).with_vertices(box((4, 4, 4)).vertices + [20, 0, 0]))
    material = np.r_[np.zeros(len(ball.faces), np.int32), np.ones(12, np.int32)]
    looks = (
        Material("paint", base_color=(0.6, 0.01, 0.01, 1.0), roughness=0.2),
        Material("steel", base_color=(0.02, 0.08, 0.7, 1.0), metallic=1.0, roughness=0.5),
    )
    return Asset(Mesh(mesh.vertices, mesh.faces, material=material), materials=looks, sized=True)


def test_colors_size_parts_and_materials_are_those_of_the_model():
    record = description_of(two_colors())
    assert [color["name"] for color in record["colors"]] == ["red", "blue"]
    ball, cube = 4 * np.pi * 100, 6 * 16
    assert record["colors"][0]["share"] == pytest.approx(ball / (ball + cube), abs=0.02)
    assert record["parts"]["bodies"] == 2
    assert [row["guess"] for row in record["materials"]] == ["glossy", "brushed metal"]
    assert record["size_mm"]["deep"] == pytest.approx(20, abs=0.2)
    assert record["symmetry"]["front_back"] > 0.95
    assert record["symmetry"]["left_right"] < 0.6
    assert record["caption"].startswith("A red and blue thing, ")
    assert "left and right different" in record["caption"]


def test_a_given_caption_takes_the_place_of_ours_and_nothing_else_changes():
    own, given = description_of(two_colors()), description_of(two_colors(), caption="  A cherry beside a die ")
    assert given["caption"] == "A cherry beside a die"
    assert {**own, "caption": 0, "caption_by": 0} == {**given, "caption": 0, "caption_by": 0}


@pytest.mark.parametrize(
    ("code", "word"),
    [("000000", "black"), ("ffffff", "white"), ("808080", "gray"), ("ff0000", "red"), ("0000ff", "blue"),
     ("00a000", "green"), ("ffd700", "yellow"), ("ff8c00", "orange"), ("8b4513", "brown"), ("800080", "purple"),
     ("ff69b4", "pink"), ("d2b48c", "beige"), ("008080", "teal"), ("000080", "blue")],
)  # fmt: skip
def test_colors_are_called_what_people_call_them(code, word):
    light = to_linear(np.array([[int(code[k : k + 2], 16) for k in (0, 2, 4)]]) / 255)
    assert name_colors(oklab_of(light)) == [word]


@pytest.mark.parametrize(
    ("toward", "words"),
    [((0, 1, 0), "from the front, level"), ((-1, 0, 0), "from the right, level"),
     ((0, 1, -0.5), "from the front, from slightly above"), ((0, 0.2, -1), "from the front, from above")],
)  # fmt: skip
def test_the_view_is_where_the_camera_stood(toward, words):
    asset = Asset(box(), camera=Camera.looking(toward, distance=100.0, span=50.0))
    assert description_of(asset)["view"]["words"] == words


def test_nothing_is_not_described():
    with pytest.raises(CannotDo, match="0 faces"):
        mq.describe(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int32))))
