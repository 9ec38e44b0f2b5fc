import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.geometry.topology import face_components, is_watertight
from maquette.shape.mend.unite import unite
from shapes import box, sphere, together, volume


def test_two_boxes_become_one_with_the_volume_of_both():
    made = unite(Asset(together(box((2, 2, 2)), box((2, 2, 2), (1, 1, 1)))))
    assert volume(made.mesh) == pytest.approx(15, abs=1e-9)
    assert is_watertight(made.mesh.faces)
    assert face_components(made.mesh.faces)[0] == 1
    assert made.history[-1].notes == ("united 2 overlapping parts into 1",)
    assert unite(made).mesh == made.mesh


def test_a_box_within_another_one_is_left_to_drop_inner_walls():
    nested = together(box((3, 3, 3)), box((1, 1, 1), (1, 1, 1)))
    assert unite(Asset(nested)).mesh == nested


def test_boxes_that_lie_against_each_other_grow_together():
    made = unite(Asset(together(box(), box((1, 1, 1), (1, 0.5, 0.5))))).mesh
    assert volume(made) == pytest.approx(2, abs=1e-9)
    assert face_components(made.faces)[0] == 1


def test_what_touches_nothing_keeps_its_triangles():
    alone = box(corner=(9, 9, 9))
    made = unite(Asset(together(alone, box((2, 2, 2)), box((2, 2, 2), (1, 1, 1))))).mesh
    assert np.array_equal(made.triangles[:12], alone.triangles)


def test_a_cavity_goes_with_its_solid_and_is_filled_where_the_other_reaches_in():
    hollow = together(box((6, 6, 6)), box((4, 4, 4), (1, 1, 1)).flipped())
    made = unite(Asset(together(hollow, box((4, 2, 2), (4, 2, 2))))).mesh
    assert volume(made) == pytest.approx(6**3 - 4**3 + 2 * 2 * 1 + 2 * 2 * 2, abs=1e-9)
    assert is_watertight(made.faces)


def test_an_open_part_stays_as_it_is():
    cup = box((2, 2, 2)).keep_faces(np.arange(2, 12))
    given = together(cup, box((2, 2, 2), (1, 1, 1)))
    assert unite(Asset(given)).mesh == given


def test_everything_rides_along():
    """uv is x and y, colour x: both must still be so at every new vertex."""
    pair = together(box((2, 2, 2)), box((2, 2, 2), (1, 1, 1)))
    rich = pair.replace(
        uv=pair.triangles[:, :, :2],
        part=np.arange(24) // 12,
        color=np.repeat(np.round(pair.vertices[:, :1] * 60), 3, axis=1),
        seen=pair.vertices[:, 2] / 3,
    )
    made = unite(Asset(rich, part_names=("low", "high"))).mesh
    assert np.allclose(made.uv, made.triangles[:, :, :2], atol=1e-6)
    assert np.allclose(made.color[:, 0], made.vertices[:, 0] * 60, atol=0.51)
    assert np.allclose(made.seen, made.vertices[:, 2] / 3, atol=1e-6)
    middle = made.triangles.mean(axis=1)
    assert (made.part[middle.max(axis=1) > 2 + 1e-9] == 1).all()
    assert (made.part[middle.min(axis=1) < 1 - 1e-9] == 0).all()


def test_ten_thousandths_of_a_ball_are_enough_to_notice():
    ball = sphere(10.0, 4)
    made = unite(Asset(together(ball, ball.with_vertices(ball.vertices + [7, 1, 2])))).mesh
    lens = 2 * volume(ball) - volume(made)
    gap = np.linalg.norm([7, 1, 2])
    assert lens == pytest.approx(np.pi / 12 * (4 * 10 + gap) * (2 * 10 - gap) ** 2, rel=0.02)
