import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import euler_number, is_watertight
from maquette.shape.build.wall_mount import wall_mount
from shapes import box, grid, sphere


def body(mesh):
    from manifold3d import Manifold, Mesh64

    return Manifold(Mesh64(np.array(mesh.vertices), mesh.faces.astype(np.uint64)))


FLAT, UPRIGHT = box((80, 60, 10)), box((80, 10, 60))


def test_a_keyhole_below_what_lies_flat():
    made = wall_mount(Asset(FLAT), screw_mm=4.0, lip_mm=1.6).mesh
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == 2  # a pocket, no hole through
    assert np.array_equal(made.bounds, FLAT.bounds)
    new = made.vertices[(made.vertices[:, 2] > 0.01) & (made.vertices[:, 2] < 9.99)]
    assert new[:, 2].max() == pytest.approx(1.6 + 2.4 + 0.6)
    assert np.ptp(new[:, 0]) == pytest.approx(8.6, abs=0.01)
    assert (new[:, 0].max() + new[:, 0].min()) / 2 == pytest.approx(40, abs=0.4)
    assert new[:, 1].max() < 60 - 0.8
    assert new[:, 1].max() > 60 - 0.8 - 1.5


def test_the_head_goes_in_and_slides_up_but_not_out():
    from manifold3d import Manifold

    made = wall_mount(Asset(FLAT), screw_mm=4.0, lip_mm=1.6).mesh
    solid = body(made)
    new = made.vertices[(made.vertices[:, 2] > 2) & (made.vertices[:, 2] < 9.99)]
    top, low = new[:, 1].max() - 4.3, new[:, 1].min() + 4.3
    head = Manifold.cylinder(2.4, 4.0, 4.0, 48)

    def clash(y: float, z: float) -> float:
        return float((head.translate((40.0, y, z)) ^ solid).volume())

    x = (new[:, 0].max() + new[:, 0].min()) / 2
    head = head.translate((x - 40.0, 0.0, 0.0))
    assert clash(low, -1.0) < 1e-6  # in at the entry
    assert clash(low, 1.9) < 1e-6
    assert clash((low + top) / 2, 1.9) < 1e-6  # up the channel
    assert clash(top, 1.9) < 1e-6
    assert clash(top, 0.0) > 10  # held by the lip
    shank = Manifold.cylinder(5.0, 2.0, 2.0, 48).translate((x, top, -1.0))
    assert (shank ^ solid).volume() < 1e-6


def test_two_level_slots_behind_what_stands():
    made = wall_mount(Asset(UPRIGHT), count=2).mesh
    new = made.vertices[(made.vertices[:, 1] < 9.99) & (made.vertices[:, 1] > 0.01)]
    left, right = new[new[:, 0] < 40], new[new[:, 0] > 40]
    assert right[:, 0].mean() - left[:, 0].mean() == pytest.approx(40, abs=0.6)
    assert left[:, 2].max() == pytest.approx(right[:, 2].max())
    assert new[:, 2].max() > 50
    one = signed_volume(UPRIGHT.vertices, UPRIGHT.faces) - body(wall_mount(Asset(UPRIGHT)).mesh).volume()
    assert 80 * 10 * 60 - body(made).volume() == pytest.approx(2 * one, rel=1e-6)
    assert new[:, 1].min() == pytest.approx(10 - 4.6)


def test_the_front_is_untouched():
    made = wall_mount(Asset(FLAT)).mesh
    front = (FLAT.triangles[:, :, 2] == 10).all(axis=1)
    kept = {triangle.tobytes() for triangle in made.triangles}
    assert all(triangle.tobytes() in kept for triangle in FLAT.triangles[front])


def test_new_faces_wear_what_was_nearest():
    asset = Asset(FLAT.replace(color=np.full((8, 3), 50)))
    assert (wall_mount(asset).mesh.color == 50).all()


def test_refusals():
    with pytest.raises(CannotDo, match=r"5\.4 mm of material"):
        wall_mount(Asset(box((80, 60, 4))))
    with pytest.raises(CannotDo, match="no place for a slot"):
        wall_mount(Asset(sphere(20.0, 4)))
    with pytest.raises(CannotDo, match="no place for a slot"):
        wall_mount(Asset(FLAT), count=2, spacing_mm=76.0)
    with pytest.raises(CannotDo, match="solidify it first"):
        wall_mount(Asset(grid()))
