import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.geometry.topology import euler_number, face_components, is_watertight
from maquette.shape.build.keyring import keyring
from shapes import box, grid, sphere, volume

TAG = box((30, 3, 40))


def test_a_hole_goes_through_near_the_top_with_its_wall():
    made = keyring(Asset(TAG), style="hole", hole_mm=4.0, wall_mm=2.0).mesh
    assert volume(TAG) - volume(made) == pytest.approx(np.pi * 4 * 3, rel=0.005)
    assert euler_number(made.faces) == 0
    ring = made.vertices[(made.vertices[:, [0, 2]] > 1).all(axis=1) & (made.vertices[:, 2] < 39)]
    middle = (ring.min(axis=0) + ring.max(axis=0)) / 2
    assert middle[0] == pytest.approx(15, abs=0.3)
    assert 2.0 <= 40 - ring[:, 2].max() < 2.6
    assert np.ptp(ring[:, 2]) == pytest.approx(4, abs=0.01)


def test_a_loop_is_united_and_hangs_over_the_center_of_mass():
    ball = sphere(20.0, 5)
    made = keyring(Asset(ball), hole_mm=5.0).mesh
    assert is_watertight(made.faces)
    assert face_components(made.faces)[0] == 1
    assert euler_number(made.faces) == 0
    above = made.vertices[made.vertices[:, 2] > 20.5]
    assert abs(above[:, 0].mean()) < 0.3
    assert np.ptp(above[:, 1]) == pytest.approx(2.0)
    assert volume(made) > volume(ball)


def test_the_hole_of_the_loop_is_free():
    from manifold3d import Manifold, Mesh64

    made = keyring(Asset(TAG), hole_mm=6.0).mesh
    loop = made.vertices[made.vertices[:, 2] > 40.01]
    height = loop[:, 2].max() - 2 - 3  # wall, radius
    pin = Manifold.cylinder(20, 2.9, 2.9, 64, center=True).rotate((90, 0, 0)).translate((15, 1.5, height))
    solid = Manifold(Mesh64(np.array(made.vertices), made.faces.astype(np.uint64)))
    assert (pin ^ solid).volume() == pytest.approx(0, abs=1e-6)
    assert loop[:, 2].max() - 40 == pytest.approx(3 + 3 + 2, abs=0.4)


@pytest.mark.parametrize(("at", "axis", "sign"), [("left", 0, -1), ("right", 0, 1), ("top", 2, 1)])
def test_it_stands_out_on_the_side_asked_for(at, axis, sign):
    made = keyring(Asset(TAG), at=at).mesh
    grown = made.bounds - TAG.bounds
    row = 0 if sign < 0 else 1
    assert sign * grown[row, axis] > 4
    grown[row, axis] = 0
    assert np.allclose(grown, 0)


def test_shift_moves_it_up_or_right():
    up = keyring(Asset(TAG), at="right", shift_mm=10.0).mesh
    assert up.vertices[up.vertices[:, 0] > 31][:, 2].mean() == pytest.approx(30, abs=0.5)
    left_up = keyring(Asset(TAG), at="left", shift_mm=10.0).mesh
    assert left_up.vertices[left_up.vertices[:, 0] < -1][:, 2].mean() == pytest.approx(30, abs=0.5)
    right = keyring(Asset(TAG), shift_mm=8.0).mesh
    assert right.vertices[right.vertices[:, 2] > 41][:, 0].mean() == pytest.approx(23, abs=0.5)


def test_colors_stay_on_the_model():
    tag = TAG.replace(color=np.full((8, 3), 90))
    made = keyring(Asset(tag)).mesh
    assert (made.color == 90).all()


def test_refusals():
    with pytest.raises(CannotDo, match="at most 26 mm fit"):
        keyring(Asset(TAG), style="hole", hole_mm=40.0)
    with pytest.raises(CannotDo, match="choose another shift_mm"):
        keyring(Asset(TAG), shift_mm=100.0)
    with pytest.raises(CannotDo, match="solidify it first"):
        keyring(Asset(grid()))
