import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.surface import area_vectors
from maquette.geometry.topology import euler_number, is_watertight
from maquette.shape.build.flatten_base import flatten_base
from shapes import box, grid, sphere, torus, volume


def base_area(mesh: Mesh) -> float:
    flat = (mesh.vertices[mesh.faces, 2] <= mesh.bounds[0, 2] + 1e-9).all(axis=1)
    return float(-area_vectors(mesh.vertices, mesh.faces[flat])[:, 2].sum())


def test_a_cut_takes_a_cap_off_a_ball():
    ball = sphere(20.0, 5)
    made = flatten_base(Asset(ball)).mesh
    cut = made.bounds[0, 2] + 20
    assert 0.1 * 40 * 40 <= base_area(made) < 0.115 * 40 * 40
    assert volume(ball) - volume(made) == pytest.approx(np.pi * cut**2 * (20 - cut / 3), rel=0.02)
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == 2


def test_filling_keeps_the_height_and_adds_what_is_below():
    ball = sphere(20.0, 5)
    made = flatten_base(Asset(ball), how="fill", height_mm=2.0).mesh
    assert np.array_equal(made.bounds, ball.bounds)
    radius_2 = 20**2 - 18**2
    cap = np.pi * 2**2 * (20 - 2 / 3)
    assert base_area(made) == pytest.approx(np.pi * radius_2, rel=0.01)
    assert volume(made) - volume(ball) == pytest.approx(np.pi * radius_2 * 2 - cap, rel=0.02)
    assert is_watertight(made.faces)


@pytest.mark.parametrize("how", ["cut", "fill"])
def test_twice_is_once_and_the_upper_half_is_untouched(how):
    ball = sphere(20.0, 4)
    once = flatten_base(Asset(ball), how=how)
    assert flatten_base(once, how=how).mesh == once.mesh
    upper = ball.triangles[:, :, 2].min(axis=1) > -15
    kept = {triangle.tobytes() for triangle in once.mesh.triangles}
    assert all(triangle.tobytes() in kept for triangle in ball.triangles[upper])


def test_a_box_comes_back_as_it_is():
    asset = Asset(box((10, 10, 10)))
    assert flatten_base(asset, height_mm=3.0).mesh is asset.mesh


def test_texture_and_color_are_carried():
    ball = sphere(20.0, 4)
    painted = ball.replace(
        uv=ball.triangles[:, :, :2] / 40 + 0.5,
        color=np.full((len(ball.vertices), 3), 77),
        part=np.zeros(len(ball.faces)),
    )
    made = flatten_base(Asset(painted, part_names=("ball",))).mesh
    assert np.abs(made.uv - (made.triangles[:, :, :2] / 40 + 0.5)).max() < 0.2
    assert (made.color == 77).all()
    assert (made.part == 0).all()


def test_refusals_name_their_numbers():
    with pytest.raises(CannotDo, match="a slice of 50 mm is all of it"):
        flatten_base(Asset(sphere(20.0, 3)), height_mm=50.0)
    ring = torus(20.0, 5.0)
    upright = ring.with_vertices(ring.vertices[:, [2, 0, 1]])
    with pytest.raises(CannotDo, match=r"has \d+ mm², 450 are wanted"):
        flatten_base(Asset(upright), contact_share=0.9)
    sheet = grid()
    tilted = sheet.with_vertices(sheet.vertices @ np.array([[1, 0, 0.5], [0, 1, 0], [0, 0, 1.0]]))
    with pytest.raises(CannotDo, match="solidify it first"):
        flatten_base(Asset(tilted))
