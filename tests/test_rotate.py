import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.errors import BadSetting
from maquette.geometry.surface import signed_volume
from maquette.shape.place.rotate import rotate
from shapes import box, grid, sphere


@pytest.mark.parametrize(
    ("setting", "start", "end"),
    [("x_deg", [0, 1, 0], [0, 0, 1]), ("y_deg", [0, 0, 1], [1, 0, 0]), ("z_deg", [1, 0, 0], [0, 1, 0])],
)
def test_positive_angles_turn_counter_clockwise(setting, start, end):
    camera = Camera.looking(tuple(float(s) for s in start), distance=1, span=1)
    made = rotate(Asset(box(), camera=camera), **{setting: 90})
    assert np.array_equal(made.camera.pose[:3, 2], end)


@pytest.mark.parametrize("up", ["+X", "-X", "+Y", "-Y", "+Z", "-Z"])
def test_what_was_up_is_up(up):
    axis = "XYZ".index(up[1])
    arrow = box().vertices * 1.0
    tip = arrow[:, axis] == (1 if up[0] == "+" else 0)
    made = rotate(Asset(box()), up=up).mesh
    assert (made.vertices[tip, 2] == 1).all()
    assert (made.vertices[~tip, 2] == 0).all()
    assert signed_volume(made.vertices, made.faces) == pytest.approx(1)


def test_an_engine_model_comes_to_face_the_front():
    """glTF: +Y up, the front looks along +Z; ours looks along -Y."""
    camera = Camera.looking((0, 0, 1), distance=1, span=1)
    made = rotate(Asset(box(), camera=camera), up="+Y")
    assert np.array_equal(made.camera.pose[:3, 2], [0, -1, 0])


def test_quarter_turns_are_exact_and_four_are_none():
    asset = Asset(box((1, 2, 4)))
    made = asset
    for _ in range(4):
        made = rotate(made, x_deg=90)
    assert made.mesh == asset.mesh
    assert rotate(asset, y_deg=360).mesh == asset.mesh
    assert rotate(asset, z_deg=-90).size == (2, 1, 4)


def test_the_middle_of_the_box_stays():
    asset = Asset(box((1, 2, 4), (10, 20, 30)))
    made = rotate(asset, z_deg=180, x_deg=90)
    assert np.allclose(made.mesh.bounds.mean(axis=0), asset.mesh.bounds.mean(axis=0))


def test_the_order_is_upright_x_y_z():
    asset = Asset(sphere(1.0, 1))
    apart = rotate(rotate(rotate(rotate(asset, up="+Y"), x_deg=30), y_deg=40), z_deg=50)
    assert np.allclose(rotate(asset, up="+Y", x_deg=30, y_deg=40, z_deg=50).mesh.vertices, apart.mesh.vertices)


def test_turning_back_undoes_it_and_lengths_stay():
    asset = Asset(box((1, 2, 4)))
    made = rotate(asset, z_deg=33)
    assert signed_volume(made.mesh.vertices, made.mesh.faces) == pytest.approx(8)
    assert np.allclose(rotate(made, z_deg=-33).mesh.vertices, asset.mesh.vertices)


def test_the_camera_sees_the_same_picture():
    camera = Camera.looking((0, 1, 0), (1, 2, 3), distance=50, span=10)
    asset = Asset(sphere(3.0, 2), camera=camera)
    made = rotate(asset, up="-X", z_deg=12)
    assert np.allclose(camera.project(asset.mesh.vertices)[0], made.camera.project(made.mesh.vertices)[0])


def test_no_turn_no_change():
    asset = Asset(grid())
    assert rotate(asset).mesh == asset.mesh


def test_refuses_more_than_a_whole_turn():
    with pytest.raises(BadSetting, match="x_deg"):
        rotate(Asset(box()), x_deg=400)
