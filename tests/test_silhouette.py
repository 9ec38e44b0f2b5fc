from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.silhouette import silhouette
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.subject import Subject
from maquette.shape.place.rotate import rotate
from maquette.shape.place.scale_to import scale_to
from samples import ball
from shapes import box, sphere

FRONT = Camera.looking((0, 1, 0), distance=100.0, span=100.0)


def photo(mask: np.ndarray) -> Subject:
    return Subject(pixels=np.zeros((*mask.shape, 3)), mask=mask)


def square(left: int, right: int, top: int, bottom: int, size: int = 100) -> Subject:
    """A mask of 100 x 100 pixels with one rectangle."""
    mask = np.zeros((size, size), np.float32)
    mask[top:bottom, left:right] = 1
    return photo(mask)


def finding(asset: Asset, **settings):
    (found,) = silhouette(asset, **settings)
    return found


def block(width: float, height: float) -> Asset:
    """A box about the origin that fills width x height mm of the frame's 100 x 100."""
    return Asset(box((width, 10, height), (-width / 2, -5, -height / 2)), camera=FRONT)


def test_the_same_outline_is_one():
    found = finding(block(60, 40).replace(source=square(20, 80, 30, 70)))
    assert (found.verdict, found.value, found.unit) == ("pass", 1.0, "IoU")


@pytest.mark.parametrize(
    ("rectangle", "value", "verdict"),
    [
        ((20, 80, 30, 68), 38 / 40, "pass"),
        ((20, 80, 30, 62), 32 / 40, "warn"),
        ((20, 80, 30, 54), 24 / 40, "fail"),
        ((80, 100, 0, 20), 0.0, "fail"),
        ((0, 100, 0, 100), 0.24, "fail"),
    ],
)
def test_the_number_is_intersection_over_union(rectangle, value, verdict):
    found = finding(block(60, 40).replace(source=square(*rectangle)))
    assert found.value == pytest.approx(value)
    assert found.verdict == verdict


def test_a_soft_mask_counts_from_one_half():
    soft = square(20, 80, 30, 70).mask * 0.6
    soft[:30] = 0.4
    assert finding(block(60, 40).replace(source=photo(soft))).value == 1.0


def test_up_and_right_are_not_mixed_up():
    corner = Asset(box((20, 10, 20), (20, -5, 20)), camera=FRONT, source=square(70, 90, 10, 30))
    assert finding(corner).value == 1.0


def test_what_is_missed_and_what_is_added():
    found = finding(block(60, 40).replace(source=square(20, 100, 30, 70)))
    assert "25.0% of the subject is missed, 0.0% is added" in found.message


def test_it_holds_after_moving_the_asset_and_in_perspective():
    asset = ball()
    assert finding(asset).value > 0.97
    assert finding(scale_to(asset, height_mm=7)).value == finding(asset).value
    assert finding(rotate(asset, z_deg=35, x_deg=20)).value > 0.97
    lens = Camera.looking((0, 1, 0), distance=100.0, span=0.5, projection="perspective")
    mask = np.zeros((100, 100), np.float32)
    y, x = np.mgrid[0:100, 0:100] + 0.5
    mask[np.hypot(x - 50, y - 50) < 100 * 20 / np.sqrt(100**2 - 20**2) / 0.5] = 1  # a ball's outline from 100 away
    assert finding(Asset(sphere(20, 5), camera=lens, source=photo(mask))).value > 0.97


def test_a_wide_photo_of_many_pixels_is_compared_small():
    mask = np.zeros((300, 600), np.float32)
    mask[100:200, 150:450] = 1
    camera = Camera.looking((0, 1, 0), distance=100.0, span=100.0, aspect=2.0)
    asset = Asset(box((100, 10, 100 / 3), (-50, -5, -50 / 3)), camera=camera, source=photo(mask))
    assert finding(asset, size_px=300).value == 1.0
    assert finding(asset, size_px=64).value > 0.9


def test_unknown_without_photo_mask_or_camera():
    asset = block(60, 40)
    for lacking, word in (
        (asset, "photo"),
        (asset.replace(source=Subject(pixels=np.zeros((4, 4, 3)))), "mask"),
        (asset.replace(source=square(1, 2, 1, 2), camera=None), "camera"),
        (asset.replace(source=square(0, 0, 0, 0)), "mask is empty"),
    ):
        assert finding(lacking).verdict == "unknown"
        assert word in finding(lacking).message
        assert finding(lacking).value is None


def test_an_empty_model_misses_everything():
    asset = ball()
    assert finding(asset.with_mesh(asset.mesh.keep_faces(np.zeros(512, bool))).replace(materials=())).value == 0
