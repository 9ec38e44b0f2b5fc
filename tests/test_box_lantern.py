"""Boxes of four and five lithophanes: closed, each picture on its side, the top's relief inside."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.errors import CannotDo
from maquette.core.heightmap import Heightmap
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import euler_number, face_components, is_watertight

PITCH = 0.5
WIDE, HIGH = 60.0, 40.0


def even(thick: float, wide: float = WIDE, high: float = HIGH) -> Heightmap:
    return Heightmap(np.full((round(high / PITCH) + 1, round(wide / PITCH)), thick, np.float32), PITCH)


def rising(low: float, high: float) -> Heightmap:
    """Walls that grow thicker to the right, from 10 to 50 mm of the way."""
    x = np.clip((np.arange(round(WIDE / PITCH)) * PITCH - 10) / 40, 0, 1)
    heights = np.tile(low + (high - low) * x, (round(HIGH / PITCH) + 1, 1))
    return Heightmap(heights.astype(np.float32), PITCH)


def wall_at(asset: mq.Asset, outward: tuple[float, float, float], start: tuple[float, float, float]) -> float:
    """How thick the first wall is that a ray from inside meets."""
    mesh = asset.mesh
    tracer = Tracer(mesh.vertices, np.asarray(mesh.faces))
    way = np.array([outward])
    inner = tracer.first(np.array([start]), way).distance[0]
    outer = tracer.first(np.array([start]) + way * (inner + 1e-3), way).distance[0]
    return float(outer + 1e-3)


def test_four_walls_each_as_thick_as_its_picture():
    asset = mq.box_lantern(even(1), even(1.5), even(2), even(2.5))
    ways = ((0, -1, 0), (1, 0, 0), (0, 1, 0), (-1, 0, 0))
    assert [wall_at(asset, way, (0, 0, 20)) for way in ways] == pytest.approx([1, 1.5, 2, 2.5], abs=0.01)
    assert asset.size[2] == pytest.approx(HIGH)
    assert is_watertight(asset.mesh.faces)
    assert euler_number(asset.mesh.faces) == 0
    assert signed_volume(asset.mesh.vertices, asset.mesh.faces) == pytest.approx(
        ((WIDE + 4) * (WIDE + 3) - WIDE**2) * HIGH, rel=0.01
    )


def test_pictures_are_upright_and_not_mirrored_from_outside():
    asset = mq.box_lantern(rising(1, 3), rising(1, 3), rising(1, 3), rising(1, 3))
    for outward, right in (((0, -1, 0), (1, 0)), ((1, 0, 0), (0, 1)), ((0, 1, 0), (-1, 0)), ((-1, 0, 0), (0, -1))):
        for along, thick in ((-10, 1.5), (10, 2.5)):
            start = (along * right[0], along * right[1], HIGH / 2)
            assert wall_at(asset, outward, start) == pytest.approx(thick, abs=0.06)


def test_a_fifth_closes_the_top_and_lies_on_the_bed():
    asset = mq.closed_box_lantern(even(1), even(1), even(1), even(1), rising(1, 3))
    assert is_watertight(asset.mesh.faces)
    assert face_components(asset.mesh.faces)[0] == 1
    assert euler_number(asset.mesh.faces) == 2
    low, high = asset.mesh.bounds
    assert (low[2], high[2]) == pytest.approx((0, HIGH), abs=1e-6)
    on_bed = asset.mesh.vertices[asset.mesh.vertices[:, 2] < 1e-9]
    assert np.ptp(on_bed[:, 0]) == pytest.approx(WIDE + 2, abs=0.02)  # all of it, even
    # turned round from left to right for printing: what was right of the middle is left of it
    square = 20 / HIGH * WIDE / 2  # the middle square of the picture, as wide as the box
    assert wall_at(asset, (0, 0, -1), (-square / 2, 0, HIGH / 2)) > 2.1
    assert wall_at(asset, (0, 0, -1), (square / 2, 0, HIGH / 2)) < 1.9
    assert {found.verdict for found in mq.self_intersections(asset)} == {"pass"}


def test_other_sizes_are_cut_about_their_middle_and_a_lamp_gets_its_foot():
    box = mq.box_lantern(even(1), even(1, 100), even(1, 60, 90), even(1, 31), lamp="tealight")
    assert is_watertight(box.mesh.faces)
    assert box.size == pytest.approx([WIDE + 2, WIDE + 2, HIGH], abs=0.02)
    assert euler_number(box.mesh.faces) == 0  # the foot's hole
    with pytest.raises(CannotDo, match="puck needs 74 mm"):
        mq.box_lantern(even(1), even(1), even(1), even(1), lamp="puck")
    with pytest.raises(CannotDo, match="too narrow for walls of 3 mm; make the front 18 mm wide"):
        mq.box_lantern(even(3, 12), even(1), even(1), even(1))
