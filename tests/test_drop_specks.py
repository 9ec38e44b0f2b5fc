import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import BadSetting
from maquette.core.mesh import Mesh
from maquette.shape.mend.drop_specks import drop_specks
from shapes import box, grid, sphere, together


def test_a_crumb_goes_and_a_plain_box_stays():
    """Faces say nothing: the box has 12, the crumb 128."""
    ball, plain, crumb = sphere(10.0, 4), box((8, 8, 8), (20, 0, 0)), sphere(0.2, 2)
    made = drop_specks(Asset(together(ball, plain, crumb.with_vertices(crumb.vertices + [0, 0, 30]))))
    assert made.mesh == together(ball, plain)
    assert made.history[-1].notes == ("dropped 1 of 3 parts, together 0.03% of the surface",)


def test_big_parts_all_stay():
    asset = Asset(together(*(sphere(5.0, 2).with_vertices(sphere(5.0, 2).vertices + [12 * n, 0, 0]) for n in range(4))))
    made = drop_specks(asset)
    assert made.mesh == asset.mesh
    assert made.history[-1].notes == ()


def test_a_thin_plate_counts_by_its_area_and_a_block_by_its_volume():
    ball = sphere(10.0, 3)
    plate = box((10, 10, 0.01), (20, 0, 0))  # volume share 0.0002, area share 0.16
    assert drop_specks(Asset(together(ball, plate))).mesh == together(ball, plate)
    comb = together(*(box((0.001, 100, 100), (n, 0, 0)) for n in range(3)))
    block = box((20, 20, 20), (50, 0, 0))  # area share 0.12, volume 800 times the plates'
    assert drop_specks(Asset(together(comb, block)), min_share=0.2).mesh == together(comb, block)


def test_the_largest_stays_whatever_the_share():
    made = drop_specks(Asset(together(sphere(1.0, 2), box((9, 9, 9), (5, 5, 5)))), min_share=1.0)
    assert made.mesh == box((9, 9, 9), (5, 5, 5))


def test_share_of_zero_keeps_everything():
    asset = Asset(together(sphere(10.0, 2), box((1e-3, 1e-3, 1e-3), (50, 0, 0)), grid(2, 2)))
    assert drop_specks(asset, min_share=0).mesh == asset.mesh


def test_flat_sheets_are_measured_by_area():
    big, small = grid(40, 40), grid(1, 1)
    pair = together(big, small.with_vertices(small.vertices + [0, 0, 9]))
    made = drop_specks(Asset(pair)).mesh
    assert len(made.faces) == len(big.faces)


def test_an_open_part_counts_as_if_closed():
    ball = sphere(10.0, 3)
    bowl = ball.keep_faces(ball.triangles[:, :, 2].mean(axis=1) < 0)
    far = bowl.with_vertices(bowl.vertices + [30, 0, 0])
    assert len(drop_specks(Asset(together(ball, far)), min_share=0.3).mesh.faces) == len(ball.faces) + len(far.faces)


def test_twice_is_once_and_uv_goes_along():
    ball = sphere(10.0, 3)
    ball = ball.replace(uv=ball.vertices[ball.faces][:, :, :2].astype(np.float32))
    crumb = sphere(0.1, 1)
    both = together(ball, crumb).replace(uv=np.concatenate([ball.uv, np.zeros((len(crumb.faces), 3, 2))]))
    once = drop_specks(Asset(both))
    assert once.mesh == ball
    assert drop_specks(once).mesh == ball


def test_nothing_in_nothing_out():
    assert len(drop_specks(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)))).mesh.faces) == 0


def test_refuses_a_share_above_one():
    with pytest.raises(BadSetting, match="min_share"):
        drop_specks(Asset(box()), min_share=1.5)
