import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.surface import signed_volume
from maquette.shape.place.rotate import rotate
from maquette.shape.place.scale_to import scale_to
from shapes import box, grid, sphere


@pytest.mark.parametrize(
    ("along", "size"),
    [("height", (20, 40, 80)), ("width", (80, 160, 320)), ("depth", (40, 80, 160)), ("longest", (20, 40, 80))],
)
def test_reaches_the_size_and_keeps_proportions(along, size):
    made = scale_to(Asset(box((1, 2, 4), (7, 8, 9))), height_mm=80, along=along)
    assert made.size == pytest.approx(size)
    assert signed_volume(made.mesh.vertices, made.mesh.faces) == pytest.approx(np.prod(size))
    assert made.history[-1].notes == (f"scaled by {size[0]:.4g} to {' x '.join(f'{s:.4g}' for s in size)} mm",)


def test_a_certain_size_is_vouched_for_and_a_guess_is_not():
    assert scale_to(Asset(box()), height_mm=80).sized
    assert not scale_to(Asset(box()), height_mm=80, certain=False).sized
    assert scale_to(Asset(box()), height_mm=1).sized  # the number was right, now somebody says so


def test_a_guess_leaves_a_known_size_alone():
    known = Asset(box((1, 2, 4)), sized=True)
    made = scale_to(known, height_mm=80, certain=False)
    assert made.mesh == known.mesh
    assert made.sized
    assert scale_to(known, height_mm=80).size == pytest.approx((20, 40, 80))


def test_twice_is_once():
    once = scale_to(Asset(sphere(0.7, 3)), height_mm=33.3)
    again = scale_to(once, height_mm=33.3)
    assert again.mesh == once.mesh
    assert again.history[-1].notes == ()


def test_the_camera_sees_the_same_picture():
    camera = Camera.looking((0, 1, 0), (1, 2, 3), distance=50, span=10)
    asset = Asset(sphere(3.0, 2), camera=camera)
    made = scale_to(asset, height_mm=120)
    before, _ = camera.project(asset.mesh.vertices)
    after, depth = made.camera.project(made.mesh.vertices)
    assert np.allclose(before, after)
    assert depth.min() > 0


def test_what_rides_along_is_untouched():
    mesh = grid(3, 3).replace(seen=np.ones(16), color=np.full((16, 3), 7))
    made = scale_to(Asset(mesh), height_mm=5, along="width").mesh
    assert made.with_vertices(mesh.vertices) == mesh


def test_refuses_what_is_flat_that_way():
    with pytest.raises(CannotDo, match="height is 0"):
        scale_to(Asset(grid()), height_mm=10)
    with pytest.raises(CannotDo, match="longest is 0"):
        scale_to(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))), height_mm=10, along="longest")


@pytest.mark.parametrize("height", [0, -5, float("inf"), "tall"])
def test_refuses_a_size_that_is_none(height):
    with pytest.raises(BadSetting, match="height_mm"):
        scale_to(Asset(box()), height_mm=height)


def test_upright_is_the_height_before_the_model_was_turned():
    """A slab of 10 x 20 x 40 laid on its back and made 80 mm "high" is 80 mm long: its owner meant the upright one."""
    slab = Asset(box((10, 20, 40)))
    laid = rotate(slab, x_deg=90)
    assert scale_to(laid, height_mm=80, along="upright").size == pytest.approx((20, 80, 40))
    assert scale_to(laid, height_mm=80).size == pytest.approx((40, 160, 80))
    assert scale_to(slab, height_mm=80, along="upright").mesh == scale_to(slab, height_mm=80).mesh
    tilted = rotate(scale_to(slab, height_mm=13), x_deg=30, z_deg=50)
    again = scale_to(tilted, height_mm=40, along="upright").mesh
    assert signed_volume(again.vertices, again.faces) == pytest.approx(10 * 20 * 40)
