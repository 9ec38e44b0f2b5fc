"""Plates: closed, within their bound at every height, cut and bent as asked."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.core.heightmap import Heightmap
from maquette.geometry.flat.terrain import close_below, deviations, rim, triangulate_heights
from maquette.geometry.rows import flat_cross
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges, euler_number

rng = np.random.default_rng(5)


def waves(rows: int = 60, columns: int = 90, pitch: float = 0.5) -> Heightmap:
    y, x = np.mgrid[:rows, :columns] * pitch
    return Heightmap((3 + np.sin(x / 3) + np.cos(y / 4)).astype(np.float32), pitch)


def is_closed(mesh) -> bool:
    table = edges(mesh.faces)
    return bool((table.count == 2).all())


@pytest.mark.parametrize("shape", [(2, 2), (2, 40), (40, 2), (33, 65), (50, 71)])
@pytest.mark.parametrize("bound", [0.02, 0.3])
def test_no_height_is_further_off_than_the_bound(shape, bound):
    heights = rng.random(shape).astype(np.float32)
    places, faces = triangulate_heights(heights, bound)
    off = deviations(heights, places, faces)
    assert off.min() >= 0  # a triangle lies over every place
    assert off.max() <= bound * (1 + 1e-5)


def test_deviations_see_a_triangle_that_is_off():
    heights = np.zeros((9, 9), np.float32)
    heights[4, 4] = 2.0
    corners = np.array([[0, 0], [0, 8], [8, 8], [8, 0]])
    off = deviations(heights, corners, np.array([[0, 2, 1], [0, 3, 2]]))
    assert off[4, 4] == 2.0
    assert off.sum() == 2.0


def test_what_is_flat_costs_a_handful_of_triangles_and_is_a_box():
    asset = mq.plate(Heightmap(np.full((200, 300), 2.0), 0.1))
    assert len(asset.mesh.faces) == 2 + 8 + 4
    assert asset.size == pytest.approx((29.9, 19.9, 2.0))
    assert signed_volume(asset.mesh.vertices, asset.mesh.faces) == pytest.approx(29.9 * 19.9 * 2.0)


def test_a_plate_is_closed_wound_outward_and_as_large_as_its_heights():
    heightmap = waves()
    mesh = mq.plate(heightmap, bound_mm=0.01).mesh
    cells = (heightmap.heights[1:, 1:] + heightmap.heights[:-1, :-1]) / 2
    assert is_closed(mesh)
    assert euler_number(mesh.faces) == 2
    assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(float(cells.sum()) * 0.25, rel=0.003)


def test_rows_run_away_from_the_top_of_the_picture():
    heights = np.ones((5, 7), np.float32)
    heights[0, 6] = 3  # top right
    mesh = mq.plate(Heightmap(heights, 1.0)).mesh
    assert mesh.vertices[mesh.vertices[:, 2].argmax()].tolist() == [3.0, 2.0, 3.0]


def test_the_border_is_walked_counter_clockwise_from_the_lower_left():
    places = np.array([[0, 0], [0, 2], [2, 0], [2, 2], [1, 2], [1, 1]])
    assert rim(places, (3, 3)).tolist() == [2, 3, 4, 1, 0]


@pytest.mark.parametrize("shape", [(3, 3), (2, 40), (40, 2), (130, 61)])
@pytest.mark.parametrize("sparse", [True, False])
def test_a_floor_lies_flat_under_the_border_without_a_fold(shape, sparse):
    rows, columns = shape
    row, column = np.mgrid[:rows, :columns].reshape(2, -1)
    corner = np.isin(row, (0, rows - 1)) & np.isin(column, (0, columns - 1))
    edge = np.isin(row, (0, rows - 1)) | np.isin(column, (0, columns - 1))
    places = np.stack([row, column], axis=1)[corner if sparse else edge]
    border = rim(places, shape)
    below, faces = close_below(places, np.zeros((0, 3), np.int64), border)
    floor = faces[2 * len(border) :] - len(places)
    a, b, c = (below[floor[:, k]][:, ::-1] * [1, -1] for k in range(3))  # x, y
    twice = flat_cross(b - a, c - a)
    assert (twice < 0).all()  # seen from above they all run clockwise: none is folded, none without area
    assert -twice.sum() / 2 == pytest.approx((rows - 1) * (columns - 1))
    assert np.array_equal(below[: len(border)], places[border])


def test_an_oval_with_a_frame_and_a_hole_is_one_closed_ring():
    asset = mq.plate(waves(), shape="oval", frame_mm=4, hole_mm=3)
    assert is_closed(asset.mesh)
    assert euler_number(asset.mesh.faces) == 0  # one hole
    width, depth, high = asset.size
    assert (width, depth) == pytest.approx((44.5, 29.5), rel=0.01)
    assert high == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize("shape", ["oval", "round", "heart"])
def test_an_outline_as_wide_as_its_plate_leaves_no_sliver(shape):
    """An outline that touches the plate's own edge cut slivers there that single precision makes lines of."""
    heights = 1.2 + np.add.outer(np.arange(90), np.arange(120)).astype(np.float32) / 90
    mesh = mq.plate(Heightmap(heights, 45 / 119), shape=shape, frame_mm=2).mesh
    corners = (mesh.vertices + [125.0, 105.0, 0.0]).astype(np.float32)[mesh.faces]  # as an STL has it on a bed
    assert not (corners == np.roll(corners, -1, axis=1)).all(axis=2).any()


def test_a_rounded_plate_has_the_area_of_a_rounded_rectangle():
    mesh = mq.plate(Heightmap(np.full((51, 101), 2.0), 1.0), shape="rounded").mesh
    radius = 5.0
    assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(2 * (5000 - (4 - np.pi) * radius**2), rel=1e-3)


@pytest.mark.parametrize("form", ["arc", "cylinder"])
def test_bent_plates_are_closed_and_hold_what_rings_of_their_heights_hold(form):
    heightmap = waves(60, 400)
    mesh = mq.plate(heightmap, form=form, angle_deg=120, bound_mm=0.02).mesh
    ring = form == "cylinder"
    heights = np.concatenate([heightmap.heights, heightmap.heights[:, :1]], axis=1) if ring else heightmap.heights
    angle = 2 * np.pi if ring else np.radians(120)
    radius = (heights.shape[1] - 1) * 0.5 / angle
    area = ((radius + heights.astype(float)) ** 2 - radius**2) / 2
    cell = (area[1:, 1:] + area[:-1, 1:] + area[1:, :-1] + area[:-1, :-1]) / 4
    assert is_closed(mesh)
    assert euler_number(mesh.faces) == (0 if ring else 2)
    assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(cell.sum() * 0.5 * 0.5 / radius, rel=0.005)
    assert mesh.bounds[0][2] == 0.0


def test_a_ring_has_no_seam():
    heights = np.full((20, 100), 2.0, np.float32)
    mesh = mq.plate(Heightmap(heights, 1.0), form="cylinder", bound_mm=0.05).mesh
    reach = np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1])
    radius = 100 / (2 * np.pi)
    assert set(np.round(reach, 6)) == {round(radius, 6), round(radius + 2, 6)}
    middles = mesh.triangles.mean(axis=1)[:, :2]
    assert np.hypot(*middles.T).min() > radius - 0.06


def test_the_picture_lies_on_a_flat_plate_and_not_on_a_bent_one():
    picture = mq.Subject(rng.integers(0, 255, (30, 40, 3), dtype=np.uint8))
    heightmap = waves(30, 40).replace(source=picture)
    flat = mq.plate(heightmap)
    assert len(flat.materials) == 1
    assert flat.mesh.uv is not None
    assert mq.plate(heightmap, form="arc", angle_deg=30).mesh.uv is None


def test_refusals_say_what_to_change():
    with pytest.raises(BadSetting, match="form arc has no shape"):
        mq.plate(waves(), form="arc", shape="oval")
    with pytest.raises(BadSetting, match="leaves nothing"):
        mq.plate(waves(), frame_mm=20)
    with pytest.raises(CannotDo, match="wider picture"):
        mq.plate(waves(20, 20), form="cylinder")
    with pytest.raises(BadInput, match="start at 0"):
        Heightmap(np.full((3, 3), -1.0), 1.0)
    with pytest.raises(BadInput, match="two by two"):
        Heightmap(np.ones((1, 9)), 1.0)
